// The message log as the people of a node use it: found by time, party, service, fault, any id and person; opened for a purpose; kept whole, in part or not at all.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, Visitor, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, pin, asked, refused;
const SERVICE = 'VN/GOV/G01/population/person', DESK = 'VN/GOV/H26/desk';
const ask = (value, options = {}) => nation.call(nation.hanoi, `/r1/${SERVICE}`, { body: { key: 'pin', value }, ...options });
const sen = async (node, words, options) => (await nation.sen([...words, '--node', node.dir], options)).stdout;
const settings = (node, lines) => {
  const path = join(node.dir, 'node.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^exchange:\n/m, `exchange:\n${lines}`));
};

before(async () => {
  nation = await Nation.start();
  pin = pinOf(citizen(nation, 1));
  asked = await ask(pin, { headers: { 'X-Road-Id': 'case 7 of the desk', 'X-Road-UserId': 'pseudonym-41' } });
  assert.equal(asked.status, 200);
  refused = await ask(pin, { purpose: 'no.such.purpose' });
  assert.match(refused.error, /access_denied/);
});
after(() => nation?.stop());

const idOf = (r) => r.headers.get('x-road-request-id');

test('one message is found on both nodes by each of its ids; a fault by its own', async () => {
  for (const [node, side] of [[nation.hanoi, 'asked'], [nation.police, 'answered']]) {
    for (const id of [idOf(asked), 'case 7 of the desk']) {
      const found = await sen(node, ['message', 'find', id]);
      assert.equal(found.trim().split('\n').length, 2, 'question and answer');
      assert.ok(found.includes(`${side} `) && found.includes(`${DESK} -> ${SERVICE}`));
    }
    assert.match(await sen(node, ['message', 'find', refused.json.detail]), /access_denied/);
    await until('the id stands on a log line', () => node.log().some((l) => JSON.stringify(l).includes(refused.json.detail)));
  }
  await assert.rejects(sen(nation.hanoi, ['message', 'find', 'no such id']), /No message of this node has this id/);
});

test('filters from the shell, page by page', async () => {
  const list = async (...words) => (await sen(nation.police, ['message', 'list', ...words])).trim().split('\n');
  assert.ok((await list('--party', 'VN/GOV/H26')).every((l) => l.includes('VN/GOV/H26/')));
  assert.deepEqual(await list('--client', 'VN/GOV/H2'), ['No message fits.']);
  assert.deepEqual(await list('--since', '1/1/2100'), ['No message fits.']);
  const faults = await list('--code', 'access_denied', '--service', SERVICE);
  assert.ok(faults.length >= 1 && faults.every((l) => l.includes('access_denied')));
  const first = await list('--limit', '1'), place = /--before (\S+)/.exec(first.at(-1))[1];
  const second = await list('--limit', '1', '--before', place);
  assert.notEqual(second[0], first[0]);
  await assert.rejects(sen(nation.police, ['message', 'list', '--since', 'yesterday']), /Write the time as/);
  await assert.rejects(sen(nation.police, ['message', 'list', '--since', '23/11/2026', '--until', '22/11/2026']), /until: The end lies before the beginning/);
  assert.deepEqual(await list('--code', 'AccessDenied', '--service', SERVICE), faults);
  const byFault = await sen(nation.police, ['message', 'show', ` ${refused.json.detail.toUpperCase()} `]);
  assert.ok(byFault.includes('access_denied') && byFault.includes('refusal'));
});

test('pages show parties and outcomes; what was said only for a purpose, which the journal has first', async () => {
  const son = new Visitor(nation.hanoi);
  await son.signIn('son');
  const list = await son.get('/messages?party=VN/GOV/G01&since=1/1/2020');
  assert.equal(list.status, 200);
  const reversed = await son.get('/messages?since=23/11/2026&until=22/11/2026');
  assert.ok(reversed.status === 422 && reversed.html.includes('id="until"') && /govuk-error-message[^]*id="until"/.test(reversed.html));
  assert.equal((await son.get('/messages?faults=0')).status, 422);
  assert.equal((await son.get('/messages?fault=%25')).status, 200);
  assert.ok((await son.get('/messages?fault=AccessDenied')).html.includes('access_denied'));
  assert.ok(list.text.includes(SERVICE) && list.html.includes(`/messages/${idOf(asked)}`));
  const wrong = await son.get('/messages?since=yesterday');
  assert.equal(wrong.status, 422);
  const page = await son.follow(await son.get(`/messages?id=${encodeURIComponent('case 7 of the desk')}`));
  assert.equal(page.path, `/messages/${idOf(asked)}`);
  for (const secret of [pin, 'pseudonym-41', 'full_name']) assert.ok(![list, page].some((p) => p.html.includes(secret)), `${secret} does not stand there`);
  const none = await son.post(page.path, { purpose: '' });
  assert.equal(none.status, 422);
  const before = await entries(nation.hanoi);
  const opened = await son.post(page.path, { purpose: 'residence.register', issue: 'H26-7' });
  assert.equal(opened.status, 200);
  assert.ok(opened.text.includes(pin) && opened.text.includes('pseudonym-41'));
  assert.equal(await entries(nation.hanoi), before + 1);
  const row = /name="container" value="(\d+)"/.exec((await son.get(page.path)).html)[1];
  const container = await son.post(page.path, { purpose: 'residence.register', container: row });
  assert.equal(container.status, 200);
  assert.match(container.headers.get('content-type'), /asic-e\+zip/);
  assert.ok(container.html.startsWith('PK'));
  await son.get(page.path);
  assert.equal((await son.post(page.path, { purpose: 'residence.register', container: '999999999' })).status, 404);
  assert.equal(await entries(nation.hanoi), before + 3);
  await son.get(page.path);
  const forged = await son.post(page.path, { purpose: 'residence.register' }, { csrf: false });
  assert.equal(forged.status, 403);
  const lan = new Visitor(nation.hanoi);
  await lan.signIn('lan');
  for (const path of ['/messages', page.path, '/messages/person']) assert.equal((await lan.get(path)).status, 403, path);
});

const entries = async (node) => Number(/(\d+) entries/.exec(await sen(node, ['journal', 'verify']))[1]);

test('by person, where the register is: the search is journalled and the person reads it', async () => {
  const minh = new Visitor(nation.police);
  await minh.signIn('minh');
  await minh.get('/messages/person');
  for (const purpose of ['self', 'no.such']) { // people read it as their own doing
    const refused = await minh.post('/messages/person', { number: pin, purpose });
    assert.equal(refused.status, 422);
    assert.ok(refused.text.includes('dành cho cán bộ') || refused.text.includes('officials may name'), refused.text);
    assert.equal((await minh.post(`/messages/${idOf(asked)}`, { purpose })).status, 422);
    for (const words of [['message', 'find', '--person', '-'], ['message', 'show', idOf(asked)], ['register', 'show', 'population'], ['register', 'find', 'population'], ['register', 'load', 'population', '-']])
      await assert.rejects(sen(nation.police, [...words, '--purpose', purpose], { input: `${pin}\n` }), /officials may name/, words.join(' '));
  }
  const nobody = await minh.post('/messages/person', { number: '000000000000', purpose: 'residence.register' });
  assert.equal(nobody.status, 422);
  const found = await minh.post('/messages/person', { number: pin, purpose: 'residence.register' });
  assert.equal(found.status, 200);
  assert.ok(found.html.includes(`/messages/${idOf(asked)}`) && found.text.includes(DESK));
  assert.ok(!found.path.includes(pin));
  const shell = await sen(nation.police, ['message', 'find', '--person', '-', '--purpose', 'residence.register'], { input: `${pin}\n` });
  assert.ok(shell.includes(idOf(asked)) && shell.includes('message.search'), 'the search of before is among the entries');
  await assert.rejects(sen(nation.police, ['message', 'find', '--person', '-'], { input: pin }), /Name the purpose/);
  await assert.rejects(sen(nation.police, ['message', 'find', '--person', pin, '--purpose', 'residence.register']), /can be read by every user/);
  await assert.rejects(sen(nation.hanoi, ['message', 'find', '--person', '-', '--purpose', 'residence.register'], { input: pin }), /keeps no register of persons/);
  const person = new Visitor(nation.operator);
  await person.signIn('citizen1');
  assert.equal((await person.get('/my/readers')).status, 200);
});

test('metadata only, and nothing, by subsystem; a mistake in node.yaml is told with its line', async () => {
  await nation.sen(['nation', 'stop', nation.dir]);
  settings(nation.police, `  log_levels:\n    - {subsystem: ${DESK}, level: metadata}\n`);
  settings(nation.hanoi, `  log_levels:\n    - {subsystem: VN/GOV/G01/population, level: none}\n`);
  await nation.sen(['nation', 'start', nation.dir]);
  const r = await ask(pin, { headers: { 'X-Road-UserId': 'pseudonym-42' } });
  assert.equal(r.status, 200);
  const shown = await sen(nation.police, ['message', 'show', idOf(r), '--purpose', 'residence.register']);
  assert.ok(shown.includes('(only metadata is kept)') && shown.includes(`/r1/${SERVICE}`) && !shown.includes(pin));
  await assert.rejects(sen(nation.hanoi, ['message', 'find', idOf(r)]), /No message of this node has this id/);
  const minh = new Visitor(nation.police);
  await minh.signIn('minh');
  assert.ok((await minh.get('/messages')).text.includes(DESK), 'the rule stands on the page');
  settings(nation.hanoi, '  log_level: some\n');
  await assert.rejects(sen(nation.hanoi, ['message', 'list']), /exchange.log_level/);
});
