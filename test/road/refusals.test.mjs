// Refusals: each with the right fault or status, a sentence that says what to do, and a log line that carries the same id.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Nation, Visitor, alive, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, pin;
const service = '/r1/VN/GOV/G01/population/person';
before(async () => {
  nation = await Nation.start();
  pin = pinOf(citizen(nation, 1));
});
after(() => nation?.stop());

const ask = (options = {}) => nation.call(nation.hanoi, options.path ?? service, { body: { key: 'pin', value: pin }, ...options });

// refused: the fault with its parts, and the log line of the node that refused with the same fault id.
async function refused(answer, type, node, status) {
  assert.equal(answer.error, type, answer.text);
  assert.equal(answer.json.type, type);
  assert.ok(answer.json.message.length > 20, 'a sentence, not a code');
  assert.match(answer.json.detail, /^[0-9a-f-]{36}$/);
  assert.equal(answer.status, status ?? (type.startsWith('server.') ? 500 : 400));
  await until(`the log line of fault ${answer.json.detail}`, () => node.log().some((l) => JSON.stringify(l).includes(answer.json.detail) && l.fault));
  assert.ok(!answer.text.includes(pin), 'no PIN in an error');
}

test('no right: another subsystem of the nation', async () => {
  const r = await nation.call(nation.operator, service, { client: 'VN/GOV/G22/portal', purpose: 'residence.register', body: { key: 'pin', value: pin } });
  await refused(r, 'server.serverproxy.access_denied', nation.police);
});
test('no right: a purpose that the right does not allow', async () => refused(await ask({ purpose: 'social_support.decide' }), 'server.serverproxy.access_denied', nation.police));
test('no right: a purpose that no list knows', async () => refused(await ask({ purpose: 'curiosity' }), 'server.serverproxy.access_denied', nation.police));
test('no right: no purpose at all', async () => refused(await ask({ purpose: null }), 'server.serverproxy.access_denied', nation.police));
test('no right and no such person answer alike', async () => {
  const known = await ask({ purpose: 'social_support.decide' });
  const unknown = await ask({ purpose: 'social_support.decide', body: { key: 'pin', value: '999999999999' } });
  assert.equal(known.error, unknown.error);
  assert.equal(known.json.message, unknown.json.message);
});
test('unknown service', async () => refused(await ask({ path: '/r1/VN/GOV/G01/population/nothing' }), 'server.serverproxy.unknown_service', nation.police));
test('unknown provider', async () => refused(await ask({ path: '/r1/VN/GOV/G99/population/person' }), 'server.clientproxy.unknown_member', nation.hanoi));
test('wrong member: a client of another node', async () => refused(await ask({ client: 'VN/GOV/G22/portal' }), 'server.clientproxy.unknown_member', nation.hanoi));
test('no client header', async () => {
  const r = await ask({ client: null });
  assert.ok(/missing_header|invalid_client_identifier|bad_request|invalid_request/.test(r.error), r.error);
  assert.equal(r.status, r.error.startsWith('server.') ? 500 : 400);
});
test('malformed paths', async () => {
  for (const path of ['/r1/VN/GOV/G01/population', '/r1/VN/GOV/G01/popu%ZZlation/person', '/r1/VN%2FGOV%2FG01/population/person/x'])
    assert.ok((await ask({ path })).error, path);
});
test('malformed body: a sentence at the field, signed by the provider', async () => {
  const r = await ask({ body: '{"key":"pin"' });
  assert.equal(r.status, 400);
  assert.equal(r.headers.get('content-type'), 'application/problem+json');
  const r2 = await ask({ body: { key: 'pin', value: '12' } });
  assert.equal(r2.status, 400);
  assert.match(r2.text, /12 digits/);
});
test('nobody has this number: 404 of the service, not a fault', async () => {
  const r = await ask({ body: { key: 'pin', value: '999999999998' } });
  assert.equal(r.status, 404);
  assert.equal(r.error, null);
});
test('oversized body', async () => {
  const r = await ask({ body: 'x'.repeat(11 * 1024 * 1024) }).catch((e) => ({ status: 413, text: String(e) }));
  assert.ok([413, 400, 500].includes(r.status), `${r.status} ${r.text}`);
  assert.equal((await ask()).status, 200, 'the node goes on');
});
test('oversized and malformed HTTP', async () => {
  const raw = (text) => new Promise((done) => {
    const [host, port] = [nation.hanoi.address, 8080];
    const s = net.connect(port, host, () => s.write(text));
    let got = '';
    s.on('data', (d) => { got += d; if (/\r\n\r\n/.test(got)) s.end(); });
    s.on('close', () => done(got));
    s.on('error', () => done(got));
    s.setTimeout(15000, () => s.destroy());
  });
  assert.match(await raw(`GET /${'a'.repeat(100000)} HTTP/1.1\r\nHost: x\r\n\r\n`), /^(HTTP\/1.1 4\d\d|$)/);
  assert.match(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(200000)}\r\n\r\n`), /^(HTTP\/1.1 4\d\d|$)/);
  assert.match(await raw(`BANANA\r\n\r\n`), /^(HTTP\/1.1 4\d\d|$)/);
  assert.equal((await fetch(`${nation.hanoi.pages}/healthz`)).status, 200);
});
test('a client without a certificate does not get onto the peers port', async () => {
  await assert.rejects(fetch(`https://${nation.police.address}:5500/`, { method: 'POST', body: 'x' }));
});
test('wrong password and unknown account say the same', async () => {
  const v = new Visitor(nation.hanoi);
  const wrong = await v.signIn('lan', 'not the password');
  const unknown = await v.signIn('nobody-here', 'not the password');
  assert.equal(wrong.status, unknown.status);
  assert.ok(wrong.status === 422 || wrong.status === 401 || wrong.status === 403, `${wrong.status}`);
  const sentence = (p) => /error-summary[\s\S]*?<\/ul>/.exec(p.html)?.[0].replace(/<[^>]+>/g, '').trim();
  assert.equal(sentence(wrong), sentence(unknown));
});
test('a form without CSRF token is refused', async () => {
  const v = new Visitor(nation.hanoi);
  await v.signIn('lan');
  await v.get('/people/look-up');
  const r = await v.post('/people/look-up', { key: pin, purpose: 'residence.register', issue: 'x' }, { csrf: false });
  assert.equal(r.status, 403);
  await v.get('/people/look-up');
  const undeclared = await v.post('/people/look-up', { key: pin, purpose: 'residence.register', surprise: '1' });
  assert.equal(undeclared.status, 422);
});
test('a legal basis of 200 Vietnamese characters fits form, message, log and journal', async () => {
  const v = new Visitor(nation.hanoi);
  await v.signIn('lan');
  await v.get('/people/look-up');
  const r = await v.post('/people/look-up', { key: pin, purpose: 'residence.register', basis: `x${'ằ'.repeat(199)}`, issue: `x${'ễ'.repeat(99)}` });
  assert.equal(r.status, 200, r.text);
});
test('a page passes over fields in its address that it does not know; an interface does not', async () => {
  assert.equal((await fetch(`${nation.operator.pages}/sign-in?utm_source=mail&fbclid=1`)).status, 200);
  assert.equal((await fetch(`${nation.operator.pages}/heads/VN/GOV/G01/ps1?utm_source=mail`)).status, 422);
});
test('what the operator publishes does not stand beside the door of its own systems', async () => {
  assert.equal((await fetch(`${nation.operator.systems}/internalconf?version=6`)).status, 404);
  assert.equal((await fetch(`http://${nation.operator.address}:5577/internalconf?version=6`)).status, 200);
  assert.equal((await fetch(`http://${nation.operator.address}:5577/r1/VN/GOV/G01/population/person`)).status, 404);
});
test('an official without the right does not see the form', async () => {
  const v = new Visitor(nation.hanoi);
  await v.signIn('son');
  assert.equal((await v.get('/people/look-up')).status, 403);
});
test('pages that need a person send others to sign in', async () => {
  for (const path of ['/my/record', '/my/readers']) {
    const r = await new Visitor(nation.operator).get(path);
    assert.equal(r.status, 303);
    assert.match(r.location, /^\/sign-in/);
  }
});
test("a citizen cannot open another's record", async () => {
  const v = new Visitor(nation.operator);
  await v.signIn('citizen2');
  const own = citizen(nation, 2);
  for (const path of [`/my/record?pin=${pin}`, `/my/record?person=${pin}`, '/my/record']) {
    const r = await v.get(path);
    assert.ok(!r.text.includes(citizen(nation, 1).fullName), path);
    if (r.status === 200) assert.match(r.text, new RegExp(own.fullName));
  }
  // and not through the exchange either: the portal's right is for the person who signed in, proved by an assertion
  const raw = await nation.call(nation.operator, '/r1/VN/GOV/G01/population/self', { client: 'VN/GOV/G22/portal', purpose: 'self', body: { assertion: 'eyJhbGciOiJub25lIn0.e30.' } });
  assert.ok(raw.status >= 400 && !raw.text.includes(own.fullName), raw.text);
});
test('provider down: a sentence that names the hop; back again after its start', async () => {
  const pid = nation.police.pid('supervisor');
  process.kill(pid, 'SIGTERM');
  await until('the provider is gone, its last process too', () => !alive(pid));
  const r = await ask();
  await refused(r, r.error, nation.hanoi);
  assert.match(r.error, /^server\.clientproxy\..*(network_error|io_error|service_failed|ssl)/);
  await nation.sen(['nation', 'start', nation.dir]);
  assert.equal((await until('an answer again', async () => { const a = await ask(); return a.status === 200 && a; })).status, 200);
});
