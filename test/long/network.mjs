// A bad network between two agencies: the answering node lives in a network namespace of its own, behind a pair of virtual cables. One packet in a hundred is lost, both
// ways; then the line is cut at random moments, silently (packets vanish) and loudly (connections are reset). Nothing acknowledged is missing, nothing is delivered twice, every
// proof holds, and the road carries again by itself. Needs root, iproute2 and nftables. CUTS (20) says how often, SEN_SEED which order.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { change } from '../lib/database.mjs';
import { Load, behind, repeatable } from '../lib/load.mjs';
import { Nation, alive, until } from '../lib/nation.mjs';

const cuts = Number(process.env.CUTS ?? 20), RECOVERS_MS = 60000;
const SPACE = `sen${process.pid}`, CABLE = [`sa${process.pid}`, `sb${process.pid}`], NET = `10.${77 + (process.pid % 100)}.${process.pid % 200}`;
const missing = ['ip', 'nft'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
const skip = process.getuid() !== 0 ? 'network namespaces need root' : missing.length && `needs ${missing.join(' and ')}`;
let nation, backend, far;

const ip = (...words) => execFileSync('ip', words);
const pause = (ms) => new Promise((r) => setTimeout(r, ms));

before(async () => {
  if (skip) return;
  nation = await Nation.start({ people: 100 });
  backend = await behind(nation);
  await nation.sen(['nation', 'stop', nation.dir]);
  lay();
  moveTo(NET);
  for (const node of [nation.operator, nation.hanoi]) await serve(node, []);
  await serve(nation.police, ['ip', 'netns', 'exec', SPACE]);
  far = nation.police.pid('supervisor');
});
after(async () => {
  if (skip) return;
  backend?.close();
  for (const node of [nation.police, nation.hanoi, nation.operator]) await stop(node);
  spawnSync('ip', ['netns', 'del', SPACE]);
  spawnSync('ip', ['link', 'del', CABLE[0]]);
  await nation.stop();
});

// lay: the cable: our end has the addresses of the operator and of Hà Nội, the end in the other space that of the population database.
function lay() {
  ip('netns', 'add', SPACE);
  ip('link', 'add', CABLE[0], 'type', 'veth', 'peer', 'name', CABLE[1], 'netns', SPACE);
  for (const host of [1, 3]) ip('addr', 'add', `${NET}.${host}/24`, 'dev', CABLE[0]);
  ip('link', 'set', CABLE[0], 'up');
  for (const words of [['addr', 'add', `${NET}.2/24`, 'dev', CABLE[1]], ['link', 'set', CABLE[1], 'up'], ['link', 'set', 'lo', 'up']]) ip('-n', SPACE, ...words);
}

// moveTo: every node gets its address on this net, in its own file and in the operator's register.
function moveTo(net) {
  for (const node of [nation.operator, nation.hanoi, nation.police]) {
    for (const file of ['node.yaml', 'anchor.xml']) writeFileSync(join(node.dir, file), readFileSync(join(node.dir, file), 'utf8').replaceAll(`${nation.net}.`, `${net}.`));
    node.address = node.address.replace(nation.net, net);
    node.systems = node.systems.replace(nation.net, net);
  }
  change(nation, nation.operator, 'node', `UPDATE exchange_server SET address = replace(address, '${nation.net}.', '${net}.')`);
}

async function serve(node, prefix) {
  const words = [...prefix, nation.bin, 'serve', '--node', node.dir];
  spawn(words[0], words.slice(1), { stdio: 'ignore', env: nation.env, detached: true }).unref();
  await until(`${node.name} serves`, () => fetch(`${node.systems}/metrics`).then((r) => r.ok, () => false));
}

async function stop(node) {
  const pid = node.pid('supervisor');
  if (alive(pid)) process.kill(pid, 'SIGTERM');
  await until(`${node.name} is gone`, () => !alive(pid));
}

// rule: what happens to packets at the far end, both ways; nothing without a verdict. What resets a connection must get out itself.
function rule(verdict) {
  const chain = (hook) => `chain ${hook} { type filter hook ${hook} priority 0; ${verdict && (hook === 'input' || !/reset/.test(verdict)) ? `${verdict}\n` : ''} }`;
  execFileSync('ip', ['netns', 'exec', SPACE, 'nft', '-f', '-'], { input: `table inet bad\ndelete table inet bad\ntable inet bad {\n${chain('input')}\n${chain('output')}\n}\n` });
}
const THERE = 'meta iifname != "lo" meta oifname != "lo"', LOSS = `${THERE} numgen random mod 100 < 1 drop`, KINDS = { silently: `${THERE} drop`, loudly: `${THERE} meta l4proto tcp reject with tcp reset` };
const LONG_EVERY = 10, LONG_MS = 20000;

test(`one packet in a hundred is lost, and ${cuts} cuts`, { skip, timeout: (120 + cuts * 90) * 1000 }, async () => {
  const random = repeatable(), load = new Load(nation, { backend }), slowest = { ms: 0 };
  try {
    await load.carries(0);
    rule(LOSS);
    await load.carries(Date.now(), RECOVERS_MS);
    for (let i = 0; i < cuts; i++) {
      const kind = random() < 0.5 ? 'silently' : 'loudly', ms = i % LONG_EVERY === LONG_EVERY - 1 ? LONG_MS : 200 + random() * random() * 8000;
      await pause(random() * 500);
      rule(KINDS[kind]);
      await pause(ms);
      rule(random() < 0.5 ? LOSS : null);
      const began = Date.now();
      await load.carries(began, RECOVERS_MS);
      if (Date.now() - began > slowest.ms) Object.assign(slowest, { ms: Date.now() - began, after: `${Math.round(ms)} ms ${kind}` });
    }
  } finally {
    rule(null);
    await load.stop();
  }
  load.tell(`loss and ${cuts} cuts`);
  console.log(`# slowest recovery ${slowest.ms} ms, after ${slowest.after}`);
  assert.equal(nation.police.pid('supervisor'), far, 'no process of the far node died');
  await load.audit();
});
