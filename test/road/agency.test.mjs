// An agency joins: one command makes its node, has it certified and admitted, gives it a first right; it asks at once, and only what the right allows.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, Visitor, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

const PERSON = '/r1/VN/GOV/G01/population/person';
let nation, person, labour;
before(async () => {
  nation = await Nation.start({ nodes: ['operator', 'police'] });
  person = citizen(nation, 1);
});
after(() => nation?.stop());

const NAME = 'Sở Lao động "mới" ${subsystems}'; // what looks like a mark of the template is a name too
const join_ = (words, expected = {}) => nation.sen(['nation', 'add-agency', nation.dir, ...words], expected);
const ask = (fields = {}) => nation.call(labour, PERSON, { client: 'VN/GOV/X99/desk', purpose: 'case.handle', body: { key: 'pin', value: pinOf(person) }, ...fields });

test('what cannot be is refused before anything is made', async () => {
  const member = ['--member', 'GOV/X99', '--name', 'Sở Lao động'], node = ['--node', 'labour'], right = ['--ask', 'VN/GOV/G01/population/person'];
  for (const [words, sentence] of [
    [['--member', 'X99', '--name', 'Sở Lao động', ...node], /class and code/],
    [['--member', 'GOV/G01', '--name', 'Sở Lao động', ...node], /has a node already: police/],
    [[...member, '--node', 'police'], /has a node "police" already/],
    [[...member, '--node', '../labour'], /letters and digits/],
    [[...member, ...node, 'desk'], /code=name/],
    [[...member, ...node, ...right, 'desk=Một cửa'], /Name the purpose/],
    [[...member, ...node, ...right, '--purpose', 'none.such', '--columns', 'name.full', 'desk=Một cửa'], /no purpose "none.such"/],
    [[...member, ...node, '--ask', 'VN/GOV/G99/x/y', '--purpose', 'case.handle', '--columns', 'name.full', 'desk=Một cửa'], /No node of this nation keeps/],
  ]) await assert.rejects(join_(words), sentence);
  assert.ok(!existsSync(join(nation.dir, 'labour')) && !existsSync(join(nation.dir, 'agencies.yaml')));
});

test('one command lets it join, and its first question is answered', async () => {
  const said = await join_(['--member', 'GOV/X99', '--name', NAME, '--node', 'labour', '--ask', 'VN/GOV/G01/population/person', '--purpose', 'case.handle',
    '--columns', 'name.full,key.pin', 'desk=Bộ phận một cửa']);
  const pages = Number(/http:\/\/localhost:(\d+) {2}clerk/.exec(said.stdout)?.[1]);
  labour = nation.node('labour', 3, pages - nation.port); // the first free address after those of operator and police
  const got = await ask();
  assert.equal(got.status, 200, got.text);
  assert.ok(got.json.record.some((v) => v.column === 'name.full' && v.value === person.fullName));
  assert.ok(got.json.record.every((v) => /^(name\.|key\.pin)/.test(v.column)), 'only the columns of its right');
});

test('what the right does not name is refused', async () => {
  for (const fields of [{ purpose: 'social_support.decide' }, { client: 'VN/GOV/X99/other' }]) assert.notEqual((await ask(fields)).status, 200);
  assert.match((await ask({ purpose: 'social_support.decide' })).error, /access_denied/);
});

test('its official signs in and looks a person up', async () => {
  const clerk = new Visitor(labour);
  assert.equal((await clerk.signIn('clerk')).status, 303);
  await clerk.get('/people/look-up');
  const page = await clerk.follow(await clerk.post('/people/look-up', { key: pinOf(person), purpose: 'case.handle', issue: 'X99-261122-0001' }));
  assert.match(page.text, new RegExp(person.fullName));
});

test('it belongs to the nation: the directory names it, it stops and starts with the others, it cannot join twice', async () => {
  await until('the newcomer in the directory of another node', async () => (await (await fetch(`${nation.police.systems}/listClients`, { headers: { accept: 'application/json' } })).json())
    .member.some((m) => m.id.member_code === 'X99' && m.id.subsystem_code === 'desk' && m.name === NAME));
  await nation.restart();
  assert.equal((await ask()).status, 200);
  assert.match((await nation.sen(['nation', 'status', nation.dir])).stdout, /^labour /m);
  await assert.rejects(join_(['--member', 'GOV/X98', '--name', 'Another', '--node', 'labour']), /has a node "labour" already/);
  await assert.rejects(join_(['--member', 'GOV/X99', '--name', 'Another', '--node', 'other']), /has a node already: labour/);
  assert.ok(readFileSync(join(nation.dir, 'police', 'node.yaml'), 'utf8').includes('# Who may ask; nobody else may.'), 'what people wrote in node.yaml stays');
});
