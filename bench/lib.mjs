// What the benchmarks share: a load generator (wrk), nginx in given roles, a sandbox nation. Each benchmark measures Sen and a public yardstick in the same
// run, with the same load, and prints `ratio R  (sen A unit, other B unit)`. Timings never decide a test.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const seconds = Number(process.env.BENCH_SECONDS ?? 8);
export const connections = Number(process.env.BENCH_CONNECTIONS ?? 64);

export function need(...programs) {
  for (const p of programs)
    if (spawnSync('sh', ['-c', `command -v ${p}`]).status !== 0) {
      console.error(`This benchmark needs ${p}: apt-get install wrk nginx sqlite3 postgresql`);
      process.exit(1);
    }
}

// wrk: requests per second and latencies; every answer that is not 2xx or a socket error counts as a failure and is told.
export function wrk(url, { script, warm = 2 } = {}) {
  const go = (s) => execFileSync('wrk', ['-t2', `-c${connections}`, `-d${s}s`, '--latency', ...(script ? ['-s', script] : []), url], { encoding: 'utf8' });
  const before = go(warm);
  const text = go(seconds);
  const ms = (p) => { const m = new RegExp(`${p}%\\s+([\\d.]+)(us|ms|s)`).exec(text); return m ? Number(m[1]) * { us: 0.001, ms: 1, s: 1000 }[m[2]] : NaN; };
  const count = (t) => Number(/(\d+) requests in/.exec(t)[1]);
  return { requests: count(before) + count(text), rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), p50: ms(50), p99: ms(99),
    failed: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0) + [...text.matchAll(/(connect|read|write|timeout) (\d+)/g)].reduce((n, m) => n + Number(m[2]), 0) };
}

// cpuMs: processor time that these processes have used so far; unlike seconds on the clock it hardly depends on who else is at work on the machine.
export function cpuMs(pids) {
  const tick = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * tick;
  }, 0);
}

export function folder() {
  const dir = mkdtempSync(join(tmpdir(), 'sen-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// startPostgres: a server of its own below this folder, which another user must be able to walk to, with room for a large table. cpuMs: of all its processes, those that ended too.
export function startPostgres(home) {
  const tool = new URL('../tools/postgres.sh', import.meta.url).pathname, run = (verb) => execFileSync(tool, [verb, home], { encoding: 'utf8' }).trim();
  run('start');
  run('stop');
  appendFileSync(join(home, 'data', 'postgresql.conf'), 'shared_buffers = 1GB\nwork_mem = 32MB\nmaintenance_work_mem = 512MB\nmax_wal_size = 4GB\nrandom_page_cost = 1.1\njit = off\n');
  const url = run('start');
  const pid = Number(readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const used = (which, ...fields) => { try { const f = readFileSync(`/proc/${which}/stat`, 'utf8').replace(/^.*\) /, '').split(' '); return sum(fields, (i) => Number(f[i])); } catch { return 0; } };
  return { url, cpuMs: () => 10 * (used(pid, 11, 12, 13, 14) + sum(children(pid, 'postgres'), (child) => used(child, 11, 12))), stop: () => run('stop') };
}

// nginx with one server block text and room for this many connections a worker; answers a function that stops it.
export async function nginx(dir, name, servers, connections_each = 4096) {
  const home = join(dir, name);
  mkdirSync(join(home, 'temp'), { recursive: true });
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((k) => `${k}_temp_path ${home}/temp;`).join(' ');
  writeFileSync(join(home, 'nginx.conf'), `daemon off; worker_processes 2; user root; pid ${home}/pid; error_log ${home}/error.log; worker_rlimit_nofile 20000; events { worker_connections ${connections_each}; }
http { access_log off; keepalive_requests 1000000; ${temp} ${servers} }`);
  const child = spawn('nginx', ['-c', join(home, 'nginx.conf'), '-p', home], { stdio: ['ignore', 'inherit', 'inherit'] });
  process.on('exit', () => child.kill('SIGTERM'));
  await new Promise((r) => setTimeout(r, 500));
  if (child.exitCode !== null) throw new Error(`nginx ${name} did not start: ${readFileSync(join(home, 'error.log'), 'utf8')}`);
  return () => child.kill('SIGTERM');
}

// certificates: a small CA and two P-256 leaves, for nginx's mutual TLS.
export function certificates(dir) {
  const ssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  ssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=bench', '-days', '2');
  for (const who of ['front', 'back']) {
    ssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${who}.key`, '-out', `${who}.csr`, '-subj', `/CN=${who}`);
    ssl('x509', '-req', '-in', `${who}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${who}.pem`, '-days', '2');
  }
}

// processes: the pids of a node. cpu: seconds they have computed; written: bytes they have sent to disks; memory: bytes that are theirs alone (private), their share of
// what is mapped by several (pss) and all that is mapped (rss).
export const processes = (node) => ['supervisor', 'holder', 'server'].map((which) => node.pid(which));
const sum = (list, f) => list.reduce((n, x) => n + f(x), 0);
export const cpu = (pids) => sum(pids, (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
});
export const written = (pids) => sum(pids, (pid) => Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))[1]));
export function memory(pids) {
  const of = (name) => sum(pids, (pid) => sum([...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(new RegExp(`^${name}:\\s+(\\d+) kB`, 'gm'))], (m) => 1024 * Number(m[1])));
  return { pss: of('Pss'), rss: of('Rss'), private: of('Private_Clean') + of('Private_Dirty') };
}

// children: every process of this name below a process.
export function children(parent, name) {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n').map((l) => l.trim().split(/\s+/));
  const below = new Set([String(parent)]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [pid, ppid] of list) if (below.has(ppid) && !below.has(pid)) grown = Boolean(below.add(pid));
  }
  return list.filter(([pid, , comm]) => below.has(pid) && comm === name).map(([pid]) => Number(pid));
}

export const line = (r) => `${r.rate.toFixed(0)} req/s, p50 ${r.p50.toFixed(1)} ms, p99 ${r.p99.toFixed(1)} ms${r.failed ? `, ${r.failed} FAILED` : ''}`;

// opensslSpeed: processor microseconds that OpenSSL needs to sign and to verify once with such a key ('ecdsap256', 'rsa2048').
export function opensslSpeed(algorithm) {
  const last = execFileSync('openssl', ['speed', '-seconds', '1', algorithm], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n').at(-1).split(/\s+/);
  const [sign, verify] = last.slice(-2).map(Number);
  return { sign: 1e6 / sign, verify: 1e6 / verify };
}
