// The operator's trust services - certificates and their status, time-stamps, the directory - go away and come back while the nation runs. What can carry on carries on;
// what cannot is refused with the reason; nothing is restarted.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Nation, allStamped, metric, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, pin;
const service = '/r1/VN/GOV/G01/population/person';

// Short times, so that an outage of hours takes seconds here. They stand in node.yaml, as an administrator would write them.
function setTimes(node, times) {
  const path = join(node.dir, 'node.yaml');
  const text = readFileSync(path, 'utf8').replace(/^ {2}(directory_s|status_s|stamp_period_s):.*\n/gm, '');
  writeFileSync(path, text.replace(/^exchange:\n/m, `exchange:\n${Object.entries(times).map(([k, v]) => `  ${k}: ${v}\n`).join('')}`));
}
before(async () => {
  nation = await Nation.start();
  pin = pinOf(citizen(nation, 1));
  await nation.sen(['nation', 'stop', nation.dir]);
  setTimes(nation.operator, { directory_s: 1, status_s: 2, stamp_period_s: 1, status_valid_s: 12 });
  setTimes(nation.police, { directory_s: 1, status_s: 2, stamp_period_s: 1 });
  setTimes(nation.hanoi, { directory_s: 1, status_s: 2, stamp_period_s: 1, stamp_failure_s: 8 });
  await nation.sen(['nation', 'start', nation.dir]);
});
after(() => nation?.stop());

afterEach(async () => { for (const what of ['ocsp', 'stamp', 'directory']) await outage('end', what); }); // a test that fails takes nothing away from the next one

const ask = () => nation.call(nation.hanoi, service, { body: { key: 'pin', value: pin } });
const answered = (what) => until(what, async () => (await ask()).status === 200);
// refused: with this fault and this sentence. What ends may end on the two nodes, for their two certificates, at different moments: until then another of its refusals may come.
const refused = (what, type, says) => until(what, async () => { const r = await ask(); return r.error && type.test(r.error) && says.test(r.json.message) && r; });
const outage = (...words) => nation.sen(['outage', ...words, '--node', nation.operator.dir]);
const command = async (node, ...words) => (await nation.sen([...words, '--node', node.dir])).stdout;
const openssl = (...args) => { const r = spawnSync('openssl', args, { encoding: 'utf8' }); return r.stdout + r.stderr; };

test('both message logs are time-stamped, and openssl agrees', async () => {
  assert.equal((await ask()).status, 200);
  for (const node of [nation.hanoi, nation.police]) {
    await allStamped(node);
    assert.match(await command(node, 'message', 'verify-stamps'), /^[1-9]\d* time-stamps hold, over [1-9]\d* messages/);
    assert.match(await command(node, 'message', 'stamps'), /Newest time-stamp: +20\d\d-/);
    assert.ok(await metric(node, 'sen_stamp_age_seconds') < 60);
  }
  const list = await command(nation.hanoi, 'message', 'list', '--service', 'VN/GOV/G01/population/person');
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(list)[0], out = join(nation.dir, 'exported');
  await command(nation.hanoi, 'message', 'show', id, '--container', out, '--purpose', 'residence.register');
  const params = readFileSync(join(nation.hanoi.dir, 'conf', 'directory-VN'), 'utf8');
  writeFileSync(join(out, 'ca.der'), Buffer.from(/<topCA>\s*<cert>([^<]+)/.exec(params)[1], 'base64'));
  openssl('x509', '-inform', 'DER', '-in', join(out, 'ca.der'), '-out', join(out, 'ca.pem'));
  for (const file of readdirSync(out).filter((name) => name.endsWith('.asice'))) {
    const folder = join(out, file.replace('.asice', ''));
    spawnSync('unzip', ['-q', join(out, file), '-d', folder]);
    if (!existsSync(join(folder, 'ts-hashchainresult.xml'))) continue; // stamped alone: test/road/evidence.test.mjs
    const token = join(folder, 'META-INF', 'timestamp.tst');
    const verify = (data) => openssl('ts', '-verify', '-data', data, '-in', token, '-token_in', '-CAfile', join(out, 'ca.pem'));
    assert.match(verify(join(folder, 'ts-hashchainresult.xml')), /Verification: OK/);
    assert.match(verify(join(folder, 'message.xml')), /Verification: FAILED/);
    assert.match(readFileSync(join(folder, 'ts-hashchain.xml'), 'utf8'), /\/META-INF\/signatures\.xml/);
  }
});

test('openssl asks the time-stamp service', async () => {
  const file = (name) => join(nation.dir, name);
  openssl('ts', '-query', '-data', join(nation.hanoi.dir, 'node.yaml'), '-sha256', '-cert', '-out', file('question'));
  const answer = await fetch(`http://${nation.operator.address}:5577/tsa`, { method: 'POST', headers: { 'content-type': 'application/timestamp-query' }, body: readFileSync(file('question')) });
  assert.equal(answer.headers.get('content-type'), 'application/timestamp-reply');
  writeFileSync(file('answer'), Buffer.from(await answer.arrayBuffer()));
  assert.match(openssl('ts', '-verify', '-queryfile', file('question'), '-in', file('answer'), '-CAfile', join(nation.dir, 'exported', 'ca.pem')), /Verification: OK/);
  const nonsense = await fetch(`http://${nation.operator.address}:5577/tsa`, { method: 'POST', body: 'not a question' });
  writeFileSync(file('answer'), Buffer.from(await nonsense.arrayBuffer()));
  assert.match(openssl('ts', '-reply', '-in', file('answer'), '-text'), /Status: Rejected/);
});

test('time-stamping stops: messages pass for a while, then are refused with the reason; it comes back and catches up', async () => {
  await outage('stall', 'stamp', '--seconds', '30'); // first it answers too late, then not at all
  assert.equal((await ask()).status, 200, 'messages pass');
  assert.match((await outage('list')).stdout, /^stamp +answers 30 s late, since 20/);
  await until('the state tells that it fails', async () => /fails since: +20[\s\S]*(did not answer in time|HTTP status 503)/.test(await command(nation.police, 'message', 'stamps')));
  await outage('stop', 'stamp');
  assert.match((await outage('list')).stdout, /^stamp +stopped, since 20/);
  await refused('the time that is allowed is over', /^server\.clientproxy\.logging_failed\.timestamper_failed$/, /time-stamped since 20.*time-stamp service must answer again/);
  const health = await fetch(`${nation.hanoi.pages}/healthz`);
  assert.equal(health.status, 503);
  assert.match(await health.text(), /stamps/);
  assert.ok(await metric(nation.hanoi, 'sen_stamp_waiting') > 0);
  await outage('end', 'stamp');
  await answered('messages pass again');
  await allStamped(nation.hanoi);
  assert.match(await command(nation.hanoi, 'message', 'verify-stamps'), /time-stamps hold/);
  assert.match((await outage('list')).stdout, /Every service answers/);
});

test('the status responder stops: what is known carries on as long as it is good, then messages are refused', async () => {
  await answered('a message before');
  await outage('stop', 'ocsp');
  assert.equal((await ask()).status, 200, 'the last status is still good');
  await refused('the last status has ended', /missing_validation_info$/, /status service 127\.\d+\.\d+\.1 has not answered since 20.*its last answer about this node's certificate has ended/);
  await outage('stall', 'ocsp', '--seconds', '1');
  await answered('messages pass again, although the answers come late');
});

test('the directory runs out: nothing is exchanged until it is renewed', async () => {
  await outage('expire', '--seconds', '6');
  assert.match((await outage('list')).stdout, /^directory +ends at 20/);
  await refused('the directory has ended', /global_conf_outdated$/, /directory has not been renewed/);
  await outage('end', 'directory');
  await answered('messages pass again');
});

const serialOf = async (kind) => [...(await command(nation.operator, 'ca', 'list')).matchAll(new RegExp(`^\\s*(\\d+)\\s+${kind}\\s+good.*H26`, 'gm'))].at(-1)[1];
async function certify(...more) {
  const file = join(nation.dir, 'sign.cert.pem');
  rmSync(file, { force: true });
  await command(nation.operator, 'ca', 'issue', join(nation.hanoi.dir, 'requests', 'sign.csr'), '--kind', 'sign', '--out', file, ...more);
  assert.ok(existsSync(file));
  await command(nation.hanoi, 'node', 'certificate', file);
}

test('a certificate is revoked: the next calls are refused with the reason; a new one is taken into use', async () => {
  const pid = nation.hanoi.pid('server');
  await nation.sen(['ca', 'revoke', await serialOf('sign'), '--node', nation.operator.dir]);
  await refused('the revoked certificate is noticed', /cert_validation$/, /revoked/);
  await certify();
  await answered('messages pass with the new certificate');
  assert.equal(nation.hanoi.pid('server'), pid, 'nothing was restarted');
});

test('a certificate ends: messages are refused with the day; a new one is taken into use', async () => {
  // The machine may be so slow that it has ended before it is taken into use.
  for (let seconds = 4; !await certify('--seconds', String(seconds)).then(() => true, (e) => { assert.match(e.message, /ended/); return false; });) seconds *= 4;
  await refused('the certificate has ended', /cert_validity_time$/, /ended/);
  await certify();
  await answered('messages pass with the new certificate');
});

test('only the operator takes services away, and only those that there are', async () => {
  const other = await nation.sen(['outage', 'stop', 'stamp', '--node', nation.hanoi.dir], { code: 77 });
  assert.match(other.stderr, /not the operator/);
  const unknown = await nation.sen(['outage', 'stop', 'everything', '--node', nation.operator.dir], { code: 65 });
  assert.match(unknown.stderr, /ocsp, stamp or directory/);
});
