// kill -9 of every process of every node under load: nothing acknowledged is missing from either message log, nothing is delivered twice, no row left without its entry, all
// chains, stamps and journals verify, the road recovers by itself, a dead supervisor leaves nobody behind. On PostgreSQL the database server's own processes are killed too.
// SEN_KILLS says how many times (20; the long check asks for more), SEN_SEED which order (it is printed).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { rows } from '../lib/database.mjs';
import { Load, behind, repeatable, shuffled } from '../lib/load.mjs';
import { Nation, until } from '../lib/nation.mjs';

const kills = Number(process.env.SEN_KILLS ?? 20), RECOVERS_MS = 120000; // on a machine with other work
const sqlite = (process.env.SEN_STORE ?? 'sqlite') === 'sqlite';
let nation, backend;
before(async () => {
  nation = await Nation.start({ people: 100 });
  backend = await behind(nation);
});
after(async () => { backend?.close(); await nation?.stop(); });

const pause = (ms) => new Promise((r) => setTimeout(r, ms));

// ---- processes ----

function stat(pid) {
  try {
    const [, name, state, parent] = /\((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return { pid, name, state, parent: Number(parent) };
  } catch { return null; }
}

const lives = (pid) => { const s = stat(pid); return s !== null && s.state !== 'Z' && s.state !== 'X'; };
const zombies = (parents) => readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map(stat).filter((s) => s?.state === 'Z' && parents.includes(s.parent));

// ---- victims ----

async function killProcess({ node, kind }) {
  const pid = await until(`the ${kind} of ${node.name} runs`, () => lives(node.pid(kind)) && node.pid(kind));
  const children = kind === 'supervisor' ? [node.pid('server'), node.pid('holder')] : [];
  assert.ok(children.every(Number));
  process.kill(pid, 'SIGKILL');
  if (kind !== 'supervisor') return;
  await until('the children of a killed supervisor are gone', () => !children.some(lives));
  await nation.sen(['nation', 'start', nation.dir]);
}

// One process of the database server is killed: PostgreSQL then drops all connections and recovers from its log.
function killBackend({ node, which }) {
  const [[pid]] = rows(nation, node, which, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1`);
  process.kill(Number(pid), 'SIGKILL');
}

function plan(random) {
  const nodes = [nation.police, nation.hanoi, nation.operator];
  const round = nodes.flatMap((node) => ['server', 'holder', 'server', 'supervisor'].map((kind) => ({ node, kind })));
  if (!sqlite) round.push({ node: nation.police, kind: 'backend', which: 'log' });
  const list = [];
  while (list.length < kills) list.push(...shuffled(round, random));
  return list.slice(0, kills);
}

test(`${kills} kills at random moments`, { timeout: (120 + kills * 60) * 1000 }, async () => {
  const random = repeatable(), load = new Load(nation, { backend }), recovered = [];
  await load.carries(0);
  try {
    for (const victim of plan(random)) {
      await pause(random() * 300);
      const at = Date.now();
      await (victim.kind === 'backend' ? killBackend(victim) : killProcess(victim));
      await load.carries(victim.kind === 'supervisor' ? Date.now() : at, RECOVERS_MS);
      recovered.push({ ms: Date.now() - at, what: `${victim.kind} of ${victim.node.name}` });
    }
  } finally {
    await load.stop();
  }
  load.tell(`${kills} kills`);
  recovered.sort((a, b) => b.ms - a.ms);
  console.log(`# slowest recovery ${recovered[0].ms} ms (${recovered[0].what})`);
  const nodes = [nation.police, nation.hanoi, nation.operator];
  await until('every node runs all its processes', () => nodes.every((n) => ['supervisor', 'server', 'holder'].every((kind) => lives(n.pid(kind)))));
  await until('no zombie is left', () => zombies(nodes.map((n) => n.pid('supervisor'))).length === 0);
  await load.audit();
});
