// kill -9 of every process of every node under load: nothing acknowledged is missing from either message log, no row left without its entry, all chains and
// journals verify, the road recovers by itself, a dead supervisor leaves nobody behind. On PostgreSQL the database server's own processes are killed too.
// SEN_KILLS says how many times (20; the long check asks for more), SEN_SEED which order (it is printed).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, until } from '../lib/nation.mjs';
import { pinOf } from '../lib/people.mjs';

const kills = Number(process.env.SEN_KILLS ?? 20), workers = 8, RECOVERS_MS = 30000;
const sqlite = (process.env.SEN_STORE ?? 'sqlite') === 'sqlite';
let nation, seed = Number(process.env.SEN_SEED ?? Date.now() % 1e6);
before(async () => { nation = await Nation.start({ people: 100 }); });
after(() => nation?.stop());

const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
const pause = (ms) => new Promise((r) => setTimeout(r, ms));

function shuffled(list) {
  const a = [...list];
  for (let i = a.length; i-- > 1;) {
    const k = Math.floor(random() * (i + 1));
    [a[i], a[k]] = [a[k], a[i]];
  }
  return a;
}

// ---- processes ----

function stat(pid) {
  try {
    const [, name, state, parent] = /\((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return { pid, name, state, parent: Number(parent) };
  } catch { return null; }
}

const lives = (pid) => { const s = stat(pid); return s !== null && s.state !== 'Z' && s.state !== 'X'; };
const zombies = (parents) => readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map(stat).filter((s) => s?.state === 'Z' && parents.includes(s.parent));

// ---- the databases, read beside the running nation ----

function rows(node, which, text) {
  const options = { encoding: 'utf8', maxBuffer: 1 << 30 };
  const out = sqlite ? execFileSync('sqlite3', ['-readonly', join(node.dir, 'data', `${which}.db`), text], options)
    : execFileSync('psql', ['-XAtq', '-d', `${nation.store}_${node.name}_${which}`, '-c', text], options);
  return out.trim().split('\n').filter(Boolean).map((line) => line.split('|'));
}

// ---- victims ----

async function killProcess({ node, kind }) {
  const pid = await until(`the ${kind} of ${node.name} runs`, () => lives(node.pid(kind)) && node.pid(kind));
  const children = kind === 'supervisor' ? [node.pid('server'), node.pid('holder')] : [];
  process.kill(pid, 'SIGKILL');
  if (kind !== 'supervisor') return;
  await until('the children of a killed supervisor are gone', () => !children.some(lives), 20000);
  await nation.sen(['nation', 'start', nation.dir]);
}

// One process of the database server is killed: PostgreSQL then drops all connections and recovers from its log.
function killBackend({ node, which }) {
  const [[pid]] = rows(node, which, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1`);
  process.kill(Number(pid), 'SIGKILL');
}

function plan() {
  const nodes = [nation.police, nation.hanoi, nation.operator];
  const round = nodes.flatMap((node) => ['server', 'holder', 'server', 'supervisor'].map((kind) => ({ node, kind })));
  if (!sqlite) round.push({ node: nation.police, kind: 'backend', which: 'log' });
  const list = [];
  while (list.length < kills) list.push(...shuffled(round));
  return list.slice(0, kills);
}

// ---- the load ----

function start(pins) {
  const load = { acknowledged: [], refused: new Map(), running: true, asked: 0 };
  const ask = async () => {
    const r = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/person', { body: { key: 'pin', value: pins[load.asked++ % pins.length] } });
    if (r.status === 200) return { id: r.headers.get('x-road-request-id'), entry: r.json.entry };
    throw new Error(r.error ?? `status ${r.status}`);
  };
  const work = async () => {
    while (load.running) {
      const began = Date.now();
      try { load.acknowledged.push({ ...await ask(), began }); } catch (e) {
        load.refused.set(e.message, (load.refused.get(e.message) ?? 0) + 1);
        await pause(20);
      }
    }
  };
  load.done = Promise.all(Array.from({ length: workers }, work));
  return load;
}

// carries: a few answers to questions that were asked after this moment.
async function carries(load, since) {
  let i = load.acknowledged.length, fresh = 0;
  await until('the road carries messages again', () => {
    for (; i < load.acknowledged.length; i++) fresh += load.acknowledged[i].began >= since;
    return fresh > 5;
  }, RECOVERS_MS);
}

// ---- what must be true afterwards ----

function checkMessages(node, side, acknowledged) {
  const seen = new Map();
  for (const [id, answer] of rows(node, 'log', 'SELECT request_id, is_answer FROM message WHERE digest IS NOT NULL')) seen.set(id, (seen.get(id) ?? 0) | (answer === '1' ? 2 : 1));
  for (const a of acknowledged) assert.equal(seen.get(a.id), 3, `${side}: message ${a.id} is not whole in the log`);
}

function checkEntries(acknowledged) {
  const entries = rows(nation.police, 'log', 'SELECT uid, message FROM journal_entry');
  const uids = new Set(entries.map(([uid]) => uid)), messages = new Set(entries.map(([, message]) => message));
  for (const a of acknowledged) assert.ok(uids.has(a.entry), `journal: entry ${a.entry} is missing`);
  const answered = rows(nation.police, 'log', "SELECT request_id FROM message WHERE side = 2 AND is_answer = 1 AND status = 200 AND fault = '' AND service LIKE '%/person'");
  assert.ok(answered.length >= acknowledged.length);
  for (const [id] of answered) assert.ok(messages.has(id), `journal: message ${id} was answered without an entry`);
}

function tell(load, recovered) {
  recovered.sort((a, b) => b.ms - a.ms);
  console.log(`# ${load.acknowledged.length} acknowledged, ${[...load.refused.values()].reduce((a, b) => a + b, 0)} refused during ${kills} kills; slowest recovery ${recovered[0].ms} ms (${recovered[0].what})`);
  for (const [why, n] of load.refused) console.log(`#   ${n} refused: ${why}`);
}

test(`${kills} kills at random moments`, { timeout: (60 + kills * 30) * 1000 }, async () => {
  console.log(`# seed ${seed}`);
  const load = start(nation.people.map(pinOf)), recovered = [];
  await carries(load, 0);
  try {
    for (const victim of plan()) {
      await pause(random() * 300);
      const at = Date.now();
      await (victim.kind === 'backend' ? killBackend(victim) : killProcess(victim));
      await carries(load, victim.kind === 'supervisor' ? Date.now() : at);
      recovered.push({ ms: Date.now() - at, what: `${victim.kind} of ${victim.node.name}` });
    }
  } finally {
    load.running = false;
    await load.done;
  }
  tell(load, recovered);
  const nodes = [nation.police, nation.hanoi, nation.operator];
  await until('every node runs all its processes', () => nodes.every((n) => ['supervisor', 'server', 'holder'].every((kind) => lives(n.pid(kind)))));
  await until('no zombie is left', () => zombies(nodes.map((n) => n.pid('supervisor'))).length === 0, 5000);
  checkMessages(nation.hanoi, 'consumer', load.acknowledged);
  checkMessages(nation.police, 'provider', load.acknowledged);
  checkEntries(load.acknowledged);
  for (const node of nodes) await nation.sen(['journal', 'verify', '--node', node.dir]);
});
