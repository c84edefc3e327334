// bench/connections: what a node holds in memory while 5,000 connections are open and silent and 1,000 send a request a byte a second, and how long an answer takes meanwhile;
// beside nginx with the same connections in the same run. Memory is the proportional set (Pss), as in bench/footprint.
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { Nation } from '../test/lib/nation.mjs';
import { children, folder, memory, need, nginx, processes } from './lib.mjs';

need('nginx');
const idle = Number(process.env.BENCH_IDLE ?? 5000), slow = Number(process.env.BENCH_SLOW ?? 1000), AIM_MB = 200, HELD_S = 10, AT_ONCE = 200;
const mb = (bytes) => (bytes / (1024 * 1024)).toFixed(1);

const open = (host, port) => new Promise((done, fail) => {
  const socket = net.connect(port, host, () => { socket.off('error', fail); socket.on('error', () => {}); done(socket); });
  socket.once('error', fail);
});

async function openMany(n, host, port) {
  const all = [];
  while (all.length < n) all.push(...await Promise.all(Array.from({ length: Math.min(AT_ONCE, n - all.length) }, () => open(host, port))));
  return all;
}

// drip: one byte of a request a second; answers a function that ends it.
function drip(sockets) {
  const text = `GET /healthz HTTP/1.1\r\nHost: bench\r\nX-Slow: ${'x'.repeat(1000)}`;
  let at = 0;
  const timer = setInterval(() => { for (const s of sockets) s.write(text[at]); at++; }, 1000);
  return () => clearInterval(timer);
}

const answer = (url) => new Promise((done, fail) => {
  const began = performance.now();
  http.get(url, { agent: false }, (rs) => { rs.resume(); rs.on('end', () => done(performance.now() - began)); }).on('error', fail);
});

// hold: memory of these processes before and with the connections, how many stayed open, and the slowest of a few answers meanwhile.
async function hold(pids, host, port, url) {
  await answer(url);
  const before = memory(pids()).pss, silent = await openMany(idle, host, port), dripping = await openMany(slow, host, port);
  const end = drip(dripping), took = [];
  for (let s = 0; s < HELD_S; s++) {
    await new Promise((r) => setTimeout(r, 1000));
    took.push(await answer(url));
  }
  const during = memory(pids()).pss, all = [...silent, ...dripping], kept = all.filter((s) => s.readyState === 'open').length;
  end();
  for (const s of all) s.destroy();
  return { before, during, kept, each: (during - before) / all.length, slowest: Math.max(...took) };
}

const tell = (name, r) => `${name} ${mb(r.before)} MB before, ${mb(r.during)} MB with ${r.kept} connections (${idle} silent, ${slow} slow), ${(r.each / 1024).toFixed(1)} KiB each; slowest answer meanwhile ${r.slowest.toFixed(0)} ms`;

const nation = await Nation.start({ people: 60, nodes: ['operator', 'hanoi'] });
try {
  const file = join(nation.hanoi.dir, 'node.yaml'), room = 2 * (idle + slow);
  await nation.sen(['nation', 'stop', nation.dir]);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^web:\n/m, `web:\n  connections: ${room}\n  connections_each: ${room}\n`));
  await nation.sen(['nation', 'start', nation.dir]);
  const sen = await hold(() => processes(nation.hanoi), nation.hanoi.address, 8080, `${nation.hanoi.systems}/healthz`);
  console.log(tell('sen   ', sen));

  const dir = folder();
  await nginx(dir, 'idle', 'server { listen 127.0.0.1:18831; location / { return 200 "ok"; } }', room);
  const other = await hold(() => children(process.pid, 'nginx'), '127.0.0.1', 18831, 'http://127.0.0.1:18831/');
  console.log(tell('nginx ', other));
  console.log(`ratio ${(sen.during / other.during).toFixed(2)}  (sen ${mb(sen.during)} MB, nginx ${mb(other.during)} MB; aim ${AIM_MB} MB)`);
} finally {
  await nation.stop();
}
process.exit(0);
