// bench/footprint: what an idle node holds in memory (supervisor, key holder and server together), what the whole sandbox nation holds, and how long a node takes from its start
// to its first answer, beside nginx (master and two workers) in the same run. X-Road's published minimum for one security server is 3 GB of memory
// (docs.x-road.global, "Security Server Installation Guide", reference data 1.0 to 1.4). Memory is the proportional set (Pss): a page that several processes map is counted
// once, divided among them; the resident sets (Rss), which count it in each, are told beside it.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { Nation, until } from '../test/lib/nation.mjs';
import { children, folder, memory, need, nginx, processes } from './lib.mjs';

need('nginx');
const dir = folder(), MB = 1024 * 1024, STARTS = 5;
const mb = (bytes) => (bytes / MB).toFixed(1);
const nation = await Nation.start({ people: 2000, nodes: every() });
try {
  const nodes = readdirSync(nation.dir).filter((name) => existsSync(join(nation.dir, name, 'run', 'sen-server.pid'))).map((name) => nation.node(name, 0, 0));
  await settled(nodes);
  const each = nodes.map((node) => memory(processes(node)));
  const sum = (key) => each.reduce((n, m) => n + m[key], 0);
  const police = memory(processes(nation.police));
  const first = await firstAnswers(nation.police);
  await nginx(dir, 'idle', `server { listen 127.0.0.1:18821; }`);
  const other = memory(children(process.pid, 'nginx'));

  console.log(`sen    one node with its register:  ${mb(police.pss)} MB (resident sets ${mb(police.rss)} MB; its own pages ${mb(police.private)} MB)`);
  console.log(`sen    ${nodes.length} nodes:                     ${mb(sum('pss'))} MB (resident sets ${mb(sum('rss'))} MB)`);
  console.log(`nginx  master and two workers:      ${mb(other.pss)} MB (resident sets ${mb(other.rss)} MB)`);
  console.log(`X-Road security server, published:  3072 MB`);
  console.log(`first answer after ${first.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  console.log(`node ${mb(police.pss)} MB, nation ${mb(sum('pss'))} MB, first answer ${first.sort((a, b) => a - b)[STARTS >> 1].toFixed(0)} ms`);
  console.log(`ratio ${(police.pss / other.pss).toFixed(2)}  (sen ${mb(police.pss)} MB, nginx ${mb(other.pss)} MB)`);
} finally {
  await nation.stop();
}
process.exit(0);

// every: the nodes that the country's nation.yaml lists.
function every() {
  const yaml = readFileSync(new URL('../country/vn/sandbox/nation.yaml', import.meta.url), 'utf8');
  return [...yaml.matchAll(/^  - node: (\w+)/gm)].map((m) => m[1]);
}

// settled: what a start used has been given back when two looks, a few jobs apart, find the same.
async function settled(nodes) {
  let before = 0;
  await until('memory stays the same', async () => {
    const now = nodes.reduce((n, node) => n + memory(processes(node)).pss, 0), same = Math.abs(now - before) < MB / 4;
    before = now;
    await new Promise((r) => setTimeout(r, 2000));
    return same;
  });
}

function answers(url) {
  return new Promise((done) => {
    const rq = http.get(url, (rs) => { rs.resume(); done(rs.statusCode === 200); });
    rq.on('error', () => done(false));
  });
}

// firstAnswers: milliseconds from the start of the program to its first good answer about its health: databases open, keys usable.
async function firstAnswers(node) {
  const took = [];
  for (let i = 0; i < STARTS; i++) {
    process.kill(node.pid('supervisor'), 'SIGTERM');
    await until('the node is down', () => !existsSync(`/proc/${node.pid('supervisor')}/stat`) && !existsSync(`/proc/${node.pid('server')}/stat`));
    const began = performance.now();
    const child = spawn(nation.bin, ['serve', '--node', node.dir], { stdio: 'ignore' });
    while (!(await answers(`${node.systems}/healthz`))) await new Promise((r) => setTimeout(r, 2));
    took.push(performance.now() - began);
    child.unref();
  }
  return took;
}
