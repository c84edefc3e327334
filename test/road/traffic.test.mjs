// `sen nation traffic`: believable questions between agencies; what comes of them is counted, and the counts are those of the journals.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Nation } from '../lib/nation.mjs';

let nation;
before(async () => { nation = await Nation.start({ nodes: ['operator', 'police', 'hanoi', 'insurance'] }); });
after(() => nation?.stop());

const traffic = (words, expected) => nation.sen(['nation', 'traffic', nation.dir, ...words], expected);
const counts = (text) => {
  const m = /(\d+) questions in [\d.]+ s: (\d+) answered, (\d+) not found, (\d+) refused, (\d+) failed/.exec(text);
  assert.ok(m, text);
  return { asked: Number(m[1]), answered: Number(m[2]), missing: Number(m[3]), refused: Number(m[4]), failed: Number(m[5]) };
};
const messages = async (node) => Number(/(\d+) entries/.exec((await nation.sen(['journal', 'verify', '--node', node.dir])).stdout)[1]);

test('questions of several agencies are answered, some find nobody, some lack the right; every one is counted once', async () => {
  const before_ = await messages(nation.police);
  const said = (await traffic(['--rate', '100', '--seconds', '5'])).stdout, got = counts(said);
  assert.equal(got.asked, 500);
  assert.equal(got.answered + got.missing + got.refused + got.failed, 500);
  assert.ok(got.answered > 400 && got.missing > 0 && got.refused > 0 && got.failed === 0, said);
  assert.match(said, /^ +1 s .* answered/m);
  assert.match(said, /latency: half within/);
  assert.ok(await messages(nation.police) - before_ >= got.answered * 0.9, 'each answer about a person stands in the journal');
});

test('the same draw asks the same', async () => {
  const one = counts((await traffic(['--rate', '40', '--seconds', '2', '--draw', '7'])).stdout), two = counts((await traffic(['--rate', '40', '--seconds', '2', '--draw', '7'])).stdout);
  assert.deepEqual(one, two);
});

test('a rate that cannot be is refused; a nation that stands still fails the run', async () => {
  await assert.rejects(traffic(['--rate', '0']), /rate/);
  await assert.rejects(nation.sen(['nation', 'traffic', '/nowhere/at/all']), /no sandbox nation/);
  await nation.sen(['nation', 'stop', nation.dir]);
  await assert.rejects(traffic(['--rate', '5', '--seconds', '1']), /0 answered[\s\S]*No question was answered/);
});
