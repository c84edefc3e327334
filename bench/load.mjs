// bench/load: whole population records into the register of a node - checked, journalled, searchable, durable slice by slice - against the sqlite3 shell's
// .import of the same rows into the same tables with the same indexes, in the same run. BENCH_PEOPLE changes how many (20,000).
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nation } from '../test/lib/nation.mjs';
import { folder, need } from './lib.mjs';

need('sqlite3');
const people = Number(process.env.BENCH_PEOPLE ?? 20000);
const dir = folder();
const nation = await Nation.start({ people: 20, nodes: ['operator', 'police'] });
try {
  const file = join(dir, 'people.jsonl');
  execFileSync(nation.bin, ['population', 'generate', '--people', String(people), '--seed', '9001', '--out', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  await nation.sen(['nation', 'stop', nation.dir]);
  const node = join(nation.police.dir, 'data', 'node.db');
  const sql = (db, script, stdio = 'pipe') => execFileSync('sqlite3', ['-batch', db], { input: script, encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['pipe', stdio, 'inherit'] });
  const tables = sql(node, "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'population\\_%' ESCAPE '\\' OR name = 'registry_entity') ORDER BY name;").trim().split('\n');
  const count = () => sql(node, tables.map((t) => `SELECT COUNT(*) FROM ${t};`).join('\n')).trim().split('\n').reduce((n, line) => n + Number(line), 0);

  const before = count();
  const sen = timed(nation.bin, ['register', 'load', 'population', file, '--node', nation.police.dir]);
  const rows = count() - before;
  console.log(`sen     ${sen.out.trim().split('\n').at(-1)}`);

  // The same rows, with those that stood before: as CSV, then into an empty database with the same tables and indexes.
  const other = join(dir, 'other.db');
  const schema = sql(node, `.schema ${"'population_%'"}\n.schema registry_entity\n`);
  sql(other, `PRAGMA journal_mode = WAL;\nPRAGMA synchronous = FULL;\n${schema}`);
  let bytes = 0;
  for (const t of tables) {
    sql(node, `.mode csv\n.output ${join(dir, `${t}.csv`)}\nSELECT * FROM ${t};\n`);
    bytes += statSync(join(dir, `${t}.csv`)).size;
  }
  const script = join(dir, 'import.sql');
  writeFileSync(script, tables.filter((t) => existsSync(join(dir, `${t}.csv`))).map((t) => `.import --csv ${join(dir, `${t}.csv`)} ${t}`).join('\n') + '\n');
  const shell = timed('sqlite3', ['-batch', other], readFileSync(script));
  const got = sql(other, tables.map((t) => `SELECT COUNT(*) FROM ${t};`).join('\n')).trim().split('\n').reduce((n, line) => n + Number(line), 0);
  if (got !== before + rows) throw new Error(`the shell imported ${got} rows, not ${before + rows}`);

  const rate = (n, s) => (n / s).toFixed(0);
  console.log(`sen     ${rows} rows of ${people} people, ${rate(people, sen.s)} people/s; processor ${(sen.cpu * 1e6 / people).toFixed(0)} us a person`);
  console.log(`sqlite3 ${got} rows, ${(bytes / 1e6).toFixed(0)} MB of CSV; processor ${(shell.cpu * 1e6 / people).toFixed(0)} us a person`);
  console.log(`ratio ${(rows / sen.s / (got / shell.s)).toFixed(3)}  (sen ${rate(rows, sen.s)} rows/s, sqlite3 .import ${rate(got, shell.s)} rows/s; by processor time ${(rows / sen.cpu / (got / shell.cpu)).toFixed(3)})`);
} finally {
  await nation.stop();
}

// timed: a program to its end: seconds by the clock and by the processors.
function timed(program, args, input) {
  const out = spawnSync('bash', ['-c', 'TIMEFORMAT="%R %U %S"; time "$0" "$@"', program, ...args], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (out.status !== 0) throw new Error(`${program} ended with ${out.status}: ${out.stdout}${out.stderr}`);
  const [s, user, system] = out.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { s, cpu: user + system, out: out.stdout };
}
