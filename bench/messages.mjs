// bench/messages: one message found among 1,000,000 (BENCH_MESSAGES), by each kind of search of the page /messages, in milliseconds: signed-in request, right judged, index, rows,
// names, page. Beside it the database's own shell on the same log, asked in SQL as one would without the index: the newest 25 rows that fit. On SQLite, or with the word
// postgres on a server of its own.
//   Rows   copies of real ones (a question and its answer, signed and sealed), at other times, between 300 subsystems, every 50th with a fault; one pair of them is rare.
//   Index  derived by the node's job, as in a node that was updated; its rate is told.
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { cpuMs, folder, need, startPostgres } from './lib.mjs';

const onPostgres = process.argv[2] === 'postgres', shell = onPostgres ? 'psql' : 'sqlite3';
need(shell);
const server = onPostgres ? startPostgres(home()) : undefined;
process.env.SEN_STORE = server ? server.url : 'sqlite';
const { Nation, Visitor, until } = await import('../test/lib/nation.mjs'); // which reads SEN_STORE
const { citizen, pinOf } = await import('../test/lib/people.mjs');
const messages = Number(process.env.BENCH_MESSAGES ?? 1000000), AGAIN = 9, HOUR = 3600000;
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const nation = await Nation.start({ people: 20 });
const pin = pinOf(citizen(nation, 1));
const command = onPostgres ? ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', `${nation.store}_police_log`, '-f', '-'] : ['-batch', join(nation.police.dir, 'data', 'log.db')];
const sql = (text) => execFileSync(shell, command, { input: text, encoding: 'utf8', maxBuffer: 1 << 26 }).trim();
const cpu = () => cpuMs([nation.police.pid('server')]) + (server?.cpuMs() ?? 0);

try {
  for (let i = 0; i < 4; i++) await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/person', { body: { key: 'pin', value: pin } });
  await nation.sen(['nation', 'stop', nation.dir]);
  const now = Date.now();
  fill(now);
  await nation.sen(['nation', 'start', nation.dir]);
  await indexed();
  const minh = new Visitor(nation.police);
  await minh.signIn('minh');
  await check(minh);
  const [requestId, messageId] = sql("SELECT request_id, message_id FROM message WHERE client = 'VN/GOV/C7/s7' AND is_answer = 0 LIMIT 1;").split('|');
  const fault = sql("SELECT fault_id FROM message WHERE fault_id <> '' AND client = 'VN/GOV/C9/s9' LIMIT 1;");
  const half = new Date(now - 500 * HOUR).toISOString();
  const kinds = [
    ['newest', '', 'is_answer <> 0'],
    ['older than the middle', `until=${half}`, `is_answer <> 0 AND at_ms <= ${now - 500 * HOUR}`],
    ['a party of many messages', 'party=VN/GOV/C1', "is_answer <> 0 AND (client >= 'VN/GOV/C1/' AND client < 'VN/GOV/C10' OR service >= 'VN/GOV/C1/' AND service < 'VN/GOV/C10')"],
    ['a party of ten messages', 'party=VN/GOV/RARE', "is_answer <> 0 AND (client = 'VN/GOV/RARE/one' OR service = 'VN/GOV/RARE/one/x')"],
    ['a service', 'service=VN/GOV/P3/register/ask', "is_answer <> 0 AND service = 'VN/GOV/P3/register/ask'"],
    ['party, service, side, half of the time', `party=VN/GOV/C7&service=VN/GOV/P3&side=answered&until=${half}`,
      `is_answer <> 0 AND client >= 'VN/GOV/C7/' AND client < 'VN/GOV/C70' AND service >= 'VN/GOV/P3/' AND service < 'VN/GOV/P30' AND side = 2 AND at_ms <= ${now - 500 * HOUR}`],
    ['a fault', 'fault=access_denied', "is_answer <> 0 AND fault LIKE '%.access_denied'"],
    ['nobody', 'party=VN/GOV/NOBODY', "is_answer <> 0 AND (client LIKE 'VN/GOV/NOBODY%' OR service LIKE 'VN/GOV/NOBODY%')"],
    ['request id', `id=${requestId}`, `request_id = '${requestId}'`],
    ['message id', `id=${encodeURIComponent(messageId)}`, `message_id = '${messageId}'`],
    ['id of a fault', `id=${fault}`, `fault_id = '${fault}'`],
  ];
  const results = [];
  for (const [name, query, where] of kinds) results.push({ name, ...(await measure(() => minh.get(`/messages?${query}`))), plain: plain(where) });
  results.push({ name: 'person', ...(await measure(() => minh.post('/messages/person', { number: pin, purpose: 'residence.register' }), () => minh.get('/messages/person'))) });
  for (const r of results) console.log(`${r.name.padEnd(40)} ${r.ms.toFixed(1).padStart(8)} ms, ${r.cpu.toFixed(1).padStart(6)} ms CPU${r.plain === undefined ? '' : ` | ${shell} ${r.plain.toFixed(0).padStart(6)} ms`}`);
  const both = results.filter((r) => r.plain !== undefined), worst = Math.max(...results.map((r) => r.ms));
  const sum = (of) => both.reduce((s, r) => s + of(r), 0) / both.length;
  console.log(`slowest ${worst.toFixed(1)} ms (aim 100 ms)`);
  console.log(`ratio ${(sum((r) => r.plain) / sum((r) => r.ms)).toFixed(2)}  (sen ${sum((r) => r.ms).toFixed(1)} ms a search, ${shell} ${sum((r) => r.plain).toFixed(1)} ms a search)`);
} finally {
  await nation.stop();
  server?.stop();
}
process.exit(0);

function home() {
  const dir = folder();
  chmodSync(dir, 0o755); // the server is another user
  return join(dir, 'postgres');
}

// fill: rows by SQL from real ones; whatever a column holds that is not named here is copied.
function fill(now) {
  const columns = sql(onPostgres ? "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'message';" : "SELECT name FROM pragma_table_info('message');").split('\n');
  const nth = 'n.i / 2', isFault = 'n.i % 2 = 1 AND n.i / 2 % 50 = 9';
  const made = {
    seq: 'top.seq + n.i', at_ms: `${now - 1000 * HOUR} + n.i * CAST(${Math.floor(1000 * HOUR / messages)} AS BIGINT)`, request_id: `(10000000 + ${nth}) || '-0000-7000-8000-' || (100000000000 + ${nth})`,
    message_id: `'case ' || (${nth})`,
    client: `CASE WHEN ${nth} % 100003 = 0 THEN 'VN/GOV/RARE/one' ELSE 'VN/GOV/C' || (${nth} % 300) || '/s' || (${nth} % 300) END`, service: `'VN/GOV/P' || (${nth} % 7) || '/register/ask'`,
    fault: `CASE WHEN ${isFault} THEN 'server.serverproxy.access_denied' ELSE '' END`, fault_id: `CASE WHEN ${isFault} THEN '00000000000000000000' || (100000000000 + n.i) ELSE '' END`,
  };
  const began = Date.now();
  sql(`${onPostgres ? '' : 'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;'}
CREATE TEMP TABLE pattern AS SELECT * FROM message WHERE request_id = (SELECT request_id FROM message WHERE service LIKE '%population/person' AND side = 2 ORDER BY seq DESC LIMIT 1);
BEGIN;
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${messages}), top AS (SELECT MAX(seq) + 1 AS seq FROM message)
INSERT INTO message (${columns.join(', ')}) SELECT ${columns.map((name) => made[name] ?? `pattern.${name}`).join(', ')} FROM n CROSS JOIN top JOIN pattern ON pattern.is_answer = n.i % 2;
COMMIT;
UPDATE store_counter SET last = (SELECT MAX(seq) FROM message) WHERE name = 'exchange.message';
INSERT INTO message_stamp (last_seq, first_seq, at_ms, n, service, leaves, result, token) SELECT MAX(m.seq), MAX(s.last) + 1, ${now}, 1, 'bench', 'x', 'x', 'x' FROM message m, (SELECT COALESCE(MAX(last_seq), 0) AS last FROM message_stamp) s;`);
  console.log(`${messages} messages made in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

async function indexed() {
  const began = Date.now(), from = Number(sql('SELECT seq FROM message_bookmark WHERE id = 1;')), used = cpu();
  const behind = () => Number(sql('SELECT (SELECT MAX(seq) FROM message) - (SELECT seq FROM message_bookmark WHERE id = 1);'));
  await until('the index has every message', async () => behind() < 100 || (await pause(1000), false), 1800000);
  const rows = Number(sql('SELECT seq FROM message_bookmark WHERE id = 1;')) - from;
  console.log(`index: ${rows} rows in ${((Date.now() - began) / 1000).toFixed(0)} s, ${(1000 * (cpu() - used) / rows).toFixed(1)} us CPU a row`);
}

async function check(visitor) {
  const page = await visitor.get('/messages?party=VN/GOV/C1'); // the node's own are newer
  if (page.status !== 200 || !page.html.includes('VN/GOV/C1/')) throw new Error('the page does not show them');
}

async function measure(search, before = () => {}) {
  const ms = [];
  let cpuUsed = 0;
  for (let i = 0; i < AGAIN; i++) {
    await before();
    const used = cpu(), began = performance.now(), page = await search();
    ms.push(performance.now() - began);
    cpuUsed += cpu() - used;
    if (page.status >= 400) throw new Error(`refused: ${page.status}`);
  }
  return { ms: median(ms), cpu: cpuUsed / AGAIN };
}

// plain: the same in SQL without the index; the time is the shell's own, of the query alone.
function plain(where) {
  const query = `SELECT seq, at_ms, client, service, status, fault FROM message WHERE ${where} ORDER BY at_ms DESC, seq DESC LIMIT 25;\n`;
  const told = () => (onPostgres ? Number(/Time: ([\d.]+) ms/.exec(sql(`\\o /dev/null\n\\timing on\n${query}`))[1]) : 1000 * Number(/real ([\d.]+)/.exec(sql(`.timer on\n.output /dev/null\n${query}.output\n`))[1]));
  return median([told(), told(), told()]);
}
