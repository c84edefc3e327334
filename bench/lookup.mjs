// bench/lookup: an information system of the agency that keeps the register asks its own node for a person by PIN: right and purpose judged, record read, journal entry
// and both rows of the message log durable before the answer leaves, against nginx serving the same bytes from a file. A second line tells the same look-up from another
// agency's node, over the whole road. CPU per look-up is that of the node's own processes; it does not depend on who else uses the machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nation } from '../test/lib/nation.mjs';
import { cpu, folder, line, need, nginx, processes, written, wrk } from './lib.mjs';

need('wrk', 'nginx');
const dir = folder();
const PERSON = '/r1/VN/GOV/G01/population/person';
const nation = await Nation.start({ people: 2000 });
try {
  await grantOwn();
  const pins = nation.people.map((p) => pinOf(p)).filter(Boolean);
  const one = await nation.call(nation.police, PERSON, { client: 'VN/GOV/G01/population', body: { key: 'pin', value: pins[0] } });
  if (one.status !== 200) throw new Error(`the first look-up failed: ${one.status} ${one.text}`);
  writeFileSync(join(dir, 'answer.json'), one.text);
  await nginx(dir, 'same', `server { listen 127.0.0.1:18811; location / { default_type application/json; root ${dir}; try_files /answer.json =404; } }`);

  const pids = processes(nation.police);
  const before = { cpu: cpu(pids), disk: written(pids), ...(await figures(nation.police)) };
  const sen = wrk(nation.police.systems + PERSON, { script: script('own', 'VN/GOV/G01/population', pins) });
  const after = { cpu: cpu(pids), disk: written(pids), ...(await figures(nation.police)) };
  const other = wrk('http://127.0.0.1:18811/');
  const road = wrk(nation.hanoi.systems + PERSON, { script: script('road', 'VN/GOV/H26/desk', pins) });

  const n = after.requests - before.requests;
  console.log(`sen    look-up at the register's node:  ${line(sen)}`);
  console.log(`       each: ${(1e6 * (after.cpu - before.cpu) / n).toFixed(0)} us CPU, ${((after.disk - before.disk) / n / 1024).toFixed(1)} KiB written, ` +
    `${((after.groups - before.groups) / n).toFixed(3)} commits on disk`);
  console.log(`nginx  the same ${one.text.length} bytes from a file: ${line(other)}`);
  console.log(`sen    look-up from another agency:      ${line(road)}`);
  console.log(`ratio ${(sen.rate / other.rate).toFixed(3)}  (sen ${sen.rate.toFixed(0)} look-ups/s, nginx ${other.rate.toFixed(0)} req/s)`);
} finally {
  await nation.stop();
}
process.exit(0);

// grantOwn: the register's own subsystem may ask as the city's desk may, with the same columns.
async function grantOwn() {
  await nation.sen(['nation', 'stop', nation.dir]);
  const file = join(nation.police.dir, 'node.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('  rights:\n', `  rights:
    - client: VN/GOV/G01/population
      subsystem: population
      service: person
      method: POST
      path: "**"
      purposes: [residence.register]
      columns: [name.full, key.pin, core.birth_date, core.sex, residence.kind, residence.unit, residence.address, household.role, status.state]
`));
  await nation.sen(['nation', 'start', nation.dir]);
}

function script(name, client, pins) {
  const file = join(dir, `${name}.lua`);
  writeFileSync(file, `local pins = {${pins.map((p) => `"${p}"`).join(',')}}
local i = math.random(#pins)
request = function()
  i = i % #pins + 1
  return wrk.format("POST", nil, { ["X-Road-Client"] = "${client}", ["X-Sen-Purpose"] = "residence.register", ["Content-Type"] = "application/json" }, '{"key":"pin","value":"' .. pins[i] .. '"}')
end
`);
  return file;
}

// figures: requests answered at the systems' port and commits on disk, from the node's own metrics.
async function figures(node) {
  const text = await (await fetch(`${node.systems}/metrics`)).text();
  const sum = (re) => [...text.matchAll(re)].reduce((n, m) => n + Number(m[1]), 0);
  return { requests: sum(/^sen_http_requests_total\{port="systems".*\} (\d+)/gm), groups: sum(/^sen_store_groups_total (\d+)/gm) };
}

function pinOf(person) { return person.pin ?? person.keys?.pin ?? person.keys?.find?.((k) => k.kind === 'pin')?.value; }
