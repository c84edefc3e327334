// bench/search: people found by name among 1,000,000 (BENCH_PEOPLE), against PostgreSQL with unaccent and pg_trgm on the same rows, in the same run.
//   Rows        made by `sen population generate` and loaded by `sen register load`, but slim: number, names, birth, sex, permanent residences of today and of
//               former days, status. Documents, relations, households and the other groups are not there: no search reads them, and loading them takes minutes.
//   Sen         the service `search` as an information system of the keeper asks it: HTTP, right and purpose judged, names folded, names in another order looked
//               for where the whole name finds nobody, up to 20 people read from the register, journal entry and message log on disk before the answer leaves.
//   PostgreSQL  one table, a stored column lower(unaccent(name)) under a trigram index, years and units indexed, 1 GB of buffers, prepared statements through a
//               socket: the name within the key (which finds less than a search does), 21 rows at most, best first. No rights, no journal, nothing written.
// The ratio is of answers a second over all kinds of question in equal parts; by processor time it hardly depends on who else uses the machine.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Nation } from '../test/lib/nation.mjs';
import { cpu, folder, need, processes, seconds, startPostgres, wrk } from './lib.mjs';

need('wrk', 'sqlite3', 'psql', 'pgbench');
const people = Number(process.env.BENCH_PEOPLE ?? 1000000);
const EACH = 18, KINDS = 7, CLIENTS = 8; // pgbench takes 128 scripts
const SEARCH = '/r1/VN/GOV/G01/population/search', CLIENT = 'VN/GOV/G01/population';
const dir = folder();
chmodSync(dir, 0o755); // the server of PostgreSQL is another user
let server;
const nation = await Nation.start({ people: 20, nodes: ['operator', 'police'] });
try {
  await nation.sen(['nation', 'stop', nation.dir]);
  grant();
  await load();
  server = startPostgres(join(dir, 'postgres'));
  const url = `${server.url}/postgres`;
  fillPostgres(url);
  await nation.sen(['nation', 'start', nation.dir]);
  const kinds = makeQuestions(url);
  for (const kind of kinds) kind.said = await ask(kind);
  const all = { name: 'all kinds', questions: kinds.flatMap((k) => k.questions) };
  const results = [...kinds, all].map((kind) => ({ kind, sen: measureSen(kind), postgres: measurePostgres(url, kind) }));
  for (const r of results) {
    console.log(`${r.kind.name.padEnd(32)} sen ${told(r.sen)} | postgres ${told(r.postgres)}${r.kind.said ? ` | ${r.kind.said}` : ''}`);
  }
  const { sen, postgres } = results.at(-1);
  console.log(`ratio ${(sen.rate / postgres.rate).toFixed(2)}  (sen ${sen.rate.toFixed(0)} searches/s, postgres ${postgres.rate.toFixed(0)} searches/s; by processor time ${(postgres.us / sen.us).toFixed(2)})`);
} finally {
  server?.stop();
  await nation.stop();
}
process.exit(0);

function told(m) { return `${m.rate.toFixed(0)}/s, ${m.us.toFixed(0)} us CPU${m.p50 ? `, p50 ${m.p50.toFixed(1)} ms` : ''}${m.failed ? `, ${m.failed} FAILED` : ''}`; }

// ---- the same people on both sides ----

function grant() {
  const file = join(nation.police.dir, 'node.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('  rights:\n', `  rights:
    - {client: ${CLIENT}, subsystem: population, service: search, method: POST, path: "**", purposes: [residence.register], columns: [name.full, key.pin, core.birth_date, core.sex, residence.unit]}
`));
}

async function load() {
  const start = Date.now();
  const made = spawn(nation.bin, ['population', 'generate', '--people', String(people), '--seed', '9001', '--out', join(dir, 'people.jsonl')], { stdio: ['ignore', 'ignore', 'inherit'] });
  if ((await once(made, 'exit'))[0] !== 0) throw new Error('no people were made');
  const loading = spawn(nation.bin, ['register', 'load', 'population', '-', '--node', nation.police.dir], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '', slim = '';
  loading.stdout.on('data', (d) => { said += d; });
  const done = once(loading, 'exit');
  for await (const line of createInterface({ input: createReadStream(join(dir, 'people.jsonl')) })) {
    slim += `${slimmed(JSON.parse(line))}\n`;
    if (slim.length < 1 << 20) continue;
    if (!loading.stdin.write(slim)) await once(loading.stdin, 'drain');
    slim = '';
  }
  loading.stdin.end(slim);
  const [code] = await done, stored = Number(/ (\d+) stored,/.exec(said)?.[1]);
  if (code !== 0 || !(stored >= people - 20)) throw new Error(`the people were not loaded: ${said}`); // the sandbox has its named ones already
  console.log(`${people} people made and loaded in ${((Date.now() - start) / 1000).toFixed(0)} s`);
}

function slimmed(p) {
  return JSON.stringify({ keys: { pin: p.keys.pin }, name: p.name, core: { from: p.core.from, birth_date: p.core.birth_date, sex: p.core.sex, nationality: p.core.nationality },
    residence: (p.residence ?? []).filter((r) => r.kind === 'permanent').map(({ kind, from, to, unit }) => ({ kind, from, to, unit })), status: p.status });
}

function psql(url, sql) { return execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', url, '-f', '-'], { input: sql, encoding: 'utf8', maxBuffer: 1 << 28 }); }

function fillPostgres(url) {
  const far = '9223372036854775807', file = join(dir, 'people.csv');
  execFileSync('sqlite3', ['-batch', join(nation.police.dir, 'data', 'node.db')], { input: `.mode csv
.output ${file}
SELECT a.value, k.name, k.birth_year, date(k.born * 86400, 'unixepoch'), k.sex, COALESCE(r.unit, '') FROM population_name_key k
  CROSS JOIN population_alias a ON a.entity = k.entity AND +a.kind = 'pin' AND a.is_current = 1
  LEFT JOIN population_residence_v r ON r.entity = k.entity AND r.kind = 'permanent' AND r.valid_to = ${far} AND r.rec_to = ${far};\n` });
  psql(url, `CREATE EXTENSION unaccent; CREATE EXTENSION pg_trgm;
CREATE FUNCTION key_of(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;
CREATE TABLE person (pin text NOT NULL, name text NOT NULL, birth_year int NOT NULL, born date NOT NULL, sex text NOT NULL, unit text NOT NULL, key text GENERATED ALWAYS AS (key_of(name)) STORED);
\\copy person (pin, name, birth_year, born, sex, unit) FROM '${file}' WITH (FORMAT csv)
CREATE INDEX person_key ON person USING gin (key gin_trgm_ops);
CREATE INDEX person_year_unit ON person (birth_year, unit);
CREATE INDEX person_unit ON person (unit);
VACUUM ANALYZE person;\n`);
}

// ---- the questions ----

function makeQuestions(url) {
  const ask = (sql) => JSON.parse(psql(url, `SET work_mem = '256MB'; SELECT setseed(0.5) \\g /dev/null\nSELECT COALESCE(json_agg(q), '[]') FROM (${sql} LIMIT ${EACH}) q;`));
  const common = `SELECT name, key, birth_year AS year, unit FROM person JOIN (SELECT key FROM person GROUP BY key ORDER BY count(*) DESC LIMIT 50) c USING (key) WHERE birth_year > 0 AND unit <> '' ORDER BY random()`;
  const tones = /([oóòỏõọ])([aáàảãạeéèẻẽẹ])(?= |$)|([uúùủũụ])([yýỳỷỹỵ])(?= |$)/gu;
  const kinds = [
    ['common name, year, commune', ask(common)],
    ['common name, year', ask(common).map((q) => ({ ...q, unit: undefined }))],
    ['rare name', ask(`SELECT min(name) AS name, key FROM person GROUP BY key HAVING count(*) = 1 ORDER BY random()`)],
    ['name without marks, year', ask(`SELECT key AS name, key, birth_year AS year FROM person WHERE birth_year > 0 ORDER BY random()`)],
    ['tone on the other vowel, year', ask(`SELECT name, key, birth_year AS year FROM person WHERE birth_year > 0 AND name ~ '([óòỏõọ][ae]|o[áàảãạéèẻẽẹ]|[úùủũụ]y|u[ýỳỷỹỵ])( |$)' ORDER BY random()`)
      .map((q) => ({ ...q, name: q.name.replace(tones, (pair) => moved(pair)) }))],
    ['given name, year', ask(`SELECT substring(name from '[^ ]+$') AS name, key_of(substring(name from '[^ ]+$')) AS key, birth_year AS year FROM person WHERE birth_year > 0 ORDER BY random()`).map((q) => ({ ...q, given: true }))],
    ['nobody of this name, year', ask(`SELECT n.name, key_of(n.name) AS key, n.year FROM (SELECT substring(a.name from '^[^ ]+') || ' ' || substring(b.name from '[^ ]+$') || ' ' || substring(c.name from '^[^ ]+') || ' ' || substring(a.name from '[^ ]+$') AS name,
       a.birth_year AS year FROM (SELECT *, row_number() OVER (ORDER BY random()) AS i FROM (SELECT * FROM person WHERE birth_year > 0 LIMIT 2000) x) a JOIN (SELECT *, row_number() OVER (ORDER BY random()) AS i FROM (SELECT * FROM person LIMIT 2000) y) b USING (i)
       JOIN (SELECT *, row_number() OVER (ORDER BY random()) AS i FROM (SELECT * FROM person LIMIT 2000) z) c USING (i)) n WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.key = key_of(n.name))`)],
  ].map(([name, questions]) => ({ name, questions }));
  for (const k of kinds) if (k.questions.length !== EACH) throw new Error(`too few questions: ${k.name}: ${k.questions.length}`);
  if (kinds.length !== KINDS || kinds.length * EACH > 128) throw new Error('pgbench takes 128 scripts');
  return kinds;
}

// moved: the tone of two vowels on the other of them: oà and òa.
function moved(pair) {
  const [first, second] = [...pair].map((l) => l.normalize('NFD'));
  const tone = /[\u0300\u0301\u0303\u0309\u0323]/u;
  const [mark] = tone.exec(first) ?? tone.exec(second) ?? [''];
  return (tone.test(first) ? first.replace(tone, '') + second + mark : first + mark + second.replace(tone, '')).normalize('NFC');
}

// ask: each question once, so that it is known what was measured; an answer that cannot be is an end.
async function ask(kind) {
  const outcomes = {};
  for (const q of kind.questions) {
    const r = await nation.call(nation.police, SEARCH, { client: CLIENT, body: body(q) });
    if (r.status !== 200) throw new Error(`the question was refused: ${r.status} ${r.text}`);
    const nobody = kind.name.startsWith('nobody');
    if (!nobody && r.json.outcome === 'not_found') throw new Error(`not found: ${JSON.stringify(q)}`);
    if (nobody && r.json.results.some((x) => /^name_(exact|strict|loose)$/.test(x.reasons[0]))) throw new Error(`found: ${JSON.stringify(q)}`);
    outcomes[r.json.outcome] = (outcomes[r.json.outcome] ?? 0) + 1;
  }
  return Object.entries(outcomes).map(([word, n]) => `${n} ${word}`).join(', ');
}

function body(q) { return { name: q.name, birth_year: q.year, unit: q.unit }; }

// ---- measuring ----

function measureSen(kind) {
  const file = join(dir, 'search.lua'), pids = processes(nation.police);
  writeFileSync(file, `local bodies = {${kind.questions.map((q) => `[==[${JSON.stringify(body(q))}]==]`).join(',')}}
local i = math.random(#bodies)
local headers = { ["X-Road-Client"] = "${CLIENT}", ["X-Sen-Purpose"] = "residence.register", ["Content-Type"] = "application/json" }
request = function()
  i = i % #bodies + 1
  return wrk.format("POST", nil, headers, bodies[i])
end
`);
  const before = cpu(pids), m = wrk(nation.police.systems + SEARCH, { script: file, warm: 1 });
  return { ...m, us: 1e6 * (cpu(pids) - before) / m.requests };
}

// quoted: a value as SQL writes it, and as pgbench leaves it alone.
function quoted(s) { return `'${String(s).replaceAll("'", "''")}'`; }

function statement(q) {
  const like = quoted(q.given ? `% ${q.key}` : `%${q.key}%`);
  return `SELECT pin, name, born, sex, unit FROM person WHERE key LIKE ${like}${q.year ? ` AND birth_year = ${q.year}` : ''}${q.unit ? ` AND unit = ${quoted(q.unit)}` : ''} ` +
    `ORDER BY similarity(key, ${quoted(q.key)}) DESC LIMIT 21;\n`;
}

function measurePostgres(url, kind) {
  const scripts = kind.questions.flatMap((q, i) => {
    writeFileSync(join(dir, `q${i}.sql`), statement(q));
    return ['-f', join(dir, `q${i}.sql`)];
  });
  const run = (s) => execFileSync('pgbench', ['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '2', '-T', String(s), ...scripts, url], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  run(1);
  const before = server.cpuMs(), text = run(seconds);
  return { rate: Number(/tps = ([\d.]+)/.exec(text)[1]), us: 1e3 * (server.cpuMs() - before) / Number(/transactions actually processed: (\d+)/.exec(text)[1]) };
}
