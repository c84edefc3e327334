// kill -9 of any process under load: nothing acknowledged is missing from either message log, no row left without its entry, all chains and journals verify.
// SEN_KILLS says how many times (20); the long check asks for more.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, until } from '../lib/nation.mjs';
import { pinOf } from '../lib/people.mjs';

const kills = Number(process.env.SEN_KILLS ?? 20);
let nation;
before(async () => { nation = await Nation.start({ people: 100 }); });
after(() => nation?.stop());

const sql = (node, text) => execFileSync('sqlite3', ['-readonly', join(node.dir, 'data', 'log.db'), text], { encoding: 'utf8', maxBuffer: 256 << 20 }).trim().split('\n').filter(Boolean);

test(`${kills} kills at random moments`, { skip: process.env.SEN_STORE && process.env.SEN_STORE !== 'sqlite' && 'reads the SQLite file', timeout: 900000 }, async () => {
  const pins = nation.people.map(pinOf);
  const acknowledged = [], refused = { count: 0 };
  let running = true, i = 0;
  const load = async () => {
    while (running) {
      const pin = pins[i++ % pins.length];
      try {
        const r = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/person', { body: { key: 'pin', value: pin } });
        if (r.status === 200) acknowledged.push({ id: r.headers.get('x-road-request-id'), entry: r.json.entry });
        else refused.count++;
      } catch { refused.count++; }
      if (refused.count % 50 === 49) await new Promise((r) => setTimeout(r, 20));
    }
  };
  const workers = Array.from({ length: 8 }, load);
  const nodes = [nation.police, nation.hanoi, nation.operator], kinds = ['server', 'holder', 'server', 'supervisor'];
  for (let k = 0; k < kills; k++) {
    const seen = acknowledged.length;
    await until('the road carries messages', () => acknowledged.length > seen + 5, 60000);
    await new Promise((r) => setTimeout(r, Math.random() * 200));
    const node = nodes[k % 3 === 2 && k % 4 ? 2 : k % 2], kind = kinds[k % kinds.length];
    try { process.kill(node.pid(kind), 'SIGKILL'); } catch { /* it was being started again */ }
    if (kind === 'supervisor') {
      await until('the children of a killed supervisor are gone', () => { try { process.kill(node.pid('server'), 0); return false; } catch { return true; } }, 30000);
      await nation.sen(['nation', 'start', nation.dir]);
    }
  }
  const seen = acknowledged.length;
  await until('the road carries messages after the last kill', () => acknowledged.length > seen + 5, 60000);
  running = false;
  await Promise.all(workers);
  assert.ok(acknowledged.length > kills * 5);
  for (const [node, side] of [[nation.hanoi, 'consumer'], [nation.police, 'provider']]) {
    const rows = new Map();
    for (const row of sql(node, 'SELECT request_id, is_answer FROM message')) {
      const [id, answer] = row.split('|');
      rows.set(id, (rows.get(id) ?? 0) | (answer === '1' ? 2 : 1));
    }
    for (const a of acknowledged) assert.equal(rows.get(a.id), 3, `${side}: message ${a.id} is not whole in the log`);
  }
  const entries = new Set(sql(nation.police, 'SELECT uid FROM journal_entry'));
  for (const a of acknowledged) assert.ok(entries.has(a.entry), `journal: entry ${a.entry} is missing`);
  for (const node of nodes) await nation.sen(['journal', 'verify', '--node', node.dir]);
  console.log(`# ${acknowledged.length} acknowledged, ${refused.count} refused during ${kills} kills`);
});
