// Finding people: an official finds somebody typed without marks, born in 1984, in a commune's old name; the person sees that search among the readers. The
// services describe themselves (OpenAPI 3.1), and what they say is what they do.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, Visitor, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

const PIN = '900100009001', OTHER = '900100009002';
let nation;

// A person of the register who lived in a commune that was merged away on 2025-07-01.
const person = (pin, given, born, unit) => ({ keys: { pin }, name: [{ kind: 'birth', from: born, surname: 'Nguyễn', middle: 'Thị', given }],
  core: { from: born, birth_date: born, sex: 'female', nationality: 'VN' }, residence: [{ kind: 'permanent', from: '2015-01-01', unit }], status: { from: born, state: 'alive' } });

before(async () => {
  nation = await Nation.start();
  const file = join(nation.dir, 'more.jsonl');
  writeFileSync(file, [person(PIN, 'Hoa', '1984-06-17', '00001@2015-01-01'), person(OTHER, 'Hòa', '1984-02-03', '00091@2015-01-01')].map((p) => JSON.stringify(p)).join('\n'));
  const said = await nation.sen(['register', 'load', 'population', file, '--node', nation.police.dir]);
  assert.match(said.stdout, /2 stored, 0 refused/);
});
after(() => nation?.stop());

const search = (body, options = {}) => nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/search', { body, ...options });
const pins = (answer) => answer.json.results.map((r) => r.record.find((v) => v.column === 'key.pin').value);

test('a name without marks, a year and the old name of a commune: a doubt that the official decides', async () => {
  const r = await search({ name: 'nguyen thi hoa', birth_year: 1984, unit: 'phuc xa' });
  assert.equal(r.status, 200, r.text);
  assert.equal(r.json.outcome, 'doubtful');
  assert.deepEqual(pins(r), [PIN]);
  assert.deepEqual(r.json.results[0].reasons, ['name_loose', 'lives_there']);
  assert.ok(r.json.results[0].record.every((v) => !/^(household|status|relation)/.test(v.column)), 'only columns of the right');
});

test('the very name is found, its sister with another tone is not taken for it', async () => {
  const hoa = await search({ name: 'Nguyễn Thị Hoa', birth_year: 1984, unit: 'Phường Phúc Xá, Quận Ba Đình' });
  assert.equal(hoa.json.outcome, 'found');
  assert.deepEqual(pins(hoa), [PIN]);
  const other = await search({ name: 'NGUYỄN THỊ HOÀ', birth_date: '1984-02-03', unit: '00091' });
  assert.equal(other.json.outcome, 'found');
  assert.deepEqual(pins(other), [OTHER]);
  const both = await search({ name: 'hoa nguyen thi', birth_year: 1984 });
  assert.equal(both.json.outcome, 'doubtful');
  assert.ok([PIN, OTHER].every((pin) => pins(both).includes(pin)) && both.json.results.every((x) => x.reasons[0] === 'name_order'));
});

test('nobody, too many, and questions that are not right', async () => {
  assert.equal((await search({ name: 'Nguyễn Thị Hoa', birth_year: 1885 })).json.outcome, 'not_found');
  for (const [body, field] of [[{}, 'name'], [{ name: 'Hoa', birth_year: 20 }, 'birth_year'], [{ name: 'Hoa', unit: 'Atlantis' }, 'unit'], [{ name: 'Hoa', birth_year: 1984, birth_date: '1984' }, 'birth_year'],
    [{ name: 'Hoa', limit: 21 }, 'limit'], [{ name: 'Hoa', sex: 'F' }, 'sex']]) {
    const r = await search(body);
    assert.equal(r.status, 400, r.text);
    assert.equal(r.json.field, field);
    assert.ok(r.json.detail.length > 10);
  }
  assert.equal((await search({ name: 'Hoa', shoe: 40 })).status, 400);
});

test('without a right, or for another purpose, the refusal is the same for whom there is and for whom there is not', async () => {
  for (const options of [{ client: 'VN/GOV/G22/portal', node: 'operator' }, { purpose: 'social_support.decide', node: 'hanoi' }]) {
    const said = [];
    for (const name of ['Nguyễn Thị Hoa', 'Nobody Atall']) {
      const r = await nation.call(nation[options.node], '/r1/VN/GOV/G01/population/search', { ...options, body: { name, birth_year: 1984 } });
      assert.match(r.error ?? '', /access_denied/);
      said.push([r.status, r.error, r.json?.detail?.replace(/[0-9a-f-]{36}/g, '')]);
    }
    assert.deepEqual(said[0], said[1]);
  }
});

test('sen register find says the same on the node that keeps the register', async () => {
  const said = await nation.sen(['register', 'find', 'population', '--born', '1984', '--unit', 'Phúc Xá', '--purpose', 'residence.register', '--node', nation.police.dir], { input: 'nguyen thi hoa\n' });
  assert.match(said.stdout, /^doubtful\n/);
  assert.match(said.stdout, new RegExp(PIN));
  await assert.rejects(nation.sen(['register', 'find', 'population', '--born', '1984', '--node', nation.police.dir], { input: 'nguyen thi hoa\n' }), /purpose/);
  await nation.sen(['register', 'reindex', 'population', '--node', nation.police.dir]);
  assert.equal((await search({ name: 'Nguyễn Thị Hoa', birth_year: 1984, unit: 'Phúc Xá' })).json.outcome, 'found');
});

// ---- the services describe themselves ----

const describe = async (code) => nation.call(nation.hanoi, `/r1/VN/GOV/G01/population/getOpenAPI?serviceCode=${code}`, { method: 'GET', purpose: null });

test('getOpenAPI describes each service; an independent reader of OpenAPI 3.1 finds nothing wrong', async () => {
  const { createConfig, lintFromString } = await import('@redocly/openapi-core');
  const config = await createConfig({ extends: ['recommended-strict'], rules: { 'info-license': 'off' } });
  for (const code of ['person', 'self', 'readers', 'search']) {
    const r = await describe(code);
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.openapi, '3.1.0');
    const problems = await lintFromString({ source: r.text, config });
    assert.deepEqual(problems.map((p) => `${code}: ${p.ruleId}: ${p.message}`), []);
  }
  const { paths, ...rest } = (await describe('search')).json;
  assert.notEqual((await lintFromString({ source: JSON.stringify({ ...rest, paths: { ...paths, wrong: {} } }), config })).length, 0);
  const methods = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/listMethods', { method: 'GET', purpose: null });
  assert.ok(methods.json.service.every((s) => s.service_type === 'OPENAPI'));
  assert.match((await describe('shoe')).error, /internal_error/);
  assert.match((await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/getOpenAPI', { method: 'GET', purpose: null })).error, /invalid_request/);
});

test('a client that knows only the description calls the service, and every answer fits it', async () => {
  const { default: Ajv } = await import('@redocly/ajv/dist/2020.js').then((m) => m.default ?? m).then((m) => (m.default ? m : { default: m }));
  const api = (await describe('search')).json;
  const [[path, { post }]] = Object.entries(api.paths);
  const headers = Object.fromEntries(post.parameters.filter((p) => p.required).map((p) => [p.name, { 'X-Road-Client': 'VN/GOV/H26/desk', 'X-Sen-Purpose': 'residence.register' }[p.name]]));
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'api', components: api.components });
  const fits = ajv.getSchema('api#/components/schemas/Answer');
  for (const question of [{ name: 'nguyen thi hoa', birth_year: 1984 }, { name: 'Nobody Atall' }]) {
    assert.ok(ajv.validate('api#/components/schemas/Question', question));
    const r = await fetch(nation.hanoi.systems + api.servers[0].url + path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(question) });
    const answer = await r.json();
    assert.ok(fits(answer), JSON.stringify(fits.errors));
    answer.outcome = 'perhaps';
    assert.ok(!fits(answer), 'what the description does not say is refused');
  }
  const refused = await fetch(nation.hanoi.systems + api.servers[0].url + path, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' });
  assert.ok(String(refused.status) in post.responses);
  assert.ok(ajv.validate('api#/components/schemas/Problem', await refused.json()));
});

// ---- the pages ----

test('an official finds the person on the pages and opens the record; the person sees the search among the readers', async () => {
  const lan = new Visitor(nation.hanoi);
  await lan.signIn('lan');
  const find = async (fields) => { await lan.get('/people/find'); return lan.follow(await lan.post('/people/find', { name: '', purpose: 'residence.register', ...fields })); };
  assert.equal((await lan.get('/people/look-up')).status, 200);
  assert.match(lan.last.html, /href="\/people\/find"/);
  const page = await find({ name: 'nguyen thi hoa', born: '1984', unit: 'phuc xa' });
  assert.equal(page.status, 200, page.text);
  assert.match(page.html, new RegExp(PIN));
  assert.ok(!page.html.includes(OTHER));
  assert.equal(page.headers.get('cache-control'), 'no-store');
  const record = await lan.follow(await lan.post('/people/look-up', {}));
  assert.equal(record.status, 200);
  assert.match(record.text, /Nguyễn Thị Hoa/);
  assert.equal((await find({ name: 'Nguyễn Thị Hoa', born: '17/6/1984', unit: 'Phúc Xá' })).status, 200);
  assert.match(lan.last.html, new RegExp(PIN));
  assert.ok(!(await find({ name: 'Nguyễn Thị Hoa', born: '1903', unit: 'Phúc Xá' })).html.includes(PIN));
  for (const [fields, field] of [[{}, 'name'], [{ name: 'Hoa', born: '31/31/1984' }, 'born'], [{ name: 'Hoa', unit: 'Atlantis' }, 'unit'], [{ name: 'Hoa', born: '1700' }, 'born'], [{ name: 'Hoa', purpose: '' }, 'purpose']]) {
    const r = await find(fields);
    assert.equal(r.status, 422, JSON.stringify(fields));
    assert.match(r.html, new RegExp(`govuk-error-summary[\\s\\S]*href="#${field}"`));
  }
  assert.equal((await find({ name: 'Nguyễn Thị Hoa', purpose: 'social_support.decide' })).status, 403);
});

test('a citizen sees that they were found in a search', async () => {
  const someone = citizen(nation, 1);
  const r = await search({ name: someone.fullName, birth_year: Number(someone.core.birth_date.slice(0, 4)) });
  assert.ok(pins(r).includes(pinOf(someone)), r.text);
  const visitor = new Visitor(nation.operator);
  await visitor.signIn('citizen1');
  const page = await until('the search among the readers', async () => { const p = await visitor.get('/my/readers'); return /search by name|tra cứu theo tên/.test(p.text) ? p : undefined; });
  assert.match(page.text, /Hà Nội/);
});
