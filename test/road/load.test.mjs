// Story: people come into the register from a pipe; the load is killed in the middle; the same people loaded again complete it, nobody twice.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, until } from '../lib/nation.mjs';

const PEOPLE = 6000;
let nation, file, load;

before(async () => {
  nation = await Nation.start({ people: 20, nodes: ['operator', 'police'] });
  file = join(nation.dir, 'more.jsonl');
});
after(() => {
  load?.kill('SIGKILL');
  return nation?.stop();
});

const check = () => nation.sen(['register', 'check', 'population', '--node', nation.police.dir]);
const entries = async () => Number(/^(\d+) entries/.exec((await check()).stdout)[1]);
// While a load runs the check counts parts and entries at different moments and may say so.
const entriesNow = () => entries().catch((e) => Number(/^(\d+) entries/m.exec(e.message)[1]));
const figures = (stdout) => Object.fromEntries([...stdout.matchAll(/(\d+) (rows|stored before|stored|refused)/g)].map((m) => [m[2], Number(m[1])]));

test('invented people come out of a pipe', async () => {
  const { stdout, stderr } = await nation.sen(['population', 'generate', '--people', String(PEOPLE), '--seed', '77']);
  assert.equal(stdout.trimEnd().split('\n').length, PEOPLE);
  assert.match(stderr, new RegExp(`${PEOPLE} people in \\d+ families`));
  writeFileSync(file, stdout);
});

test('a load that is killed is completed by the same load again', async () => {
  const had = await entries();
  load = spawn(nation.bin, ['register', 'load', 'population', '-', '--node', nation.police.dir], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((done) => load.on('exit', (code, signal) => done(signal ?? code)));
  load.stdin.on('error', () => {});
  // The pipe stays open: the load cannot be complete when it is killed.
  createReadStream(file, { end: 4 << 20 }).on('data', (piece) => load.stdin.write(piece));
  await until('rows that are stored', async () => (await entriesNow()) > had);
  load.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  const between = await entries();
  assert.ok(between < had + PEOPLE, 'the load was not complete');

  const again = figures((await nation.sen(['register', 'load', 'population', file, '--node', nation.police.dir])).stdout);
  assert.equal(again.rows, PEOPLE);
  assert.equal(again['stored before'], between - had);
  assert.equal(again.stored + again['stored before'] + again.refused, PEOPLE);
  assert.equal(await entries(), had + PEOPLE - again.refused);

  const third = figures((await nation.sen(['register', 'load', 'population', file, '--node', nation.police.dir])).stdout);
  assert.equal(third.refused, PEOPLE, 'a load that is complete is known, not interrupted');
  await nation.sen(['journal', 'verify', '--node', nation.police.dir]);
});
