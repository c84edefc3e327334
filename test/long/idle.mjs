// Many connections that do nothing and many that are slow: IDLE (5000) have asked once and stay, SLOW (1000) send a request a byte at a time. The server stays small, answers
// others meanwhile, cuts the slow ones, and gives back what they held.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Load } from '../lib/load.mjs';
import { Nation, until } from '../lib/nation.mjs';

const idle = Number(process.env.IDLE ?? 5000), slow = Number(process.env.SLOW ?? 1000), MB_MAX = 200, STEP = 100;
let nation;
before(async () => {
  nation = await Nation.start();
  const path = join(nation.hanoi.dir, 'node.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^web:\n/m, `web:\n  connections: ${idle + slow + 100}\n  connections_each: ${idle + slow + 100}\n  idle: 300\n`));
  await nation.restart();
});
after(() => nation?.stop());

const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const held = (pid) => ({ mb: Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024, files: readdirSync(`/proc/${pid}/fd`).length });

// open: so many connections, some at a time; begin is what each does first, over when it counts as open.
async function open(n, begin) {
  const list = [];
  while (list.length < n) {
    await Promise.all(Array.from({ length: Math.min(STEP, n - list.length) }, () => new Promise((done, fail) => {
      const s = net.connect(8080, nation.hanoi.address, () => begin(s, done));
      s.on('error', fail);
      list.push(s);
    })));
  }
  list.forEach((s) => { s.removeAllListeners('error'); s.on('error', () => {}); });
  return list;
}

const REQUEST = 'GET /listClients HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n';
const once = (s, done) => { let got = ''; s.on('data', (d) => { got += d; if (got.includes('"member"') && got.endsWith('}')) { s.removeAllListeners('data'); s.resume(); done(); } }); s.write(REQUEST); };
const crawl = (s, done) => {
  let i = 0;
  const timer = setInterval(() => (s.destroyed || i === REQUEST.length - 1 ? clearInterval(timer) : s.write(REQUEST[i++])), 1000 + Math.random() * 1000);
  timer.unref();
  done();
};

test(`${idle} idle and ${slow} slow connections`, { timeout: 600000 }, async () => {
  const pid = nation.hanoi.pid('server'), before = held(pid), load = new Load(nation, { workers: 0 });
  const idlers = await open(idle, once), crawlers = await open(slow, crawl);
  await pause(5000);
  const full = held(pid);
  console.log(`# ${before.mb.toFixed(0)} MB and ${before.files} files before, ${full.mb.toFixed(0)} MB and ${full.files} with all of them`);
  assert.ok(full.files >= idle + slow, 'all are held');
  assert.ok(full.mb < MB_MAX, `${full.mb} MB`);
  for (let i = 0; i < 20; i++) assert.equal((await load.ask()).status, 200, 'others are answered meanwhile');
  [...idlers, ...crawlers].forEach((s) => s.destroy());
  await until('their files are given back', () => held(pid).files < before.files + 50);
  assert.equal((await load.ask()).status, 200);
});
