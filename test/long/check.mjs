// Runs the parts of `make check-long` and adds up what they counted. The last line printed is `N passed, N failed` (`, N skipped` where some were).
// Without arguments all parts run. Environment, with what stands in for it:
//   kills  KILLS=200 on SQLite, KILLS_POSTGRES=50 on PostgreSQL, SEN_SEED     soak  SECONDS=1800 RATE=40 (questions a second)
//   network CUTS=20, SEN_SEED (root only)                                      idle  IDLE=5000, SLOW=1000 connections
//   pour   POUR_MIB=1024 through two nodes to a backend and back
//   postgres every story of test/road on PostgreSQL; SEN_BIN_CRASH names a build with crash points (else it is made)
//   size   PEOPLE=100000 LOOKUPS=2000                                          fuzz  FUZZ_SECONDS=60 for each target, FUZZ_ONLY=name,name
// SEN_BIN names another build of the program than build/sen.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

const only = process.argv.slice(2), env = process.env;
const total = { passed: 0, failed: 0, skipped: 0 };
const scratch = mkdtempSync(join(tmpdir(), 'sen-long-'));
chmodSync(scratch, 0o755); // PostgreSQL runs as its own user
let keep = false;          // what a fuzz target crashed on stays
process.on('exit', () => { if (!keep) rmSync(scratch, { recursive: true, force: true }); });

// run: a command whose output is seen as it comes; gives what it printed.
function run(command, args, more = {}) {
  return new Promise((done) => {
    let output = '';
    const child = spawn(command, args, { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (show) => (bytes) => {
      output += bytes;
      for (const line of String(bytes).split('\n')) if (show(line)) console.log(`   ${line.replace(/^# (\\#)?/, '').trim()}`);
    };
    child.stdout.on('data', take((line) => line.startsWith('# \\#')));
    child.stderr.on('data', take(() => false));
    child.on('error', (e) => done({ ok: false, output: String(e) }));
    child.on('close', (code) => done({ ok: code === 0, output }));
  });
}

const number = (text, re) => [...text.matchAll(re)].reduce((n, m) => n + Number(m[1]), 0);

async function story(file, more = {}) {
  const r = await run('node', ['--test', '--test-reporter=tap', file], more);
  const failed = number(r.output, /^# fail (\d+)/gm) + number(r.output, /^# cancelled (\d+)/gm);
  total.passed += number(r.output, /^# pass (\d+)/gm);
  total.skipped += number(r.output, /^# skipped (\d+)/gm);
  total.failed += failed || (r.ok ? 0 : 1);
  if (!r.ok) console.log(r.output.trimEnd().split('\n').slice(-50).join('\n'));
}

// onPostgres: stories on a server of their own that waits for the disk.
async function onPostgres(stories) {
  const folder = join(scratch, 'pg');
  const url = execFileSync('tools/postgres.sh', ['start', folder], { encoding: 'utf8' }).trim().split('\n').pop();
  try { await stories({ SEN_STORE: url }); } finally { spawnSync('tools/postgres.sh', ['stop', folder]); }
}

async function kills() {
  const { KILLS = '200', KILLS_POSTGRES = '50' } = env; // 0: not there
  console.log('   on SQLite');
  if (Number(KILLS)) await story('test/road/kill.test.mjs', { SEN_KILLS: KILLS, SEN_STORE: 'sqlite' });
  console.log('   on PostgreSQL');
  if (Number(KILLS_POSTGRES)) await onPostgres((on) => story('test/road/kill.test.mjs', { ...on, SEN_KILLS: KILLS_POSTGRES }));
}

const postgres = () => onPostgres(async (on) => {
  if (!env.SEN_BIN_CRASH) execFileSync('tools/build.sh', ['build-crash', '-Dcrash_points=true'], { stdio: 'inherit' });
  for (const name of readdirSync('test/road').sort()) {
    console.log(`   ${name}`);
    await story(join('test/road', name), { ...on, SEN_BIN_CRASH: env.SEN_BIN_CRASH ?? 'build-crash/sen' });
  }
});

// fuzzOne: a target with its seeds for so many seconds. Its own finds stay in a folder of the moment; fuzz/seeds changes by hand only.
async function fuzzOne(name) {
  const finds = join(scratch, 'fuzz', name);
  mkdirSync(finds, { recursive: true });
  const r = await run(`build-fuzz/fuzz/fuzz_${name}`, [`-max_total_time=${env.FUZZ_SECONDS ?? 60}`, '-rss_limit_mb=2048', '-timeout=20', '-print_final_stats=1', `-artifact_prefix=${finds}.`, finds, `fuzz/seeds/${name}`],
    { UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1' });
  total[r.ok ? 'passed' : 'failed']++;
  const runs = number(r.output, /stat::number_of_executed_units:\s+(\d+)/g);
  console.log(`   ${name}: ${r.ok ? `${runs} inputs, ${readdirSync(finds).length} kept` : 'FAILED'}`);
  if (r.ok) return;
  keep = true;
  console.log(r.output.trimEnd().split('\n').slice(-30).join('\n') + `\n   The input stands in ${join(scratch, 'fuzz')}`);
}

async function fuzz() {
  const build = await run('tools/build.sh', ['build-fuzz', '-Dfuzz=true', '-Db_sanitize=address,undefined', '-Db_lundef=false', '--buildtype=debugoptimized'], { CC: 'clang' });
  if (!build.ok) throw new Error(build.output);
  const chosen = env.FUZZ_ONLY?.split(',');
  const names = JSON.parse(execFileSync('meson', ['introspect', '--targets', 'build-fuzz'], { encoding: 'utf8', maxBuffer: 64 << 20 }))
    .map((t) => /^fuzz_(.+)$/.exec(t.name)?.[1]).filter((n) => n && (!chosen || chosen.includes(n)));
  const next = async () => { for (let name; (name = names.shift());) await fuzzOne(name); };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
}

const parts = { kills, postgres, pour: () => story('test/road/transport.test.mjs', { SEN_POUR_MIB: env.POUR_MIB ?? '1024' }), soak: () => story('test/long/soak.mjs'), size: () => story('test/long/size.mjs'), disk: () => story('test/long/disk.mjs'), network: () => story('test/long/network.mjs'), idle: () => story('test/long/idle.mjs'), fuzz };

for (const name of only) if (!parts[name]) {
  console.error(`There is no part ${name}. Parts: ${Object.keys(parts).join(' ')}`);
  process.exit(64);
}
const needsProgram = (only.length ? only : Object.keys(parts)).some((n) => n !== 'fuzz');
if (needsProgram && !env.SEN_BIN) execFileSync('tools/build.sh', ['build'], { stdio: 'inherit' });
for (const [name, part] of Object.entries(parts)) {
  if (only.length && !only.includes(name)) continue;
  const began = Date.now();
  console.log(`== ${name}`);
  try { await part(); } catch (e) {
    total.failed++;
    console.log(String(e.stack ?? e));
  }
  console.log(`   ${((Date.now() - began) / 1000).toFixed(0)} s`);
}
process.exitCode = total.failed || total.passed === 0 ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
