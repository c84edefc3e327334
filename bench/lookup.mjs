// bench/lookup: a person's record by PIN from the node that keeps the register: right judged, record read, journal entry and messages durable,
// against nginx serving the same bytes from a file.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nation } from '../test/lib/nation.mjs';
import { folder, line, need, nginx, wrk } from './lib.mjs';

need('wrk', 'nginx');
const dir = folder();
const nation = await Nation.start({ people: 2000 });
try {
  const pins = nation.people.map((p) => pinOf(p)).filter(Boolean);
  const body = (pin) => JSON.stringify({ key: 'pin', value: pin });
  const one = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/person', { body: body(pins[0]) });
  if (one.status !== 200) throw new Error(`the first look-up failed: ${one.status} ${one.text}`);
  writeFileSync(join(dir, 'answer.json'), one.text);
  const script = join(dir, 'lookup.lua');
  writeFileSync(script, `local pins = {${pins.map((p) => `"${p}"`).join(',')}}
local i = 0
request = function()
  i = i % #pins + 1
  return wrk.format("POST", nil, { ["X-Road-Client"] = "VN/GOV/H26/desk", ["X-Sen-Purpose"] = "residence.register", ["Content-Type"] = "application/json" }, '{"key":"pin","value":"' .. pins[i] .. '"}')
end
`);
  await nginx(dir, 'same', `server { listen 127.0.0.1:18811; location / { default_type application/json; root ${dir}; try_files /answer.json =404; } }`);
  const sen = wrk(`${nation.hanoi.systems}/r1/VN/GOV/G01/population/person`, { script });
  const other = wrk('http://127.0.0.1:18811/');
  console.log(`sen    look-up over the whole road:    ${line(sen)}`);
  console.log(`nginx  the same bytes from a file:     ${line(other)}`);
  console.log(`ratio ${(sen.rate / other.rate).toFixed(3)}  (sen ${sen.rate.toFixed(0)} look-ups/s, nginx ${other.rate.toFixed(0)} req/s)`);
} finally {
  await nation.stop();
}
process.exit(0);

function pinOf(person) { return person.pin ?? person.keys?.pin ?? person.keys?.find?.((k) => k.kind === 'pin')?.value; }
