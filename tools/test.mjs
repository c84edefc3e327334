// Runs the stages of `make test` and adds up what they counted. The last line printed is `N passed, N failed` (`, N skipped` where some were).
// Without arguments all stages run; names of stages as arguments run only those.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Where localhost has two addresses, Node.js 18 asks only the first; browsers and curl try both. Nodes listen on the IPv4 one.
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --dns-result-order=ipv4first`.trim();
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const only = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'sen-test-'));
chmodSync(scratch, 0o755); // PostgreSQL runs as its own user
process.on('exit', () => {
  if (existsSync(join(scratch, 'pg'))) spawnSync('tools/postgres.sh', ['stop', join(scratch, 'pg')]);
  rmSync(scratch, { recursive: true, force: true });
});

// What went well in a file of stories is left out where something failed, so that what the nodes complained of is not cut off.
const PASSED = /^ *(?:# Subtest: .*\n|ok \d+ - .*\n(?: *---\n(?:.*\n)*? *\.\.\.\n)?)/gm, LINES_TOLD = 120;

function add(name, count, output) {
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped ?? 0;
  if (count.failed) {
    failures.push(name);
    console.log(output.replace(PASSED, '').trimEnd().split('\n').slice(-LINES_TOLD).join('\n'));
  }
}

function run(command, args, env = {}, seconds = 900) {
  const r = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env }, timeout: seconds * 1000, maxBuffer: 256 << 20 });
  return { ok: r.status === 0, output: (r.stdout ?? '') + (r.stderr ?? '') + (r.error ? String(r.error) : '') };
}

function build(folder, options = [], env = {}) {
  const r = run('tools/build.sh', [folder, ...options], env);
  add(`build ${folder}`, { passed: r.ok ? 1 : 0, failed: r.ok ? 0 : 1 }, r.output);
  return r.ok;
}

const number = (text, re) => [...text.matchAll(re)].reduce((n, m) => n + Number(m[1]), 0);

// Unit tests: what meson knows as tests, three at a time; cmocka says how many each of them ran. Tests named *_postgres share one PostgreSQL.
function units(folder, env = {}, filter = () => true) {
  const names = JSON.parse(execFileSync('meson', ['introspect', '--tests', folder], { encoding: 'utf8' })).map((t) => t.name).filter(filter);
  const r = run('meson', ['test', '-C', folder, '--no-rebuild', '--num-processes', '3', '--timeout-multiplier', '6', ...names], env, 900);
  const rows = readFileSync(join(folder, 'meson-logs', 'testlog.json'), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
  if (rows.length < names.length) add(`${folder} meson test`, { passed: 0, failed: 1 }, r.output);
  for (const t of rows) {
    const output = `${t.name}: ${t.result}\n${t.stdout ?? ''}${t.stderr ?? ''}`, ok = t.result === 'OK' || t.result === 'SKIP';
    const count = { passed: number(output, /\[  PASSED  \] (\d+) test/g), failed: number(output, /\[  FAILED  \] (\d+) test/g), skipped: number(output, /\[  SKIPPED \] (\d+) test/g) };
    if (!count.passed && !count.failed && !count.skipped) Object.assign(count, { passed: number(output, /^# pass (\d+)/gm), failed: number(output, /^# fail (\d+)/gm), skipped: number(output, /^# skipped (\d+)/gm) });
    if (!count.passed && !count.failed && !count.skipped) count.passed = ok ? 1 : 0;
    if (!ok && !count.failed) count.failed = 1;
    add(`${folder} ${t.name}`, count, output);
  }
}

function storyFiles(folder = 'test') {
  return readdirSync(folder).flatMap((n) => {
    const p = join(folder, n);
    return statSync(p).isDirectory() ? storyFiles(p) : p.endsWith('.test.mjs') ? [p] : [];
  }).sort();
}

// story: one file of stories, with its figures and how long it took.
function story({ name, file, env }) {
  return new Promise((done) => {
    const started = Date.now();
    execFile('node', ['--test', '--test-reporter=tap', file], { env: { ...process.env, ...env }, timeout: 900 * 1000, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
      const output = stdout + stderr + (error && !error.code ? String(error) : '');
      const count = { passed: number(output, /^# pass (\d+)/gm), failed: number(output, /^# fail (\d+)/gm), skipped: number(output, /^# skipped (\d+)/gm) };
      if (error && !count.failed) count.failed = 1;
      add(`${name} ${file}`, count, output);
      console.log(`    ${name} ${file}: ${count.passed} passed, ${count.failed} failed${count.skipped ? `, ${count.skipped} skipped` : ''} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
      done();
    });
  });
}

// Stories run side by side: each has a nation of its own, and much of their time is spent waiting. Those that last longest begin first, so that none of them is left over at the end.
const LONGEST = ['access', 'browser', 'evidence', 'trust_services', 'federation', 'kill', 'crash', 'find', 'monitor', 'matrix', 'tour', 'outages', 'servers'];
const place = ({ file }) => { const at = LONGEST.findIndex((n) => file.endsWith(`/${n}.test.mjs`)); return at < 0 ? LONGEST.length : at; };

async function stories(jobs, together = 3) {
  const todo = [...jobs].sort((a, b) => place(a) - place(b));
  const lane = async () => { for (let job; (job = todo.shift());) await story(job); };
  await Promise.all(Array.from({ length: together }, lane));
}

let postgres;
function postgresUrl() {
  if (!postgres) {
    const r = run('tools/postgres.sh', ['start', join(scratch, 'pg')], { SEN_POSTGRES_FSYNC: 'off' });
    if (!r.ok) throw new Error(`PostgreSQL did not start:\n${r.output}`);
    postgres = r.output.trim().split('\n').pop();
  }
  return postgres;
}

const sanitized = { ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0', UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1', TSAN_OPTIONS: 'halt_on_error=1' };
const san = ['--buildtype=debug', '-Doptimization=1', '-Db_lundef=false'];
const main = (f) => /road\/(story|refusals|peer)/.test(f);
const onPostgres = (f) => main(f) || /road\/(matrix|systems|messages)/.test(f); // the others: `tools/check_long.sh postgres`
const crash = (f) => /road\/crash/.test(f);
const node = (f) => f.startsWith('test/tools/');
const jobs = (name, fits, env) => storyFiles().filter(fits).map((file) => ({ name, file, env }));
const ON_SQLITE = { SEN_STORE: 'sqlite', SEN_BIN: 'build/sen' };
const RACED = '^(base|store|sqlite|web|trust)(?!.*postgres)';
const raced = (n) => new RegExp(RACED).test(n);

// The clang variants are built beside the stories, which leave much of the second core idle.
const beside = {
  'build-asan': { options: ['-Db_sanitize=address,undefined', '-Dcrash_points=true', ...san], tests: '' },
  'build-tsan': { options: ['-Db_sanitize=thread', ...san], tests: RACED },
};
let building = false;
function buildBeside() {
  if (building) return;
  building = true;
  const one = ([folder, v]) => `CC=clang TESTS='${v.tests}' nice tools/build.sh ${folder} ${v.options.join(' ')} > ${scratch}/${folder}.log 2>&1; echo $? > ${scratch}/${folder}.rc`;
  spawn('sh', ['-c', Object.entries(beside).map(one).join('; ')], { stdio: 'ignore', detached: true }).unref();
}
function awaitBuild(folder) {
  buildBeside();
  const rc = join(scratch, `${folder}.rc`);
  while (!existsSync(rc)) spawnSync('sleep', ['0.5']);
  const ok = readFileSync(rc, 'utf8').trim() === '0';
  add(`build ${folder}`, { passed: ok ? 1 : 0, failed: ok ? 0 : 1 }, readFileSync(join(scratch, `${folder}.log`), 'utf8'));
  return ok;
}

const stages = {
  'release build, gcc': () => build('build') && buildBeside(),
  'translations': () => { const r = run('node', ['tools/po.mjs', 'check']); add('translations', { passed: r.ok ? 1 : 0, failed: r.ok ? 0 : 1 }, r.output); },
  'tools': () => stories(jobs('tools', node, {})),
  'units on SQLite and PostgreSQL': () => units('build', { SEN_SHARED_POSTGRES: postgresUrl() }),
  'stories on SQLite and PostgreSQL': () => stories([...jobs('SQLite', (f) => !node(f) && !crash(f), ON_SQLITE), ...jobs('PostgreSQL', onPostgres, { ...ON_SQLITE, SEN_STORE: postgresUrl() })]),
  'ASan and UBSan, clang: units': () => awaitBuild('build-asan') && units('build-asan', sanitized, (n) => !n.endsWith('postgres')),
  'ASan and UBSan, clang: stories, and a server killed at every place': () => awaitBuild('build-asan') && stories(jobs('ASan', (f) => main(f) || crash(f), { ...sanitized, SEN_STORE: 'sqlite', SEN_BIN: 'build-asan/sen', SEN_BIN_CRASH: 'build-asan/sen' })),
  'TSan, clang: units of base, store, web, trust': () => awaitBuild('build-tsan') && units('build-tsan', sanitized, raced),
};

for (const [name, stage] of Object.entries(stages)) {
  if (only.length && !only.some((o) => name.toLowerCase().includes(o.toLowerCase()))) continue;
  const started = Date.now(), before = { ...total };
  console.log(`== ${name}`);
  try { await stage(); } catch (e) { add(name, { passed: 0, failed: 1 }, String(e.stack ?? e)); }
  console.log(`   ${total.passed - before.passed} passed, ${total.failed - before.failed} failed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}
if (failures.length) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
process.exitCode = total.failed || total.passed === 0 ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
