// A steady load of questions from Hà Nội to the population database and, the other way, to a system behind Hà Nội; and the audit afterwards: what was acknowledged is whole in
// both logs, nothing was delivered twice, nothing personal was read without its entry, and every proof still holds. For tests that kill, cut and fill what they can meanwhile.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { rows } from './database.mjs';
import { allStamped, until } from './nation.mjs';
import { pinOf } from './people.mjs';

const pause = (ms) => new Promise((r) => setTimeout(r, ms));
export const PERSON = '/r1/VN/GOV/G01/population/person';

// repeatable: a source of random numbers whose seed is printed; SEN_SEED repeats a run.
export function repeatable() {
  let seed = Number(process.env.SEN_SEED ?? Date.now() % 1e6);
  console.log(`# seed ${seed}`);
  return () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
}

export function shuffled(list, random) {
  const a = [...list];
  for (let i = a.length; i-- > 1;) {
    const k = Math.floor(random() * (i + 1));
    [a[i], a[k]] = [a[k], a[i]];
  }
  return a;
}

// wholeMessages: what a node's log holds with its digest: request id -> 1 question, 2 answer, 3 both. side: 1 asked, 2 answered.
export function wholeMessages(nation, node, side) {
  const seen = new Map();
  for (const [id, answer] of rows(nation, node, 'log', `SELECT request_id, is_answer FROM message WHERE digest IS NOT NULL AND fault = '' AND side = ${side}`)) seen.set(id, (seen.get(id) ?? 0) | (answer === '1' ? 2 : 1));
  return seen;
}

// behind: a system behind Hà Nội that counts what is delivered to it; the nation starts anew with it.
export async function behind(nation) {
  const delivered = new Map();
  const server = http.createServer((rq, rs) => {
    delivered.set(rq.headers['x-road-id'], (delivered.get(rq.headers['x-road-id']) ?? 0) + 1);
    rq.resume().on('end', () => rs.end('{}'));
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  nation.offer(nation.hanoi, [`subsystem: desk, code: count, url: "http://127.0.0.1:${server.address().port}/"`], ['client: VN/GOV/G01/population, subsystem: desk, service: count, purposes: [case.handle]']);
  await nation.restart();
  return { delivered, close: () => { server.closeAllConnections(); server.close(); } };
}

export class Load {
  constructor(nation, { workers = 8, backend } = {}) {
    Object.assign(this, { nation, backend, acknowledged: [], refused: new Map(), running: true, asked: 0, pins: nation.people.map(pinOf) });
    this.done = Promise.all(Array.from({ length: workers }, () => this.#work()));
  }

  // ask: one question with an id of its own, so that a second delivery would be seen; every fourth goes to the system behind Hà Nội, where there is one.
  async ask() {
    const { nation } = this, began = Date.now(), id = `load-${randomUUID()}`, headers = { 'X-Road-Id': id }, back = this.backend && this.asked % 4 === 3;
    const body = { key: 'pin', value: this.pins[this.asked++ % this.pins.length] };
    const r = await (back ? nation.call(nation.police, '/r1/VN/GOV/H26/desk/count', { client: 'VN/GOV/G01/population', purpose: 'case.handle', body: { n: 1 }, headers }) : nation.call(nation.hanoi, PERSON, { body, headers }));
    if (r.status === 200) this.acknowledged.push({ id, request: r.headers.get('x-road-request-id'), entry: r.json.entry, back, began });
    return r;
  }

  async #work() {
    while (this.running) {
      let why;
      try { const r = await this.ask(); why = r.status === 200 ? null : r.error ?? `status ${r.status}`; } catch (e) { why = e.message; }
      if (!why) continue;
      this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
      await pause(20);
    }
  }

  // carries: a few answers to questions that were asked after this moment.
  async carries(since, ms) {
    let i = this.acknowledged.length, fresh = 0;
    await until('the road carries messages again', () => {
      for (; i < this.acknowledged.length; i++) fresh += this.acknowledged[i].began >= since;
      return fresh > 5;
    }, ms);
  }

  async stop() {
    this.running = false;
    await this.done;
  }

  tell(during) {
    console.log(`# ${this.acknowledged.length} acknowledged, ${[...this.refused.values()].reduce((a, b) => a + b, 0)} refused during ${during}`);
    for (const [why, n] of this.refused) console.log(`#   ${n} refused: ${why}`);
  }

  // audit: what must be true whatever happened.
  async audit() {
    const { nation, backend } = this, there = this.acknowledged.filter((a) => !a.back), back = this.acknowledged.filter((a) => a.back);
    const twice = (node, side) => rows(nation, node, 'log', `SELECT message_id FROM message WHERE message_id LIKE 'load-%' AND side = ${side} AND is_answer = 0 AND digest IS NOT NULL GROUP BY message_id HAVING COUNT(*) > 1`);
    assert.ok(there.length > 0 && (!backend || back.length > 0), 'the load was answered');
    for (const [node, side, list] of [[nation.hanoi, 1, there], [nation.police, 2, there], [nation.police, 1, back], [nation.hanoi, 2, back]]) {
      const whole = wholeMessages(nation, node, side);
      for (const a of list) assert.equal(whole.get(a.request), 3, `message ${a.request} is not whole in the log of ${node.name}`);
      assert.deepEqual(twice(node, side), []);
    }
    for (const a of back) assert.equal(backend.delivered.get(a.id), 1, `${a.id} at the system behind`);
    for (const [id, n] of backend?.delivered ?? []) assert.equal(n, 1, `${id} was delivered ${n} times`);
    const entries = rows(nation, nation.police, 'log', 'SELECT uid, message FROM journal_entry');
    const uids = new Set(entries.map(([uid]) => uid)), messages = new Set(entries.map(([, message]) => message));
    for (const a of there) assert.ok(uids.has(a.entry), `journal: entry ${a.entry} is missing`);
    const answered = rows(nation, nation.police, 'log', "SELECT request_id FROM message WHERE side = 2 AND is_answer = 1 AND status = 200 AND fault = '' AND service LIKE '%/person'");
    assert.ok(answered.length >= there.length);
    for (const [id] of answered) assert.ok(messages.has(id), `journal: message ${id} was answered without an entry`);
    let stamped = 0;
    for (const node of [nation.police, nation.hanoi, nation.operator]) {
      await nation.sen(['journal', 'verify', '--node', node.dir]);
      await allStamped(node);
      stamped += Number(/^(\d+) time-stamps? hold/m.exec((await nation.sen(['message', 'verify-stamps', '--node', node.dir])).stdout)?.[1] ?? 0);
    }
    assert.ok(stamped > 0, 'time-stamps verify');
    console.log(`# audit: ${answered.length} answered for ${there.length} acknowledged${backend ? `, ${backend.delivered.size} delivered behind for ${back.length} acknowledged` : ''}, none twice; ${entries.length} journal entries and ${stamped} time-stamps hold`);
  }
}
