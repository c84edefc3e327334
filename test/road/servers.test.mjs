// Two busy servers of one provider: two agencies ask, some of them whichever server they reach, some a server by name, so that both are at work; one is killed, one stands still.
// Those who let the road choose go on at the other one; nothing acknowledged is lost, nothing is delivered twice, and each question stands in the log of the server
// that took it and in no other.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { rows } from '../lib/database.mjs';
import { wholeMessages } from '../lib/load.mjs';
import { Nation, until } from '../lib/nation.mjs';
import { addServer, signalAll } from '../lib/second.mjs';

const COUNT = '/r1/VN/GOV/G01/population/count', CLIENTS = { hanoi: 'VN/GOV/H26/desk', operator: 'VN/GOV/G22/portal' };
const EVERY_MS = 30, AT_ONCE = 30, SOME = 40; // a crowd that does not wait for each other's answers; each kind of asker so many at a time
const THINKS_MS = 150; // so that some questions are always at a server, whatever happens to it
const SETTLED_MS = 1500, LATE_MS = 300;
let nation, second, backend, load;

before(async () => {
  nation = await Nation.start();
  backend = await startBackend();
  const file = join(nation.police.dir, 'node.yaml'), right = (client) => `    - {client: ${client}, subsystem: population, service: count, path: "", purposes: [residence.register]}\n`;
  writeFileSync(file, readFileSync(file, 'utf8').replace('  rights:\n', `  services:\n    - {subsystem: population, code: count, url: "http://127.0.0.1:${backend.port}/ps1/"}\n  rights:\n${Object.values(CLIENTS).map(right).join('')}`));
  await nation.restart();
  second = await addServer(nation, nation.police, { name: 'police2', host: 9, page: 8, code: 'ps2', member: 'GOV/G01', title: 'Bộ Công an', subsystem: 'population', subsystemTitle: 'Dân cư' });
  for (const from of Object.keys(CLIENTS)) await until(`${from} reaches the second server`, async () => (await ask({ from, to: 'ps2' }).catch(() => ({}))).at === 'ps2');
  load = new Askers();
});
after(async () => {
  await load?.stop();
  if (second) signalAll(second, 'SIGKILL');
  backend?.close();
  await nation?.stop();
});

const server = (code) => (code === 'ps2' ? second : nation.police), other = (code) => (code === 'ps2' ? 'ps1' : 'ps2');

// startBackend: behind both servers, each of which calls it by its own code; it says which, and remembers it of every id.
function startBackend() {
  const delivered = new Map();
  const door = http.createServer((rq, rs) => {
    const at = rq.url.split('/')[1], id = rq.headers['x-road-id'];
    delivered.set(id, [...(delivered.get(id) ?? []), at]);
    rq.resume().on('end', () => setTimeout(() => rs.end(at), THINKS_MS));
  });
  door.keepAliveTimeout = 0; // it closes no connection over a question
  return new Promise((done) => { door.listen(0, '127.0.0.1', () => done({ delivered, port: door.address().port, close: () => { door.close(); door.closeAllConnections?.(); } })); });
}

// ask: one question with an id of its own; to: a server by name, or whichever is reached.
async function ask({ from, to }) {
  const id = `two-${randomUUID()}`, asked = { from, to, id, began: Date.now() };
  const r = await nation.call(nation[from], COUNT, { client: CLIENTS[from], body: { n: 1 }, headers: { 'X-Road-Id': id, ...(to && { 'X-Road-Security-Server': `VN/GOV/G01/${to}` }) } });
  return { ...asked, took: Date.now() - asked.began, at: r.status === 200 ? r.text : undefined, fault: r.error, request: r.headers.get('x-road-request-id') };
}

// Askers: questions of each kind at a steady pace, whatever becomes of those before.
class Askers {
  constructor() {
    const kinds = [{ from: 'hanoi' }, { from: 'operator' }, { from: 'hanoi', to: 'ps1' }, { from: 'hanoi', to: 'ps2' }].map((kind) => ({ ...kind, open: 0 }));
    Object.assign(this, { done: [], broken: [], beats: [], kinds });
    this.timer = setInterval(() => this.beats.push(Date.now()) && kinds.filter((kind) => kind.open < AT_ONCE).forEach((kind) => this.#send(kind)), EVERY_MS);
  }

  #send(kind) {
    kind.open += 1;
    ask(kind).then((a) => this.done.push(a), (e) => this.broken.push(e)).finally(() => { kind.open -= 1; });
  }

  // lag: how much later than it wanted this test did something between two moments.
  lag(since, end) {
    const beats = this.beats.filter((at) => at >= since && at <= end);
    return Math.max(...beats.slice(1).map((at, i) => at - beats[i])) - EVERY_MS;
  }

  answered(fits) { return this.done.filter((a) => a.at && fits(a)); }

  flows(what, since, fits) { return until(`${what} is answered`, () => this.answered((a) => a.began >= since && fits(a)).length >= SOME); }

  async stop() {
    clearInterval(this.timer);
    await until('every question has its answer', () => this.kinds.every((kind) => kind.open === 0), 180000);
  }
}

const free = (from) => (a) => a.from === from && !a.to, named = (to) => (a) => a.to === to;
const eachBusy = async (since) => { for (const code of ['ps1', 'ps2']) await load.flows(`who names ${code}`, since, named(code)); };

// bad: while a server is not well, from `since` on: when those who let the road choose have been answered by the other one, asked after `since + SETTLED_MS` too, it ends.
async function bad(what, victim, begin) {
  const since = Date.now();
  begin();
  for (const from of Object.keys(CLIENTS)) await load.flows(`${from} at the other server`, since + SETTLED_MS, (a) => free(from)(a) && a.at === other(victim));
  return { what, since, until: Date.now() };
}

// judge: nobody who asked when the other one had been found was refused, if the machine kept time.
function judge({ what, since, until: end }) {
  const asked = load.done.filter((a) => !a.to && a.began >= since && a.began < end), late = load.lag(since, end);
  const refused = asked.filter((a) => a.fault), settled = refused.filter((a) => a.began >= since + SETTLED_MS);
  console.log(`# ${what}: ${asked.length} asked, ${refused.length} refused, the last of them asked after ${Math.max(0, ...refused.map((a) => a.began - since))} ms; the slowest answer took ${Math.max(...asked.filter((a) => a.at).map((a) => a.took))} ms; this test was late by ${late} ms`);
  if (late < LATE_MS) assert.deepEqual(settled, [], `${what}: the other server was found within ${SETTLED_MS} ms`);
}

const times = [], winner = () => load.answered(free('hanoi')).at(-1).at;

test('both are busy; who let the road choose stays with the one that it reached', async () => {
  await eachBusy(0);
  for (const from of Object.keys(CLIENTS)) await load.flows(`${from}, wherever it is reached,`, 0, free(from));
});

test('one is killed: the other one answers, and when it is back, both are busy again', async () => {
  const victim = winner(), old = server(victim).pid('server'), supervisor = server(victim).pid('supervisor');
  process.kill(supervisor, 'SIGSTOP'); // it would start another one before everybody has noticed
  try {
    times.push(await bad('killed', victim, () => process.kill(old, 'SIGKILL')));
  } finally {
    process.kill(supervisor, 'SIGCONT');
  }
  await until('it runs again', () => server(victim).pid('server') && server(victim).pid('server') !== old);
  await eachBusy(Date.now());
});

test('one stands still: the other one answers, and when it goes on, both are busy again', async () => {
  const victim = winner();
  try {
    times.push(await bad('standing still', victim, () => signalAll(server(victim), 'SIGSTOP')));
  } finally {
    signalAll(server(victim), 'SIGCONT');
  }
  await eachBusy(Date.now());
});

test('nothing is lost, nothing is delivered twice, and each stands in one log', async () => {
  await load.stop();
  assert.deepEqual(load.broken, []);
  times.forEach(judge);
  const faults = new Map(), told = load.done.filter((a) => a.fault);
  for (const a of told) faults.set(a.fault, (faults.get(a.fault) ?? 0) + 1);
  console.log(`# ${load.done.length} asked, ${told.length} refused: ${JSON.stringify([...faults])}; delivered by ps1 ${[...backend.delivered.values()].filter(([at]) => at === 'ps1').length}, by ps2 ${[...backend.delivered.values()].filter(([at]) => at === 'ps2').length}`);
  assert.deepEqual([...faults.keys()].filter((type) => !type.startsWith('server.')), [], 'nobody is told that it was the question');
  for (const [id, places] of backend.delivered) assert.equal(places.length, 1, `${id} was delivered ${places}`);
  const whole = { hanoi: wholeMessages(nation, nation.hanoi, 1), operator: wholeMessages(nation, nation.operator, 1), ps1: wholeMessages(nation, server('ps1'), 2), ps2: wholeMessages(nation, server('ps2'), 2) };
  for (const a of load.answered(() => true)) {
    assert.deepEqual(backend.delivered.get(a.id), [a.at], 'it was delivered by the server that answered');
    assert.ok(!a.to || a.at === a.to, 'whoever names a server is answered by that one');
    assert.equal(whole[a.from].get(a.request), 3, `${a.request} in the log of ${a.from}`);
    assert.equal(whole[a.at].get(a.request), 3, `${a.request} in the log of ${a.at}`);
  }
  const taken = ['ps1', 'ps2'].map((code) => new Set(rows(nation, server(code), 'log', "SELECT message_id FROM message WHERE side = 2 AND is_answer = 0 AND message_id LIKE 'two-%'").map(([id]) => id)));
  for (const id of taken[0]) assert.ok(!taken[1].has(id), `${id} was taken by both`);
  for (const [id, [at]] of backend.delivered) assert.ok(taken[at === 'ps1' ? 0 : 1].has(id), `${id} was delivered by ${at} without a row in its log`);
});
