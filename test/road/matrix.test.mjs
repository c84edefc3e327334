// The refusal matrix, first half: a hostile member asks. Each check that a provider makes is broken alone, everything else is right; each row names the rule, what is broken
// and the exact fault. Rows without a fault are controls: what is unusual but right is accepted. Nothing refused may reach the service or stand whole in the log.
// Second half, a hostile member answers: matrix_answers.test.mjs.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { number } from '../lib/database.mjs';
import { DIGITAL_SIGNATURE, NON_REPUDIATION, certificate, newKey, statusAnswer, statusRefusal } from '../lib/der.mjs';
import { FAULT, Hostile } from '../lib/hostile.mjs';
import { Nation, remember, until } from '../lib/nation.mjs';
import { CRLF, sha512 } from '../lib/peer.mjs';

const HOUR = 3600e3;
let nation, peer, backend, lastSeen, calls = 0, accepted = 0, odd;

before(async () => {
  backend = http.createServer((rq, rs) => { calls += 1; lastSeen = rq.rawHeaders; rq.resume().on('end', () => rs.end('{"secret":"of the agency"}')); });
  await new Promise((done) => { backend.listen(0, '127.0.0.1', done); });
  nation = await Nation.start({ nodes: ['operator', 'hanoi'] });
  peer = await Hostile.join(nation);
  odd = oddCertificates();
  await peer.list(peer.tls, ...Object.values(odd.tls));
  const url = `url: "http://127.0.0.1:${backend.address().port}/"`, may = (service, more = '') => `client: VN/GOV/X66/probe, subsystem: desk, service: ${service}, purposes: [case.handle]${more}`;
  nation.offer(nation.hanoi, [`subsystem: desk, code: echo, ${url}`, `subsystem: desk, code: closed, ${url}, disabled: "Back on Monday at 8:00."`, `subsystem: desk, code: private, ${url}`, `subsystem: desk, code: deep, ${url}`, `subsystem: desk, code: shut, ${url}, disabled: "For ever."`],
    [may('echo'), may('closed'), may('private', ', path: /open/*, method: GET'), may('deep', ', path: /open/**, method: GET')]);
  await nation.restart();
  await until('the hostile member is known', () => ask().then((a) => !a.answer.fault, () => false));
  calls = accepted = 1;
});
after(async () => { peer?.close(); backend?.close(); await nation?.stop(); });

// Certificates that are wrong in one thing each; those for TLS are listed in the directory, so that the handshake lets them in.
function oddCertificates() {
  const key = newKey(), stranger = { key, cert: certificate({ subject: { CN: 'Sandbox authority' }, key }) }, old = { from: Date.now() - 48 * HOUR, to: Date.now() - HOUR }, early = { from: Date.now() + HOUR, to: Date.now() + 48 * HOUR };
  const between = peer.authority();
  const responder = (more) => { const r = peer.issue('tls', { usage: DIGITAL_SIGNATURE, extended: ['ocspSigning'], subject: { CN: 'A responder' }, ...more }); return { key: r.key, cert: r.der }; };
  return {
    stranger, between, responder: responder(), useless: responder({ extended: ['clientAuth'] }), ended: responder(old),
    tls: { signing: peer.issue('tls', { usage: NON_REPUDIATION, extended: [] }), useless: peer.issue('tls', { usage: undefined, extended: [] }), ended: peer.issue('tls', old), early: peer.issue('tls', early),
      below: peer.issueBelow(between), stranger: peer.issue('tls', { by: stranger }), itself: peer.issue('tls', { by: undefined }) },
    unlisted: peer.issue('tls'),
    sign: { below: peer.issue('sign', { by: between }), auth: peer.issue('sign', { usage: DIGITAL_SIGNATURE, extended: ['clientAuth'] }), ended: peer.issue('sign', old), early: peer.issue('sign', early), stranger: peer.issue('sign', { by: stranger }),
      other: peer.issue('sign', { subject: { businessCategory: 'GOV', serialNumber: 'H26', CN: 'Another member' } }), class: peer.issue('sign', { subject: { businessCategory: 'COM', serialNumber: 'X66', CN: 'Another class' } }),
      nobody: peer.issue('sign', { subject: { CN: 'VN/GOV/X66' } }) },
  };
}

// ask: a good question with one thing changed.
async function ask({ message = {}, head = (x) => x, body = Buffer.from('{"question":1}'), xades = {}, parts = (p) => p, status, tls = peer.tls, ...wire } = {}) {
  const m = peer.message({ client: peer.client, service: 'VN/GOV/H26/desk/echo', headers: [['Content-Type', 'application/json'], ['X-Sen-Purpose', 'case.handle']], ...message });
  m.bytes = Buffer.from(head(m.bytes.toString()));
  const signature = peer.xades(m.bytes, body, xades);
  const list = parts(peer.parts(m.bytes, body, signature, status ?? peer.ocsp(tls)));
  const send = () => peer.send(nation.hanoi.address, list, m.requestId, { tls, ...wire });
  const answer = await send();
  remember(`question ${m.requestId}`, answer.fault ?? answer.status);
  return { m, body, send, answer };
}

const set = (type, change) => ({ parts: (p) => p.map(([t, b]) => (t === type ? [t, change(b)] : [t, b])) });
const HEAD = 'application/x-road-rest-request', BODY = 'application/x-road-rest-body', XADES = 'signature/bdoc-1.0/ts', CHAIN = 'application/hash-chain', RESULT = 'application/hash-chain-result';
const signer = (who, more) => ({ xades: { signer: who, ocsp: peer.ocsp(who, more) } });
const spoil = (hooks) => ({ xades: { spoil: hooks } });
const FORGED = spoil({ xml: (x) => x.replace(/(<ds:SignatureValue[^>]*>)(.)/, (_, a, c) => a + (c === 'A' ? 'B' : 'A')) });
const line = (name, value) => ({ head: (h) => h.replace(new RegExp(`^${name}:.*\r\n`, 'im'), value === null ? '' : `${name}:${value}\r\n`) });
const inFront = (name, value) => ({ head: (h) => h.replace(`${name}:`, `${name}:${value}\r\n${name}:`) }); // the same header in front of ours
const more = (...lines) => ({ head: (h) => h + lines.map((l) => l + CRLF).join('') });
// below: a TLS certificate of an authority that the directory's authority certified, and an answer about either.
const below = ({ order = (list) => list, state = 'good' } = {}) => {
  const answers = [statusAnswer(odd.tls.below.der, odd.between), peer.ocsp({ der: odd.between.cert }, { state })].map((a) => ['application/ocsp-response', a]);
  return { tls: odd.tls.below, status: answers[0][1], parts: (p) => [...order(answers), ...p.slice(1)] };
};
// signedBelow: the same for the certificate that signs: the authority in between and the answers stand in the signature document.
const signedBelow = ({ order = (list) => list, state = 'good', sends = true } = {}) => {
  const answers = order([statusAnswer(odd.sign.below.der, odd.between), peer.ocsp({ der: odd.between.cert }, { state })]).map((a, i) => `<xades:EncapsulatedOCSPValue Id="ocsp-response-${i}">${a.toString('base64')}</xades:EncapsulatedOCSPValue>`);
  const values = sends ? `<xades:CertificateValues><xades:EncapsulatedX509Certificate Id="encapsulated-cert-1">${odd.between.cert.toString('base64')}</xades:EncapsulatedX509Certificate></xades:CertificateValues>` : '';
  const xml = (x) => x.replace('<xades:RevocationValues>', `${values}<xades:RevocationValues>`).replace(/<xades:EncapsulatedOCSPValue.*<\/xades:EncapsulatedOCSPValue>/, answers.join(''));
  return { xades: { signer: odd.sign.below, ocsp: Buffer.from('replaced'), spoil: { xml } } };
};
const unsigned = (p) => p.slice(0, -1);
const LARGE = Buffer.alloc(4 << 20, 'x'); // large enough to go through a file
const P = 'server.serverproxy.', TLS = `${P}ssl_authentication_failed.`;

// rule, what is broken, how, the fault; null: it is right and must be answered.
const rows = [
  ['1.8', 'nothing', () => ({}), null],
  ['1.8', 'the provider belongs to another server', () => ({ message: { service: 'VN/GOV/G22/portal/echo' } }), 'unknown_member'],
  ['1.8', 'nobody knows the provider', () => ({ message: { service: 'VN/GOV/H26/nothing/echo' } }), 'unknown_member'],
  ['1.8', 'the provider is of another instance', () => ({ message: { service: 'XX/GOV/H26/desk/echo' } }), 'unknown_member'],
  ['1.8', 'the member code differs in case', () => ({ message: { service: 'VN/GOV/h26/desk/echo' } }), 'unknown_member'],
  ['1.8', 'no such service', () => ({ message: { service: 'VN/GOV/H26/desk/nothing' } }), 'unknown_service'],
  ['1.8', 'a SOAP message', () => ({ http: (o) => ({ ...o, headers: { ...o.headers, 'x-road-message-type': 'SOAP' } }) }), 'service_type'],
  ['1.8', 'no right for the service', () => ({ message: { service: 'VN/GOV/H26/desk/private' } }), 'access_denied'],
  ['1.8', 'no right for the verb', () => ({ message: { service: 'VN/GOV/H26/desk/private', path: '/open/1' } }), 'access_denied'],
  ['1.8', 'a right for the verb and path', () => ({ message: { service: 'VN/GOV/H26/desk/private', path: '/open/1', method: 'GET' }, body: null }), null],
  ['6.2', 'a path that climbs', () => ({ message: { service: 'VN/GOV/H26/desk/private', path: '/open/../secret', method: 'GET' }, body: null }), 'access_denied'],
  ['6.2', 'a path that climbs, encoded', () => ({ message: { service: 'VN/GOV/H26/desk/private', path: '/open/%2e%2e/secret', method: 'GET' }, body: null }), 'access_denied'],
  ...['/open/..;/secret', '/open/%2e%2e;/secret', '/open/..%3b/secret'].map((path) => ['6.2', `a path that climbs, with a parameter: ${path}`, () => ({ message: { service: 'VN/GOV/H26/desk/deep', path, method: 'GET' }, body: null }), 'access_denied']),
  ['6.2', 'a path with a parameter', () => ({ message: { service: 'VN/GOV/H26/desk/deep', path: '/open/a;b=1/c', method: 'GET' }, body: null }), null],
  ['6.2', 'an encoded slash', () => ({ message: { service: 'VN/GOV/H26/desk/private', path: '/open/a%2Fb', method: 'GET' }, body: null }), 'access_denied'],
  ['1.8', 'a purpose that the right does not name', () => line('X-Sen-Purpose', 'tax.register'), 'access_denied'],
  ['1.8', 'the service is switched off', () => ({ message: { service: 'VN/GOV/H26/desk/closed' } }), 'service_disabled'],
  ['1.8', 'the right is judged before the signature', () => ({ message: { service: 'VN/GOV/H26/desk/private' }, ...FORGED }), 'access_denied'],

  // Two mistakes in one message: the fault is that of the check that comes first.
  ['1.8', 'nobody knows the provider, and no signature', () => ({ message: { service: 'VN/GOV/H26/nothing/echo' }, parts: unsigned }), 'unknown_member'],
  ['1.8', 'nobody knows the provider, and a stranger issued the certificate', () => ({ message: { service: 'VN/GOV/H26/nothing/echo' }, tls: odd.tls.stranger }), 'unknown_member'],
  ['1.8', 'a stranger issued the certificate, and no signature', () => ({ tls: odd.tls.stranger, parts: unsigned }), TLS + 'cannot_create_cert_path'],
  ['1.8', 'no answer about the certificate, and no signature', () => ({ parts: (p) => unsigned(p.slice(1)) }), TLS + 'missing_validation_info'],
  ['1.8', 'a stranger issued the certificate, and no right', () => ({ tls: odd.tls.stranger, message: { service: 'VN/GOV/H26/desk/private' } }), TLS + 'cannot_create_cert_path'],
  ['1.8', 'no signature, and no such service', () => ({ message: { service: 'VN/GOV/H26/desk/nothing' }, parts: unsigned }), 'missing_signature'],
  ['1.8', 'a SOAP message, and nobody knows the provider', () => ({ message: { service: 'VN/GOV/H26/nothing/echo' }, http: (o) => ({ ...o, headers: { ...o.headers, 'x-road-message-type': 'SOAP' } }) }), 'service_type'],
  ['1.8', 'no such service, and a spoilt signature', () => ({ message: { service: 'VN/GOV/H26/desk/nothing' }, ...FORGED }), 'unknown_service'],
  ['1.8', 'no such service, and the server does not act for the client', () => ({ message: { client: 'VN/GOV/H26/desk', service: 'VN/GOV/H26/desk/nothing' } }), TLS + 'incorrect_certificate'],
  ['1.8', 'the service is switched off, and no right for it', () => ({ message: { service: 'VN/GOV/H26/desk/shut' } }), 'access_denied'],
  ['1.8', 'the service is switched off, and a spoilt signature', () => ({ message: { service: 'VN/GOV/H26/desk/closed' }, ...FORGED }), 'service_disabled'],

  ['3.5 rule 1', 'no answer about the certificate', () => ({ parts: (p) => p.slice(1) }), TLS + 'missing_validation_info'],
  ['3.5 rule 2', 'the certificate is for nothing', () => ({ tls: odd.tls.useless }), TLS + 'incorrect_certificate'],
  ['3.5 rule 3', 'a stranger issued the certificate', () => ({ tls: odd.tls.stranger }), TLS + 'cannot_create_cert_path'],
  ['3.5 rule 3', 'the certificate issued itself', () => ({ tls: odd.tls.itself }), TLS + 'cannot_create_cert_path'],
  ['3.5 rule 3', 'the certificate has ended', () => ({ tls: odd.tls.ended }), TLS + 'cert_validity_time'],
  ['3.5 rule 3', 'the certificate has not begun', () => ({ tls: odd.tls.early }), TLS + 'cert_validity_time'],
  ['3.5 rule 4', 'an answer about another certificate', () => ({ status: peer.ocsp(peer.sign) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'the right answer stands second', () => ({ status: peer.ocsp(peer.sign, { others: [[peer.tls.der, 'good']] }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'more answers behind the right one', () => ({ status: peer.ocsp(peer.tls, { others: [[peer.sign.der, 'revoked']] }) }), null],
  ['3.5 rule 4', 'an answer by SHA-256', () => ({ status: peer.ocsp(peer.tls, { alg: 'sha256' }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'an answer that nobody signed', () => ({ status: peer.ocsp(peer.tls, { spoil: (s) => Buffer.from(s).fill(1, 8, 12) }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'a stranger signed the answer', () => ({ status: peer.ocsp(peer.tls, { by: odd.stranger }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'a stranger signed the answer and sends a certificate', () => ({ status: peer.ocsp(peer.tls, { by: odd.stranger, inside: [odd.stranger.cert] }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'the member signed the answer itself', () => ({ status: peer.ocsp(peer.tls, { by: { key: peer.tls.key, cert: peer.tls.der }, inside: [peer.tls.der] }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'the authority gave the responder its right', () => ({ status: peer.ocsp(peer.tls, { by: odd.responder, inside: [odd.responder.cert] }) }), null],
  ['3.5 rule 4', 'the responder may do something else', () => ({ status: peer.ocsp(peer.tls, { by: odd.useless, inside: [odd.useless.cert] }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', "the responder's certificate has ended", () => ({ status: peer.ocsp(peer.tls, { by: odd.ended, inside: [odd.ended.cert] }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'an answer of two hours ago', () => ({ status: peer.ocsp(peer.tls, { from: Date.now() - 2 * HOUR, next: Date.now() + HOUR }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'an answer that a newer one has replaced', () => ({ status: peer.ocsp(peer.tls, { from: Date.now() - HOUR / 2, next: Date.now() - HOUR / 4 }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'an answer that names no next one', () => ({ status: peer.ocsp(peer.tls, { next: 0 }) }), null],
  ['3.5 rule 4', 'an answer from the future', () => ({ status: peer.ocsp(peer.tls, { from: Date.now() + HOUR / 2, next: Date.now() + HOUR }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'below an authority in between, an answer about each', () => below(), null],
  ['3.5 rule 4', 'below an authority in between, the answers in the other order', () => below({ order: (list) => list.reverse() }), null],
  ['3.5 rule 4', 'below an authority in between, no answer about that', () => below({ order: (list) => list.slice(0, 1) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'the authority in between is revoked', () => below({ state: 'revoked' }), TLS + 'cert_validation'],
  ['3.5 rule 3', 'the authority in between is not sent', () => ({ ...below(), tls: { ...odd.tls.below, pem: odd.tls.below.pem.split(/(?<=-----END CERTIFICATE-----\n)/)[0] } }), TLS + 'cannot_create_cert_path'],
  ['3.5 rule 4', 'the certificate is revoked', () => ({ status: peer.ocsp(peer.tls, { state: 'revoked' }) }), TLS + 'cert_validation'],
  ['3.5 rule 4', 'the responder does not know the certificate', () => ({ status: peer.ocsp(peer.tls, { state: 'unknown' }) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'the responder could not tell', () => ({ status: statusRefusal() }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'an empty answer', () => ({ status: Buffer.alloc(0) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 4', 'bytes behind the answer', () => ({ status: Buffer.concat([peer.ocsp(peer.tls), Buffer.from([0])]) }), TLS + 'incorrect_validation_info'],
  ['3.5 rule 5', 'the server does not act for the client', () => ({ message: { client: 'VN/GOV/H26/desk' }, ...signer(odd.sign.other) }), TLS + 'incorrect_certificate'],
  ['3.5 rule 5', 'nobody knows the client', () => ({ message: { client: 'VN/GOV/X66/nothing' } }), TLS + 'incorrect_certificate'],
  ['3.5 rule 5', 'the client is of another instance', () => ({ message: { client: 'XX/GOV/X66/probe' } }), 'unknown_member'],

  ['3.6', 'the head is changed after signing', () => set(HEAD, (b) => b.toString().replace('X-Sen-Purpose', 'x-sen-purpose')), 'malformed_signature.invalid_hash_chain_ref'],
  ['3.6', 'the body is changed after signing', () => set(BODY, () => Buffer.from('{"question":2}')), 'malformed_signature.invalid_hash_chain_ref'],
  ['3.6', 'the head is changed, no body', () => ({ body: null, ...set(HEAD, (b) => b.toString().replace('X-Sen-Purpose', 'x-sen-purpose')) }), 'invalid_signature_value'],
  ['3.6', 'the value of the signature is changed', () => FORGED, 'invalid_signature_value'],
  ['3.6', 'the signed properties are changed', () => spoil({ xml: (x) => x.replace(/<xades:SigningTime>..../, '<xades:SigningTime>2001') }), 'invalid_signature_value'],
  ['3.6', 'every part referenced straight, without a chain', () => ({ xades: { direct: true } }), null],
  ['3.6', 'no body', () => ({ body: null }), null],
  ['3.6', 'no body, through a chain', () => ({ body: null, xades: { direct: false } }), null],
  ['3.6', 'the signature does not cover the body', () => ({ xades: { direct: true, spoil: { parts: (p) => p.slice(0, 1) } } }), 'malformed_signature'],
  ['3.6', 'the signature does not cover the head', () => ({ xades: { direct: true, spoil: { parts: (p) => p.slice(1) } } }), 'malformed_signature'],
  ['3.6', 'the signature covers nothing', () => ({ xades: { direct: true, spoil: { parts: () => [] } } }), 'malformed_signature'],
  ['3.6', 'the signature covers a part that was not sent', () => ({ xades: { direct: true, spoil: { parts: (p) => [...p, ['/attachment2', sha512('x')]] } } }), 'invalid_reference'],
  ['3.6', 'a signed message gets a body', () => ({ body: null, parts: (p) => [p[0], p[1], [BODY, '{"question":3}'], p[2]] }), 'malformed_signature'],
  ['3.6', 'a signed message loses its body', () => ({ parts: (p) => p.filter(([t]) => t !== BODY) }), 'malformed_signature.invalid_reference'],
  ['3.6', 'head and body change places', () => ({ xades: { direct: true, spoil: { parts: ([a, b]) => [[a[0], b[1]], [b[0], a[1]]] } } }), 'invalid_signature_value'],
  ['3.6', 'signed by another member', () => signer(odd.sign.other), 'incorrect_certificate'],
  ['3.6', 'signed by a member of another class', () => signer(odd.sign.class), 'incorrect_certificate'],
  ['3.7', 'the name stands in another field', () => signer(odd.sign.nobody), 'incorrect_certificate'],
  ['3.6', 'signed with an authentication certificate', () => signer(odd.sign.auth), 'incorrect_certificate'],
  ['3.6', 'signed with the TLS key', () => signer(peer.tls), 'incorrect_certificate'],
  ['3.6', 'the signing certificate has ended', () => signer(odd.sign.ended), 'cert_validity_time'],
  ['3.6', 'the signing certificate has not begun', () => signer(odd.sign.early), 'cert_validity_time'],
  ['3.6', 'a stranger issued the signing certificate', () => signer(odd.sign.stranger), 'cannot_create_cert_path'],
  ['3.6', 'the signing certificate is revoked', () => signer(peer.sign, { state: 'revoked' }), 'cert_validation'],
  ['3.6', 'an old answer about the signing certificate', () => signer(peer.sign, { from: Date.now() - 2 * HOUR, next: Date.now() + HOUR }), 'incorrect_validation_info'],
  ['3.6', 'an answer by SHA-256 about the signing certificate', () => signer(peer.sign, { alg: 'sha256' }), 'incorrect_validation_info'],
  ['3.6', 'a stranger answered about the signing certificate', () => signer(peer.sign, { by: odd.stranger, inside: [odd.stranger.cert] }), 'incorrect_validation_info'],
  ['3.6', 'an answer about another certificate in the signature', () => ({ xades: { ocsp: peer.ocsp(peer.tls) } }), 'incorrect_validation_info'],
  ['3.6', 'signed below an authority in between that comes with the signature', () => signedBelow(), null],
  ['3.6', 'the answers in the signature in the other order', () => signedBelow({ order: (list) => list.reverse() }), null],
  ['3.6', 'no answer about the authority in between', () => signedBelow({ order: (list) => list.slice(0, 1) }), 'incorrect_validation_info'],
  ['3.6', 'the authority in between of the signature is revoked', () => signedBelow({ state: 'revoked' }), 'cert_validation'],
  ['3.6', 'the authority in between does not come with the signature', () => signedBelow({ sends: false }), 'cannot_create_cert_path'],
  ['3.6', 'no answer in the signature', () => spoil({ xml: (x) => x.replace(/<xades:EncapsulatedOCSPValue.*<\/xades:EncapsulatedOCSPValue>/, '') }), 'missing_validation_info'],
  ['3.6', 'another certificate with the same key in its place', () => spoil({ xml: (x) => x.replace(/<ds:X509Certificate>[^<]+/, `<ds:X509Certificate>${twin().toString('base64')}`) }), 'malformed_signature'],
  ['3.6', 'two certificates', () => spoil({ xml: (x) => x.replace(/(<ds:X509Certificate>[^<]+<\/ds:X509Certificate>)/, '$1$1') }), 'malformed_signature'],
  ['3.6', 'two signatures in the document', () => spoil({ xml: (x) => x.replace(/<ds:Signature .*<\/ds:Signature>/, (s) => s + s) }), 'malformed_signature'],
  ['3.6', 'the same Id twice', () => spoil({ xml: (x) => x.replace('<xades:UnsignedProperties>', '<xades:UnsignedProperties Id="signed-properties">') }), 'malformed_signature'],
  ['3.6', 'the signed properties are not referenced', () => spoil({ info: (i) => i.replace(/<ds:Reference Id="signature-reference-1".*<\/ds:Reference>/, '') }), 'malformed_signature'],
  ['3.6', 'a reference twice', () => spoil({ info: (i) => i.replace(/<ds:Reference Id="signature-reference-0".*?<\/ds:Reference>/, (r) => r + r.replace('reference-0', 'reference-9')) }), 'malformed_signature'],
  ['3.6', 'a transform', () => spoil({ info: (i) => i.replace('URI="/sig-hashchainresult.xml">', '$&<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"></ds:Transform></ds:Transforms>') }), 'unsupported_algorithm'],
  ['3.6', 'SHA-1 for the value', () => ({ xades: { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1' } }), 'unsupported_algorithm'],
  ['3.6', 'a method that the key cannot have', () => ({ xades: { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512' } }), 'unsupported_algorithm'],
  ['3.6', 'SHA-1 for a reference', () => spoil({ info: (i) => i.replace('http://www.w3.org/2001/04/xmlenc#sha512', 'http://www.w3.org/2000/09/xmldsig#sha1') }), 'malformed_signature'],
  ['3.6', 'a document type', () => spoil({ xml: (x) => x.replace('?>', '?><!DOCTYPE x [<!ENTITY e "e">]>') }), 'malformed_signature.invalid_xml'],
  ['3.6', 'no XML', () => ({ parts: (p) => [...p.slice(0, -1), [XADES, 'signed, I swear']] }), 'malformed_signature.invalid_xml'],
  ['3.6', 'a signature of two megabytes', () => spoil({ xml: (x) => x.replace('</asic', `${' '.repeat(2 << 20)}</asic`) }), 'malformed_signature'],

  ['3.8', 'the chain is not sent', () => ({ parts: (p) => p.filter(([t]) => t !== RESULT && t !== CHAIN) }), 'malformed_signature'],
  ['3.8', 'the chain covers the head only', () => spoil({ parts: (p) => p.slice(0, 1) }), 'malformed_signature.hashchain_unused_inputs'],
  ['3.8', 'the chain covers the body only', () => spoil({ parts: (p) => p.slice(1) }), 'malformed_signature.hashchain_unused_inputs'],
  ['3.8', 'the chain names a part that was not sent', () => spoil({ parts: (p) => [...p, ['/attachment2', sha512('x')]] }), 'malformed_signature.invalid_reference'],
  ['3.8', 'the chain hides the body in a value', () => spoil({ chain: (x) => x.replace(/<DataRef URI="\/attachment1">(.*?)<\/DataRef>/, '<HashValue>$1</HashValue>') }), 'malformed_signature.hashchain_unused_inputs'],
  ['3.8', 'a step that the walk does not reach covers the body', () => spoil({ parts: (p) => p.slice(0, 1), chain: (x) => x.replace('</HashChain>', `<HashStep id="STEP1"><DataRef URI="/attachment1"><ds:DigestValue>${sha512('x').toString('base64')}</ds:DigestValue></DataRef></HashStep></HashChain>`) }), 'malformed_signature.hashchain_unused_inputs'],
  ['3.8', 'the result names another step', () => spoil({ result: (x) => x.replace('STEP0', 'STEP7') }), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'the chain turns in a circle', () => spoil({ chain: (x) => x.replace('</HashStep>', '<StepRef URI="#STEP0"/></HashStep>') }), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'the chain is of another message', () => set(CHAIN, (x) => x.replace(/(DataRef URI="\/message.xml"><ds:DigestValue>)[^<]+/, `$1${sha512('x').toString('base64')}`)), 'malformed_signature.invalid_hash_chain_ref'],
  ['3.8', 'the result is of another message', () => set(RESULT, (x) => x.replace(/(<ds:DigestValue>)[^<]+/, `$1${sha512('x').toString('base64')}`)), 'malformed_signature.invalid_hash_chain'],
  ['3.8', 'the result that was signed is another', () => set(RESULT, (x) => x.replace('?>', '?>\n')), 'invalid_signature_value'],
  ['3.8', 'the chain names the body in another spelling', () => spoil({ parts: ([a, b]) => [a, ['/attachment%31', b[1]]] }), 'malformed_signature.invalid_reference'],
  ['3.8', 'the chain names the message without its slash', () => spoil({ parts: ([a, b]) => [['message.xml', a[1]], b] }), 'malformed_signature.invalid_reference'],
  ['3.8', 'the chain names the message twice and the body never', () => spoil({ parts: ([a]) => [a, a] }), 'malformed_signature.hashchain_unused_inputs'],
  ['3.8', 'the chain names nothing', () => spoil({ parts: () => [] }), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'two steps of one name', () => spoil({ chain: (x) => x.replace(/<HashStep.*<\/HashStep>/, (t) => t + t) }), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'a thousand steps, each in the next', () => spoil({ chain: (x) => x.replace(/<HashStep.*<\/HashStep>/, (t) => Array.from({ length: 1000 }, (_, i) => `<HashStep id="STEP${i}"><StepRef URI="#STEP${i + 1}"/></HashStep>`).join('') + t.replace('STEP0', 'STEP1000')) }), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'SHA-1 in the chain', () => spoil({ chain: (x) => x.replace('http://www.w3.org/2001/04/xmlenc#sha512', 'http://www.w3.org/2000/09/xmldsig#sha1') }), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'the chain has a document type', () => spoil({ chain: (x) => x.replace('?>', '?><!DOCTYPE x [<!ENTITY e "e">]>') }), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'the chain is no XML', () => set(CHAIN, () => 'chain'), 'malformed_signature.malformed_hash_chain'],
  ['3.8', 'a result without a chain', () => ({ parts: (p) => p.filter(([t]) => t !== CHAIN) }), 'invalid_message'],

  ['3.3', 'no message', () => ({ parts: (p) => p.filter(([t]) => t !== HEAD) }), 'missing_rest'],
  ['3.3', 'no signature', () => ({ parts: (p) => p.slice(0, -1) }), 'missing_signature'],
  ['3.3', 'two messages', () => ({ parts: (p) => [p[0], p[1], ...p.slice(1)] }), 'invalid_message'],
  ['3.3', 'two bodies', () => ({ parts: (p) => [...p.slice(0, 3), p[2], ...p.slice(3)] }), 'invalid_message'],
  ['3.3', 'two signatures', () => ({ parts: (p) => [...p, p.at(-1)] }), 'invalid_message'],
  ['3.3', 'a body after the signature', () => ({ parts: (p) => [...p, [BODY, '{"question":4}']] }), 'invalid_message'],
  ['3.3', 'the body before the message', () => ({ parts: (p) => [p[0], p[2], p[1], ...p.slice(3)] }), 'invalid_message'],
  ['3.3', 'the status behind the message', () => ({ parts: (p) => [p[1], p[0], ...p.slice(2)] }), 'invalid_message'],
  ['3.3', 'an answer instead of a question', () => ({ parts: (p) => p.map(([t, b]) => [t.replace('rest-request', 'rest-response'), b]) }), 'invalid_message'],
  ['3.3', 'a part of another kind', () => ({ parts: (p) => [...p.slice(0, 2), ['text/html', '<p>'], ...p.slice(2)] }), 'invalid_message'],
  ['3.3', 'a fault in a question', () => ({ parts: (p) => [...p.slice(0, 3), FAULT('Server.Whatever')] }), 'invalid_message'],
  ['3.3', 'a hundred status answers', () => ({ parts: (p) => [...Array(100).fill(p[0]), ...p.slice(1)] }), 'invalid_message'],
  ['3.2', 'another hash', () => ({ http: (o) => ({ ...o, headers: { ...o.headers, 'x-hash-algorithm': 'SHA-1' } }) }), 'unsupported_algorithm'],
  ['3.2', 'no multipart', () => ({ http: (o) => ({ ...o, headers: { ...o.headers, 'content-type': 'application/json' } }) }), 'invalid_content_type'],
  ['3.2', 'the kind of content in other letters', () => ({ http: (o) => ({ ...o, headers: { ...o.headers, 'content-type': o.headers['content-type'].replace('multipart/mixed', 'Multipart/Mixed') } }) }), null],
  ['3.3', 'the kinds of parts in other letters', () => ({ parts: (p) => p.map(([t, b]) => [t.replace('application/', 'Application/'), b]) }), null],
  ['3.2', 'no boundary', () => ({ http: (o) => ({ ...o, headers: { ...o.headers, 'content-type': 'multipart/mixed' } }) }), 'mime_parsing_failed'],
  ['3.2', 'another boundary', () => ({ http: (o) => ({ ...o, headers: { ...o.headers, 'content-type': 'multipart/mixed; boundary=another' } }) }), 'mime_parsing_failed'],
  ['3.3', 'the multipart ends early', () => ({ bytes: (b) => b.subarray(0, b.length - 40) }), 'mime_parsing_failed'],
  ['3.3', 'bytes behind the multipart', () => ({ bytes: (b) => Buffer.concat([b, Buffer.from('more\r\n')]) }), 'invalid_message'],
  ['3.3', 'words before the multipart', () => ({ bytes: (b) => Buffer.concat([Buffer.from('hello\r\n'), b]) }), 'mime_parsing_failed'],

  ['1.9', 'a body of four megabytes', () => ({ body: LARGE }), null],
  ['1.9', 'a body of four megabytes, referenced straight', () => ({ body: LARGE, xades: { direct: true } }), null],
  ['1.9', 'one byte of four megabytes is changed', () => ({ body: LARGE, ...set(BODY, (b) => Buffer.concat([b.subarray(0, b.length - 1), Buffer.from('y')])) }), 'malformed_signature.invalid_hash_chain_ref'],
  ['1.9', 'the last byte of four megabytes is missing', () => ({ body: LARGE, ...set(BODY, (b) => b.subarray(1)) }), 'malformed_signature.invalid_hash_chain_ref'],
  ['1.9', 'the signature does not cover the four megabytes', () => ({ body: LARGE, xades: { direct: true, spoil: { parts: (p) => p.slice(0, 1) } } }), 'malformed_signature'],
  ['1.9', 'the four megabytes come behind the signature', () => ({ body: LARGE, parts: (p) => [...p.filter(([t]) => t !== BODY), [BODY, LARGE]] }), 'invalid_message'],
  ['1.9', 'four megabytes, cut', () => ({ body: LARGE, bytes: (b) => b.subarray(0, 3 << 20) }), 'mime_parsing_failed'],
  ['1.9', 'four megabytes that hold the boundary', () => ({ body: Buffer.concat([LARGE, Buffer.from('\r\n--xtopabcdefghijklmnopqrstuvwxyzabcd\r\n'), LARGE]) }), 'mime_parsing_failed'],
  ['1.9', 'more than the log keeps', () => ({ body: Buffer.alloc(12 << 20, 'x') }), 'logging_failed'],

  ['1.2', 'the client twice, the last one is not ours', () => more('X-Road-Client:VN/GOV/H26/desk'), TLS + 'incorrect_certificate'],
  ['1.2', 'the client twice, the last one is ours', () => inFront('X-Road-Client', 'VN/GOV/H26/desk'), null],
  ['1.2', 'the purpose twice, the last one is allowed', () => inFront('X-Sen-Purpose', 'tax.register'), null],
  ['1.2', 'no client', () => line('X-Road-Client', null), 'missing_header'],
  ['1.2', 'a client of two parts', () => line('X-Road-Client', 'VN/GOV'), 'invalid_client_identifier'],
  ['1.2', 'no message id', () => line('x-road-id', null), 'missing_header'],
  ['1.2', 'no request id', () => line('x-road-request-id', null), 'missing_header'],
  ['1.2', 'a message id of a thousand letters', () => line('x-road-id', 'x'.repeat(1000)), 'missing_header'],
  ['1.2', 'Host inside the message', () => more('Host:example.org'), 'invalid_rest'],
  ['1.2', 'Connection inside the message', () => more('Connection:close'), 'invalid_rest'],
  ['1.2', 'Transfer-Encoding inside the message', () => more('Transfer-Encoding:chunked'), 'invalid_rest'],
  ['1.2', 'Content-Length inside the message', () => more('Content-Length:0'), 'invalid_rest'],
  ['1.3', 'a line without an end', () => ({ head: (h) => `${h}X-A:1` }), 'invalid_rest'],
  ['1.3', 'a line without a colon', () => more('nothing'), 'invalid_rest'],
  ['1.3', 'a lone line feed in a value', () => more('X-A:1\nX-B:2'), 'invalid_rest'],
  ['1.3', 'an empty name', () => more(':1'), 'invalid_rest'],
  ['1.3', 'a thousand headers', () => more(...Array.from({ length: 1000 }, (_, i) => `X-A${i}:1`)), 'invalid_rest'],
  ['1.3', 'a header of a megabyte', () => more(`X-A:${'a'.repeat(1 << 20)}`), 'invalid_rest'],
  ['1.3', 'no such verb', () => ({ message: { method: 'STEAL' } }), 'invalid_rest'],
  ['1.1', 'a path without a service', () => ({ message: { service: 'VN/GOV/H26/desk' } }), 'bad_request'],
  ['1.1', 'a part that does not decode', () => ({ message: { service: 'VN/GOV/H26/desk/ec%ZZo' } }), 'bad_request'],
  ['1.1', 'a fragment', () => ({ message: { path: '/a#b' } }), 'bad_request'],
  ['1.2', 'an ordinary header twice', () => more('X-A:1', 'X-A:2'), null],
];

const twin = () => certificate({ subject: { businessCategory: 'GOV', serialNumber: 'X66', CN: 'The same key' }, key: peer.sign.key, by: peer.ca, usage: NON_REPUDIATION });

async function refused({ answer }, fault) {
  assert.equal(answer.fault, fault.startsWith('server.') ? fault : P + fault, answer.sentence);
  assert.equal(answer.status, 200);
  assert.ok(/^[^<]{20,}\.$/.test(answer.sentence), answer.sentence);
  assert.equal(answer.parts.length, 1, 'nothing comes with a fault');
  await until(`the log line of fault ${answer.detail}`, () => nation.hanoi.log().some((l) => l.fault_id === answer.detail && l.fault === answer.fault));
}

for (const [rule, what, how, fault] of rows) {
  test(`${rule}: ${what}: ${fault ?? 'is answered'}`, async () => {
    const earlier = calls, asked = await ask(how());
    accepted += calls - earlier;
    if (fault) {
      assert.equal(calls, earlier, 'what is refused does not reach the service');
      await refused(asked, fault);
      return;
    }
    assert.equal(asked.answer.fault, undefined, asked.answer.sentence);
    assert.deepEqual(peer.checkAnswer(asked.answer, asked.m, asked.body, 'H26').problems, []);
    assert.equal(calls, earlier + 1);
  });
}

test('1.2: a backend gets one value of what was judged, the last, in one spelling; of other headers all', async () => {
  const doubled = [['X-Road-UserId', 'first'], ['X-Sen-Basis', 'first'], ['X-A', '1'], ['x-road-userid', 'second'], ['X-Sen-Basis', 'second'], ['X-A', '2'], ['X_Road_Client', 'VN/GOV/H26/desk'], ['X_Sen_Role', 'minister'], ['X_A', '3']];
  const asked = await ask({ message: { headers: [['X-Sen-Purpose', 'tax.register'], ['X-Sen-Purpose', 'case.handle'], ...doubled] }, head: (h) => h.replace('X-Road-Client:', 'X-Road-Client:VN/GOV/H26/desk\r\nx-road-client:').replace('x-road-id:', 'x-road-id:first\r\nX-Road-Id:') });
  accepted += 1;
  assert.equal(asked.answer.fault, undefined, asked.answer.sentence);
  const values = (name) => lastSeen.flatMap((text, i) => (i % 2 === 0 && text.toLowerCase().replaceAll('_', '-') === name ? [lastSeen[i + 1]] : []));
  for (const [name, value] of Object.entries({ 'x-road-client': peer.client, 'x-road-id': asked.m.id, 'x-road-request-id': asked.m.requestId, 'x-road-userid': 'second', 'x-sen-purpose': 'case.handle', 'x-sen-basis': 'second' }))
    assert.deepEqual(values(name), [value], name);
  assert.deepEqual(values('x-sen-role'), []);
  assert.deepEqual(values('x-a'), ['1', '2', '3']);
});

test('2.2: listMethods and allowedMethods list the endpoints that rights name', async () => {
  for (const code of ['listMethods', 'allowedMethods']) {
    const { answer } = await ask({ message: { service: `VN/GOV/H26/desk/${code}`, method: 'GET' }, body: null });
    assert.equal(answer.fault, undefined, answer.sentence);
    const said = JSON.parse(answer.parts.find((p) => p.headers['content-type'] === 'application/x-road-rest-body').body), endpoints = (name) => said.service.find((s) => s.service_code === name).endpoint_list;
    assert.deepEqual(endpoints('private'), [{ method: 'GET', path: '/open/*' }]);
    assert.deepEqual(endpoints('echo'), [], 'the whole service');
  }
});

test('replay: the same bytes, other bytes of the same id, another connection', async () => {
  const first = await ask();
  accepted += 1;
  assert.equal(first.answer.fault, undefined);
  await refused({ answer: await first.send() }, 'invalid_request');
  await refused(await ask({ message: { requestId: first.m.requestId } }), 'invalid_request');
  await refused(await ask({ message: { requestId: first.m.requestId }, ...FORGED }), 'invalid_signature_value'); // a stranger does not learn what was received
  const parts = peer.parts(first.m.bytes, first.body, peer.xades(first.m.bytes, first.body));
  await refused({ answer: await peer.send(nation.hanoi.address, parts, randomUUID()) }, 'invalid_request');
  assert.equal(calls, accepted);
});

test('what was found good once is not taken for another message', async () => {
  const question = () => peer.message({ client: peer.client, service: 'VN/GOV/H26/desk/echo', headers: [['X-Sen-Purpose', 'case.handle']] }), body = Buffer.from('{"question":1}');
  const [first, second] = [question(), question()], good = peer.xades(first.bytes, body), own = peer.xades(second.bytes, body);
  const send = (m, signature) => peer.send(nation.hanoi.address, peer.parts(m.bytes, body, signature), m.requestId).then((answer) => ({ answer }));
  assert.equal((await send(first, good)).answer.fault, undefined);
  accepted += 1;
  await refused(await send(second, good), 'malformed_signature.invalid_hash_chain_ref');
  await refused(await send(second, { ...own, xml: good.xml }), 'invalid_signature_value');
  await refused(await send(second, { ...own, chainResult: good.chainResult }), 'malformed_signature.invalid_hash_chain');
  await refused(await send(second, { ...own, xml: own.xml.replace(/<ds:SignatureValue[^>]*>[^<]+/, /<ds:SignatureValue[^>]*>[^<]+/.exec(good.xml)[0]) }), 'invalid_signature_value');
  assert.equal((await send(second, own)).answer.fault, undefined);
  accepted += 1;
  assert.equal(calls, accepted);
});

test('no certificate, one of nobody, an old version of TLS: no handshake', async () => {
  await assert.rejects(ask({ tls: undefined, status: peer.ocsp(peer.tls), http: (o) => ({ ...o, key: undefined, cert: undefined }) }));
  await assert.rejects(ask({ tls: odd.unlisted }), 'a good certificate that the directory does not list');
  await assert.rejects(ask({ tls: odd.tls.signing }), 'a certificate that is for signing only');
  await assert.rejects(ask({ http: (o) => ({ ...o, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }) }));
  assert.equal(calls, accepted);
});

test('TLS 1.2 with a CBC suite of X-Road, and TLS 1.3: both are spoken', async () => {
  for (const only of [{ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384' }, { minVersion: 'TLSv1.3' }]) {
    assert.equal((await ask({ http: (o) => ({ ...o, ...only }) })).answer.fault, undefined);
    accepted += 1;
  }
  assert.equal(calls, accepted);
});

test('HTTP: a huge header, another verb, another path', async () => {
  for (const [what, wire] of Object.entries({
    header: { http: (o) => ({ ...o, headers: { ...o.headers, 'x-a': 'a'.repeat(200000) } }) },
    headers: { http: (o) => ({ ...o, headers: { ...o.headers, ...Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x-a${i}`, '1'])) } }) },
    verb: { http: (o) => ({ ...o, method: 'PUT' }) }, path: { http: (o) => ({ ...o, path: '/r1/VN/GOV/H26/desk/echo' }) },
  })) {
    const r = await ask(wire).catch((e) => ({ answer: { status: 0, fault: e.code } }));
    assert.ok(r.answer.fault || r.answer.status >= 400, `${what}: ${r.answer.status}`);
    assert.equal(calls, accepted, what);
  }
});

test('a client that breaks off leaves nothing behind', async () => {
  const cut = (at) => ({ http: (o) => ({ ...o, headers: { ...o.headers, 'content-length': 1 << 20 }, timeout: 300 }), bytes: (b) => b.subarray(0, at) });
  const broken = ask(cut(3000));
  await assert.rejects(Promise.race([broken, new Promise((_, no) => { setTimeout(() => no(new Error('it waits')), 1500).unref(); })]));
  broken.catch(() => {});
  assert.equal(calls, accepted);
});

test('what was accepted stands whole in the log, and nothing else; the node goes on', async () => {
  assert.equal((await ask()).answer.fault, undefined);
  accepted += 1;
  const count = (where) => number(nation, nation.hanoi, 'log', `SELECT COUNT(*) FROM message WHERE side = 2 AND service NOT LIKE '%Methods' AND ${where}`);
  assert.equal(count('is_answer = 0 AND digest IS NOT NULL'), accepted);
  assert.equal(count("is_answer = 1 AND digest IS NOT NULL AND fault = ''"), accepted);
  assert.equal(calls, accepted);
  await nation.sen(['journal', 'verify', '--node', nation.hanoi.dir]);
});

test('a connection that is kept does not outlive its place in the directory', async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 }), kept = { http: (o) => ({ ...o, agent }) };
  assert.equal((await ask(kept)).answer.fault, undefined);
  await peer.unlist();
  const end = await until('it is refused', () => ask(kept).then((a) => a.answer.fault, (e) => e.code));
  assert.match(end, /ssl_authentication_failed\.incorrect_certificate$|^E/, 'as a fault where the connection was still open, else in the handshake');
  await assert.rejects(ask());
  agent.destroy();
});
