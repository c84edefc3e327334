// A foreign peer, written independently, speaks to a provider over the real transport: accepted when all is right, refused with the exact fault when one thing is
// wrong. Real X-Road servers cannot run here; this and X-Road's sample data are what interoperability is shown with.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, until } from '../lib/nation.mjs';
import { Peer } from '../lib/peer.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, peer, pin;
before(async () => {
  nation = await Nation.start();
  pin = pinOf(citizen(nation, 1));
  peer = await new Peer(nation, nation.hanoi).join();
});
after(async () => { peer?.close(); await nation?.stop(); });

const service = 'VN/GOV/G01/population/person', client = 'VN/GOV/H26/desk';
const headers = [['Content-Type', 'application/json'], ['X-Sen-Purpose', 'residence.register'], ['X-Road-UserId', 'p-1']];
const question = () => Buffer.from(JSON.stringify({ key: 'pin', value: pin }));

// ask: a good request with the given change.
async function ask({ message = {}, body = question(), xades = {}, parts = (p) => p, by = peer, tls } = {}) {
  const m = by.message({ client, service, headers, ...message });
  const signature = by.xades(m.bytes, body, xades);
  const list = parts(by.parts(m.bytes, body, signature), { m, body, signature });
  return { m, body, answer: await by.send(nation.police.address, list, m.requestId, { tls: tls ?? by.tls }) };
}
async function refused(change, fault) {
  const { answer } = await ask(change);
  assert.match(answer.fault ?? `no fault: ${answer.parts.map((p) => p.body.toString().slice(0, 200))}`, fault, answer.sentence);
  assert.ok(answer.sentence.length > 20);
  assert.ok(!answer.parts.some((p) => p.body.toString().includes('"record"')), 'no row with a fault');
  await until('the log line of the fault', () => nation.police.log().some((l) => JSON.stringify(l).includes(answer.detail) && l.fault));
}

test('a good message is answered; the answer is verified independently', async () => {
  const { m, body, answer } = await ask();
  assert.equal(answer.fault, undefined, answer.sentence);
  const judged = peer.checkAnswer(answer, m, body, 'G01');
  assert.deepEqual(judged.problems, []);
  assert.ok(JSON.parse(judged.body).record.length > 0);
  assert.equal(judged.headers['x-road-service'], service);
});

test('xmlsec1 and openssl accept the signature that Sen makes', async () => {
  const { m, body, answer } = await ask();
  const judged = peer.checkAnswer(answer, m, body, 'G01');
  const folder = mkdtempSync(join(tmpdir(), 'sen-xmlsec-'));
  writeFileSync(join(folder, 'signatures.xml'), judged.xml);
  writeFileSync(join(folder, 'sig-hashchainresult.xml'), judged.result);
  const ca = join(peer.dir, 'ca.pem');
  // the reference "/sig-hashchainresult.xml" is a name inside a container: it is mapped to the file
  const said = execFileSync('xmlsec1', ['--verify', '--trusted-pem', ca, '--id-attr:Id', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties', '--enabled-reference-uris', 'empty,same-doc,local,remote',
    '--url-map:/sig-hashchainresult.xml', join(folder, 'sig-hashchainresult.xml'), join(folder, 'signatures.xml')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.ok(true, said);
  writeFileSync(join(folder, 'cert.pem'), `-----BEGIN CERTIFICATE-----\n${/<ds:X509Certificate>([^<]+)</.exec(judged.xml)[1].replace(/\s/g, '').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`);
  assert.match(execFileSync('openssl', ['verify', '-CAfile', ca, join(folder, 'cert.pem')], { encoding: 'utf8' }), /OK/);
});

test('altered message head', () => refused({ parts: (p) => p.map(([t, b]) => (t.endsWith('rest-request') ? [t, Buffer.from(b.toString().replace('residence.register', 'civil_status.register'))] : [t, b])) }, /signature_verification|invalid_signature_value|malformed_signature|invalid_reference/));
test('altered body', () => refused({ parts: (p) => p.map(([t, b]) => (t.endsWith('rest-body') ? [t, Buffer.from(b.toString().replace(/\d{12}/, '999999999997'))] : [t, b])) }, /signature_verification|malformed_signature|invalid_hash_chain/));
test('altered signature value', () => refused({ parts: (p) => p.map(([t, b]) => (t.startsWith('signature/') ? [t, b.replace(/(<ds:SignatureValue[^>]*>)(.)/, (_, a, x) => a + (x === 'A' ? 'B' : 'A'))] : [t, b])) }, /invalid_signature_value|signature_verification/));
test('altered signed properties', () => refused({ parts: (p) => p.map(([t, b]) => (t.startsWith('signature/') ? [t, b.replace(/<xades:SigningTime>..../, '<xades:SigningTime>2001')] : [t, b])) }, /signature/));
test('a body that the signature does not cover', () => refused({ xades: { spoil: { parts: (p) => p.slice(0, 1) } } }, /hash_?chain|signature|reference/));
test('a body added to a signed message without one', () => refused({ body: undefined, parts: (p) => [p[0], p[1], ['application/x-road-rest-body', question()], p[2]] }, /signature|reference|unused|invalid_message/));
test('signed by another member', async () => {
  const other = await new Peer(nation, nation.operator).join();
  try { await refused({ xades: { signer: other.sign, ocsp: other.ocsp(other.sign) } }, /signature_verification|incorrect_certificate/); } finally { other.close(); }
});
test("an OCSP answer for another certificate inside the signature", () => refused({ xades: { ocsp: peer.ocsp(peer.tls) } }, /signature_verification|validation_info|cert_validation/));
test('no OCSP part for the TLS certificate', () => refused({ parts: (p) => p.slice(1) }, /ssl_authentication_failed|missing_validation_info/));
test('an OCSP part for another certificate', () => refused({ parts: (p) => [['application/ocsp-response', peer.ocsp(peer.sign)], ...p.slice(1)] }, /ssl_authentication_failed/));
test('a client of another member over this TLS certificate', () => refused({ message: { client: 'VN/GOV/G22/portal' } }, /ssl_authentication_failed|signature_verification|invalid_client_identifier|access_denied/));
test('no signature', () => refused({ parts: (p) => p.slice(0, -1) }, /missing_signature|invalid_message/));
test('a second signature', () => refused({ parts: (p) => [...p, p.at(-1)] }, /invalid_message/));
test('parts in the wrong order', () => refused({ parts: (p) => [p[0], p[2], p[1], ...p.slice(3)] }, /invalid_message|missing_rest|invalid_rest/));
test('no message part', () => refused({ parts: (p) => p.filter(([t]) => !t.endsWith('rest-request')) }, /missing_rest|invalid_message/));
test('replay of a whole message', async () => {
  const m = peer.message({ client, service, headers }), body = question(), parts = peer.parts(m.bytes, body, peer.xades(m.bytes, body));
  assert.equal((await peer.send(nation.police.address, parts, m.requestId)).fault, undefined);
  const again = await peer.send(nation.police.address, parts, m.requestId);
  assert.ok(again.fault, 'the same message was answered twice');
});
test('a certificate that is not in the directory does not get through the handshake', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sen-rogue-'));
  mkdirSync(dir, { recursive: true });
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(dir, 'k.pem'), '-out', join(dir, 'c.pem'), '-subj', '/CN=rogue', '-days', '1'], { stdio: 'ignore' });
  const { createPrivateKey } = await import('node:crypto');
  const { readFileSync } = await import('node:fs');
  const tls = { key: createPrivateKey(readFileSync(join(dir, 'k.pem'))), pem: readFileSync(join(dir, 'c.pem'), 'utf8') };
  await assert.rejects(ask({ tls }));
});
test('malformed multipart is refused and the node goes on', async () => {
  for (const parts of [[['application/ocsp-response', 'x']], [['text/plain', 'y'.repeat(100000)]], [['application/x-road-rest-request', Buffer.alloc(200000, 65)]]]) {
    const answer = await peer.send(nation.police.address, parts, '00000000-0000-4000-8000-000000000000');
    assert.ok(answer.fault, JSON.stringify(answer.parts.map((p) => p.body.toString().slice(0, 100))));
  }
  assert.equal((await ask()).answer.fault, undefined);
});
