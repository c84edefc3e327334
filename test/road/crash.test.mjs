// No personal row leaves without its journal entry, and no message without its line in the log: the answering server is killed at each place of a question's way.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { rows } from '../lib/database.mjs';
import { Nation, remember, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

const bin = process.env.SEN_BIN_CRASH;
const skip = !bin && 'needs a build with crash points (SEN_BIN_CRASH)';
let nation, pin;

before(async () => {
  if (skip) return;
  nation = await Nation.start({ bin });
  pin = pinOf(citizen(nation, 1));
});
after(() => nation?.stop());

// ask: a server that dies may take the connection along.
const ask = () => nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/person', { body: { key: 'pin', value: pin } }).catch((e) => ({ status: 0, text: e.message }));
const answered = () => until('an answer', async () => { const a = await ask(); return a.status === 200 && a; });
const entries = async () => Number(/(\d+) entries/.exec((await nation.sen(['journal', 'verify', '--node', nation.police.dir])).stdout)[1]);
const healthy = (node) => fetch(`${node.pages}/healthz`).then((r) => r.status, (e) => String(e.cause ?? e)).then((said) => { remember(`health of ${node.name}`, said); return said === 200; });

// lines: what the logs of both nodes hold: q and a for whole messages, f for an answer's place that a fault took.
function lines(node) {
  const sql = "SELECT CASE WHEN is_answer = 0 THEN 'q' WHEN fault = '' THEN 'a' ELSE 'f' END FROM message WHERE service LIKE '%/person' ORDER BY seq";
  return rows(nation, node, 'log', sql).join('');
}

async function stop(node) {
  process.kill(node.pid('supervisor'), 'SIGTERM');
  await until('the node is down', async () => !(await healthy(node)));
}

// serveWith: the node's former life may not be over yet; then it says so and ends at once.
async function serveWith(place, node) {
  let child;
  await until('the node is up', async () => {
    if (!child || child.exitCode !== null) child = spawn(bin, ['serve', '--node', node.dir], { env: { ...process.env, SEN_CRASH_AT: place }, stdio: 'ignore' });
    return healthy(node);
  });
}

// withCrashAt: asks once while the node's server dies at this place, waits until it was replaced, then looks at what is left.
async function withCrashAt(place, node, look) {
  await stop(node);
  try {
    await serveWith(place, node);
    const server = node.pid('server'), answer = await ask();
    assert.notEqual(answer.status, 200);
    assert.ok(!answer.text.includes(pin));
    await until('the killed server was replaced', () => node.pid('server') !== server);
    await until('the node is up again', () => healthy(node));
    await look();
  } finally {
    await stop(node);
    await nation.sen(['nation', 'start', nation.dir]);
  }
}

// place where the answering server dies, is there an entry, what the asking and the answering node have in their logs. A look-up's request, entry and answer are on
// disk together, before the answer leaves: until then there is nothing at all, from then on everything.
const places = [
  ['exchange.request_logged', false, 'qf', ''],
  ['registry.before_journal', false, 'qf', ''],
  ['registry.after_journal', false, 'qf', ''],
  ['exchange.answer_signed', false, 'qf', ''],
  ['exchange.answer_logged', true, 'qf', 'qa'],
];

for (const [place, isEntered, asking, answering] of places) {
  test(`killed at ${place}: ${isEntered ? 'the entry is there although nobody got the row' : 'no answer, no entry'}`, { skip }, async () => {
    await answered();
    const n = await entries(), before = [nation.hanoi, nation.police].map(lines);
    await withCrashAt(place, nation.police, async () => {
      assert.equal(await entries(), n + (isEntered ? 1 : 0));
      assert.deepEqual([nation.hanoi, nation.police].map(lines), [before[0] + asking, before[1] + answering]);
    });
    await answered();
    for (const node of [nation.hanoi, nation.police]) await nation.sen(['journal', 'verify', '--node', node.dir]);
  });
}
