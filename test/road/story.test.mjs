// The road, from end to end: an official of Hà Nội asks for a resident's record kept by the Ministry of Public Security; question and answer travel between two
// nodes, signed and logged on both sides; the person opens "Who read my data", sees it and checks its proof.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, SEN, Visitor, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, person;
before(async () => {
  nation = await Nation.start();
  person = citizen(nation, 1);
});
after(() => nation?.stop());

const lookUp = async (visitor, pin, fields = {}) => {
  await visitor.get('/people/look-up');
  return visitor.follow(await visitor.post('/people/look-up', { key: pin, purpose: 'residence.register', issue: 'H26-261122-0001', ...fields }));
};

test('an official looks a person up and sees only the columns that the right allows', async () => {
  const lan = new Visitor(nation.hanoi);
  assert.equal((await lan.signIn('lan')).status, 303);
  const page = await lookUp(lan, pinOf(person));
  assert.equal(page.status, 200);
  assert.match(page.text, new RegExp(person.fullName));
  assert.ok(page.html.includes(pinOf(person)));
  assert.ok(!/Ethnic group|Nationality|Place of birth/.test(page.text), 'columns outside the right stay at the register');
  assert.equal(page.headers.get('cache-control'), 'no-store');
});

test('what no longer holds comes on request, with the name of its time and what the unit is called today', async () => {
  const pin = '900000000777';
  const row = { keys: { pin }, name: [{ kind: 'birth', from: '1984-06-17', surname: 'Nguyễn', middle: 'Thị', given: 'Sen' }],
    core: { from: '1984-06-17', birth_date: '1984-06-17', sex: 'female', nationality: 'VN' }, status: { from: '1984-06-17', state: 'alive' },
    residence: [{ kind: 'permanent', from: '2010-01-01', to: '2020-01-01', unit: '00001@2010-01-01', address: '7 ngõ Cũ' },
      { kind: 'permanent', from: '2020-01-01', unit: '00634@2020-01-01', address: '8 ngõ Mới' }] };
  const folder = mkdtempSync(join(tmpdir(), 'sen-rows-'));
  writeFileSync(join(folder, 'one.jsonl'), JSON.stringify(row));
  assert.match((await nation.sen(['register', 'load', 'population', join(folder, 'one.jsonl'), '--node', nation.police.dir])).stdout, /1 stored/);
  const lan = new Visitor(nation.hanoi);
  await lan.signIn('lan');
  const now = await lookUp(lan, pin);
  assert.match(now.text, /8 ngõ Mới/);
  assert.match(now.text, /Phường Xuân Phương, Thành phố Hà Nội; Phường Tây Mỗ, Thành phố Hà Nội/, 'the split commune: each of the units it may be in today');
  assert.ok(!now.text.includes('7 ngõ Cũ') && /name="history"/.test(now.html), 'nothing former without asking for it');
  const both = await lookUp(lan, pin, { history: 'on' });
  assert.match(both.text, /7 ngõ Cũ/);
  assert.match(both.text, /Phường Phúc Xá, Quận Ba Đình/);
  assert.match(both.text, /Phường Hồng Hà/);
  assert.ok(!/name="history"/.test(both.html));
});

test('both message logs hold the question and the answer, joined by one request id', async () => {
  const list = async (node) => (await nation.sen(['message', 'list', '--service', 'VN/GOV/G01/population/person', '--node', node.dir])).stdout;
  const asked = await list(nation.hanoi), answered = await list(nation.police);
  const ids = (text) => new Set(text.match(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g) ?? []);
  const common = [...ids(asked)].filter((id) => ids(answered).has(id));
  assert.ok(common.length >= 1, `no request id in both logs:\n${asked}\n${answered}`);
  for (const text of [asked, answered]) assert.ok(!text.includes(pinOf(person)), 'no PIN in the list of messages');
});

test('the person sees the look-up among the readers, with agency, purpose, fields and a proof', async () => {
  const visitor = new Visitor(nation.operator);
  await visitor.signIn('citizen1');
  const record = await visitor.get('/my/record');
  assert.equal(record.status, 200);
  assert.match(record.text, new RegExp(person.fullName));
  // each of these is an entry too, and none of them may take the place of what others did
  for (let times = 0; times < 25; times++) await visitor.get('/my/readers');
  const page = await until('the look-up among the readers, with its proof', async () => {
    const p = await visitor.get('/my/readers');
    assert.equal(p.status, 200);
    return /thành phố Hà Nội/.test(p.text) && /href="[^"]*\/proof[^"]*"/.test(p.html) ? p : undefined;
  });
  assert.match(page.text, /residence|cư trú/i);
  assert.ok(!page.text.includes('Phạm Thị Lan'), "an official's name does not leave the agency");
  const own = /You yourself|Chính ông\/bà/;
  assert.doesNotMatch(page.text, own);
  assert.match((await visitor.get('/my/readers?own=on')).text, own, 'what was done with the own account comes on request');
});

test('the proof that the person downloads is accepted by sen journal verify, and no longer after one changed byte', async () => {
  const visitor = new Visitor(nation.operator);
  await visitor.signIn('citizen1');
  const page = await visitor.get('/my/readers');
  const href = /href="([^"]*\/proof[^"]*)"/.exec(page.html)[1].replaceAll('&amp;', '&');
  const proof = await visitor.get(href);
  assert.equal(proof.status, 200);
  const folder = mkdtempSync(join(tmpdir(), 'sen-proof-'));
  writeFileSync(join(folder, 'good.json'), proof.html);
  await nation.sen(['journal', 'verify', '--proof', join(folder, 'good.json')]);
  const broken = JSON.parse(proof.html);
  const entry = Buffer.from(broken.entry, 'base64');
  entry[entry.length - 3] ^= 1;
  broken.entry = entry.toString('base64');
  writeFileSync(join(folder, 'broken.json'), JSON.stringify(broken));
  await assert.rejects(nation.sen(['journal', 'verify', '--proof', join(folder, 'broken.json')]));
});

test('every node verifies its whole journal', async () => {
  for (const node of [nation.operator, nation.police, nation.hanoi]) {
    const said = await nation.sen(['journal', 'verify', '--node', node.dir]);
    assert.match(said.stdout, /entries/);
  }
});

test('sen call asks as an information system and prints the answer', async () => {
  const said = await nation.sen(['call', 'VN/GOV/G01/population/person', '--client', 'VN/GOV/H26/desk', '--purpose', 'residence.register', '--data',
    JSON.stringify({ key: 'pin', value: pinOf(person) }), '--node', nation.hanoi.dir]);
  assert.ok(JSON.parse(said.stdout).record.length > 0);
});

test('listClients, listMethods and allowedMethods answer as X-Road does', async () => {
  const clients = await fetch(`${nation.hanoi.systems}/listClients`, { headers: { accept: 'application/json' } });
  assert.equal(clients.headers.get('content-type'), 'application/json; charset=utf-8');
  const { member } = await clients.json();
  assert.ok(member.some((m) => m.id.member_code === 'G01' && m.id.subsystem_code === 'population' && m.id.object_type === 'SUBSYSTEM'));
  const listed = (accept) => fetch(`${nation.hanoi.systems}/listClients`, { headers: { accept } });
  assert.match((await listed('application/json, text/plain, */*')).headers.get('content-type'), /^application\/json/); // as programs in browsers ask
  const xml = await (await listed('text/xml')).text(), sub = member.find((m) => m.id.subsystem_code === 'population');
  assert.ok(xml.includes(`<id:subsystemCode>population</id:subsystemCode></xrd:id><xrd:name>${sub.name}</xrd:name><xrd:subsystemName>${sub.subsystem_name}</xrd:subsystemName>`), xml);
  assert.notEqual(sub.name, sub.subsystem_name);
  const methods = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/listMethods', { method: 'GET', purpose: null });
  assert.equal(methods.status, 200);
  assert.ok(methods.json.service.some((s) => s.service_code === 'self'));
  const allowed = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/allowedMethods', { method: 'GET', purpose: null });
  assert.deepEqual(allowed.json.service.map((s) => s.service_code), ['person', 'search']);
});

test('stop and start keep everything', async () => {
  const count = async () => Number(/(\d+) entries/.exec((await nation.sen(['journal', 'verify', '--node', nation.police.dir])).stdout)[1]);
  const before_ = await count();
  await nation.restart();
  assert.ok((await count()) >= before_ && before_ > 0);
  const lan = new Visitor(nation.hanoi);
  await lan.signIn('lan');
  assert.match((await lookUp(lan, pinOf(person))).text, new RegExp(person.fullName));
});

test('no PIN, name or password stands in any log line', async () => {
  const given = person.fullName;
  for (const node of [nation.operator, nation.police, nation.hanoi])
    for (const line of node.log()) {
      const text = JSON.stringify(line);
      assert.ok(!text.includes(pinOf(person)) && !text.includes(given) && !text.includes('lotus-pond'), text);
      assert.ok(line.level, `not a structured line: ${text}`);
    }
});

test('help lists every command', () => {
  const text = execFileSync(SEN, ['help'], { encoding: 'utf8' });
  for (const c of ['help', 'serve', 'node init', 'call', 'message list', 'message show', 'register load', 'register show', 'journal verify', 'nation start', 'nation stop', 'nation status', 'nation add-agency', 'nation traffic'])
    assert.match(text, new RegExp(`^  ${c} `, 'm'));
});
