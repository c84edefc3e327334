// A register of the size of a large commune or a small town: generated, loaded beside the running node, looked up over the road, checked. PEOPLE (100000), LOOKUPS (2000).
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Nation } from '../lib/nation.mjs';
import { pinOf } from '../lib/people.mjs';

const people = Number(process.env.PEOPLE ?? 100000), lookups = Number(process.env.LOOKUPS ?? 2000), workers = 8, LONG = 3600000;
let nation, file;
before(async () => { nation = await Nation.start(); file = join(nation.dir, 'many.jsonl'); });
after(() => nation?.stop());

async function timed(what, work) {
  const began = performance.now(), result = await work();
  console.log(`# ${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return result;
}

async function somePins(every) {
  const pins = [];
  let i = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) if (i++ % every === 0) pins.push(pinOf(JSON.parse(line)));
  return pins;
}

test(`a population of ${people}`, { timeout: LONG }, async () => {
  await timed(`generated ${people}`, () => nation.sen(['population', 'generate', '--people', String(people), '--seed', '7', '--out', file], { timeout: LONG }));
  await timed(`loaded ${people} beside the running node`, () => nation.sen(['register', 'load', '--node', nation.police.dir, 'population', file, '--purpose', 'register.keep'], { timeout: LONG }));
  const pins = await somePins(Math.max(1, Math.floor(people / lookups)));
  let found = 0, next = 0;
  const ask = async () => {
    while (next < pins.length) {
      const pin = pins[next++];
      const r = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/person', { body: { key: 'pin', value: pin } });
      found += r.status === 200 && r.text.includes(pin);
    }
  };
  await timed(`looked up ${pins.length} over the road, ${workers} at a time`, () => Promise.all(Array.from({ length: workers }, ask)));
  assert.equal(found, pins.length);
  await timed('checked the register', () => nation.sen(['register', 'check', '--node', nation.police.dir, 'population'], { timeout: LONG }));
  await timed('verified the journal', () => nation.sen(['journal', 'verify', '--node', nation.police.dir], { timeout: LONG }));
});
