// Ordinary and bad work for long: look-ups, a system behind a node with bodies of many sizes, refusals of several kinds and pages, at a steady rate; the private memory and the
// open files of every process must be flat. SECONDS (1800) and RATE (40 questions a second) may be set.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { PERSON, behind } from '../lib/load.mjs';
import { Nation, Visitor } from '../lib/nation.mjs';
import { pinOf } from '../lib/people.mjs';

const seconds = Number(process.env.SECONDS ?? 1800), rate = Number(process.env.RATE ?? 40), SAMPLES = 60, GROWTH_MAX = 1.2, OPEN_MAX = 64;
let nation, backend;
before(async () => {
  nation = await Nation.start({ people: 500 });
  backend = await behind(nation);
});
after(async () => { backend?.close(); await nation?.stop(); });

// kinds: what is asked, how often in twenty, and how it ends: a status, or the end of a fault.
const person = (body, more) => nation.call(nation.hanoi, PERSON, { body, ...more });
const kinds = [
  { n: 12, end: 200, ask: (pin) => person({ key: 'pin', value: pin }) },
  { n: 3, end: 200, ask: (pin, i) => nation.call(nation.police, '/r1/VN/GOV/H26/desk/count', { client: 'VN/GOV/G01/population', purpose: 'case.handle', body: 'x'.repeat(1 << (i % 19)) }) },
  { n: 1, end: 404, ask: () => person({ key: 'pin', value: '999999999998' }) },
  { n: 1, end: 400, ask: () => person('{"key"') },
  { n: 1, end: 'access_denied', ask: (pin) => person({ key: 'pin', value: pin }, { purpose: 'social_support.decide' }) },
  { n: 1, end: 'unknown_service', ask: () => nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/nothing', { body: {} }) },
  { n: 1, end: 'unknown_member', ask: () => person({}, { client: 'VN/GOV/G22/portal' }) },
];
const turns = kinds.flatMap((k) => Array(k.n).fill(k));

// measure: anonymous memory (pages of the database files that the kernel keeps for us do not count) in kB, and open files.
function measure(pid) {
  return { memory: Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]), files: readdirSync(`/proc/${pid}/fd`).length };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

function load(until) {
  const pins = nation.people.map(pinOf), tally = { asked: 0, answered: 0, refused: [], took: [], pages: 0 }, open = new Set();
  const ask = async () => {
    const began = performance.now(), i = tally.asked++, kind = turns[i * 7 % turns.length];
    try {
      const r = await kind.ask(pins[i % pins.length], i);
      if (r.error ? r.error.endsWith(`.${kind.end}`) : r.status === kind.end) tally.answered++;
      else tally.refused.push(`${r.status} ${r.text}, not ${kind.end}`);
    } catch (e) { tally.refused.push(`${e.message}: ${e.cause?.code ?? e.cause}`); }
    tally.took.push(performance.now() - began);
  };
  const visit = async () => {
    for (const node of [nation.operator, nation.police, nation.hanoi]) if ((await new Visitor(node).get('/')).status === 200) tally.pages++;
  };
  const track = (p) => { open.add(p); p.catch(() => {}).finally(() => open.delete(p)); };
  const began = performance.now();
  // The clock says how many are due, so that late timers do not lower the rate; a machine that cannot keep up is not buried.
  const due = () => { while (tally.asked < (performance.now() - began) / 1000 * rate && open.size < OPEN_MAX) track(ask()); };
  const timers = [setInterval(due, 1000 / rate), setInterval(() => track(visit()), 1000)];
  return new Promise((done) => setTimeout(async () => {
    timers.forEach(clearInterval);
    await Promise.allSettled(open);
    done(tally);
  }, until));
}

test(`${seconds} s at ${rate} questions a second: memory and files stay flat`, { timeout: (seconds + 120) * 1000 }, async () => {
  const processes = [nation.operator, nation.police, nation.hanoi].flatMap((n) => ['supervisor', 'server', 'holder'].map((kind) => ({ name: `${n.name} ${kind}`, pid: n.pid(kind), seen: [] })));
  const done = load(seconds * 1000);
  const sampler = setInterval(() => { for (const p of processes) p.seen.push(measure(p.pid)); }, (seconds * 1000) / SAMPLES);
  const tally = await done;
  clearInterval(sampler);
  tally.took.sort((a, b) => a - b);
  const at = (share) => tally.took[Math.floor((tally.took.length - 1) * share)].toFixed(1);
  console.log(`# ${tally.answered} of ${tally.asked} answered as they should (median ${at(0.5)} ms, 99 % ${at(0.99)} ms), ${tally.pages} pages`);
  const grown = [];
  for (const p of processes) {
    const settled = p.seen.slice(Math.floor(p.seen.length / 5)), share = Math.ceil(settled.length / 4); // the first fifth is warming up
    for (const [what, slack] of [['memory', 2048 + 8192 /* kB: the page cache of the log's writer fills as a quiet node's log grows */], ['files', 4]]) {
      const first = median(settled.slice(0, share).map((s) => s[what])), last = median(settled.slice(-share).map((s) => s[what]));
      console.log(`# ${p.name}: ${what} ${first} at first, ${last} at last${what === 'memory' ? ' kB' : ''}`);
      if (last > first * GROWTH_MAX && last > first + slack) grown.push(`${p.name}: ${what} grew from ${first} to ${last}`);
    }
  }
  assert.deepEqual({ grown, refused: tally.refused }, { grown: [], refused: [] }); // one does not hide the other
  assert.ok(tally.asked > seconds * rate * 0.8, 'the machine did not keep the rate');
});
