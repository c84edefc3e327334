// The refusal matrix, second half: a hostile member answers. Each check that a consumer makes is broken alone, everything else is right; each row names the rule, what is
// broken and the exact fault. Rows without a fault are controls. No byte of a refused answer reaches the one who asked, and no question is sent twice.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { number } from '../lib/database.mjs';
import { DIGITAL_SIGNATURE, NON_REPUDIATION, certificate, newKey, statusAnswer, statusRefusal } from '../lib/der.mjs';
import { FAULT, Hostile } from '../lib/hostile.mjs';
import { Nation, until } from '../lib/nation.mjs';
import { CRLF, sha512 } from '../lib/peer.mjs';

const HOUR = 3600e3;
let nation, peer, odd, answered = 0;

before(async () => {
  nation = await Nation.start({ nodes: ['operator', 'hanoi'] });
  peer = await Hostile.join(nation);
  odd = oddCertificates();
  await peer.list(peer.tls, ...Object.values(odd.tls), ...odd.below, ...odd.fresh);
  await peer.serve();
  await until('the hostile member is known', async () => (await ask()).status === 200);
});
after(async () => { peer?.close(); await nation?.stop(); });

// Certificates that are wrong in one thing each; fresh ones for rows about their status, which a node remembers for a while.
function oddCertificates() {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, key = newKey(), stranger = { key, cert: certificate({ subject: { CN: 'Sandbox authority' }, key }) }, old = { from: Date.now() - 48 * HOUR, to: Date.now() - HOUR };
  const between = [peer.authority(), peer.authority()];
  const responder = (more) => { const r = peer.issue('tls', { usage: DIGITAL_SIGNATURE, extended: ['ocspSigning'], subject: { CN: 'A responder' }, ...more }); return { key: r.key, cert: r.der }; };
  return {
    stranger, between, responder: responder(), useless: responder({ extended: ['clientAuth'] }), fresh: Array.from({ length: 24 }, () => peer.issue('tls')),
    tls: { useless: peer.issue('tls', { usage: undefined, extended: [] }), ended: peer.issue('tls', old), stranger: peer.issue('tls', { by: stranger }), itself: peer.issue('tls', { by: undefined }), rsa: peer.issue('tls', { key: rsa }) },
    below: between.map((by) => peer.issueBelow(by)), unlisted: peer.issue('tls'),
    sign: { auth: peer.issue('sign', { usage: DIGITAL_SIGNATURE, extended: ['clientAuth'] }), ended: peer.issue('sign', old), stranger: peer.issue('sign', { by: stranger }),
      other: peer.issue('sign', { subject: { businessCategory: 'GOV', serialNumber: 'H26', CN: 'The member that asks' } }) },
  };
}

const ask = (body = { question: 1 }) => nation.call(nation.hanoi, '/r1/VN/GOV/X66/probe/ask', { purpose: 'case.handle', body, method: body ? 'POST' : 'GET' });

const BODY = 'application/x-road-rest-body', XADES = 'signature/bdoc-1.0/ts', CHAIN = 'application/hash-chain', RESULT = 'application/hash-chain-result', HEAD = 'application/x-road-rest-response';
const fact = (name, value) => ({ facts: (f, q) => { const g = { ...f }; if (value === null) delete g[name]; else g[name] = typeof value === 'function' ? value(g[name], q) : value; return g; } });
const set = (type, change) => ({ parts: (p) => p.map(([t, b]) => (t === type ? [t, change(b)] : [t, b])) });
const signer = (who, more) => ({ xades: { signer: who, ocsp: peer.ocsp(who, more) } });
const spoil = (hooks) => ({ xades: { spoil: hooks } });
const more = (...lines) => ({ head: (h) => h.replace('OK\r\n', `OK\r\n${lines.map((l) => l + CRLF).join('')}`) });
const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384' };
// status: a certificate that the node has not seen, and this answer about it.
const status = (make) => { const tls = odd.fresh.pop(); return { tls, ocsp: make(tls) }; };
// below: a certificate of an authority that the directory's authority certified; either is asked about by its hash.
const below = (state, i = 0) => {
  const tls = odd.below[i], is = (der, hash) => createHash('sha1').update(der).digest('hex') === hash.toLowerCase();
  return { tls, ocsp: (asked) => (is(tls.der, asked) ? statusAnswer(tls.der, odd.between[i]) : is(odd.between[i].cert, asked) ? peer.ocsp({ der: odd.between[i].cert }, { state }) : undefined) };
};
const reply = (how) => ({ reply: how });
const send = (rs, type, bytes, code = 200) => rs.writeHead(code, { 'content-type': type, 'x-hash-algorithm': 'SHA-512', connection: 'close' }).end(bytes);
// raw: an HTTP answer written by hand; then the connection stays open, unless it is cut.
const raw = (head, { cut = true } = {}) => reply((rs, b, t) => { const bytes = Buffer.isBuffer(head(b, t)) ? head(b, t) : Buffer.concat([Buffer.from(head(b, t)), b]); rs.socket.on('error', () => {}); rs.socket.write(bytes, () => cut && rs.socket.end()); });
const http = (t, ...lines) => ['HTTP/1.1 200 OK', `Content-Type: ${t}`, ...lines, '', ''].join(CRLF);
const LARGE = Buffer.alloc(4 << 20, 'secret'); // large enough to go through a file
const MINE = 'Server.ServerProxy.ServiceFailed.NetworkError';
const C = 'server.clientproxy.', TLS = 'ssl_authentication_failed.', BAD = 'invalid_response.';

// rule, what is broken, how, the fault, does the question arrive at all? null: it is right and must be handed over.
const rows = [
  ['1.5', 'nothing', () => ({}), null],
  ['1.5', 'an answer without a body', () => ({ body: null }), null],
  ['1.5', "the service's own refusal", () => ({ head: (h) => h.replace('200', '404') }), null],
  ['1.5', 'another message id', () => fact('x-road-id', 'another'), 'inconsistent_response'],
  ['1.5', 'no message id', () => fact('x-road-id', null), 'inconsistent_response'],
  ['1.5', 'an empty message id', () => fact('x-road-id', ''), 'inconsistent_response'],
  ['1.5', 'another request id', () => fact('x-road-request-id', '00000000-0000-4000-8000-000000000000'), 'inconsistent_response'],
  ['1.5', 'no request id', () => fact('x-road-request-id', null), 'inconsistent_response'],
  ['1.5', 'another client', () => fact('x-road-client', 'VN/GOV/H26/other'), 'inconsistent_response'],
  ['1.5', 'no client', () => fact('x-road-client', null), 'inconsistent_response'],
  ['1.5', 'the client in another case', () => fact('x-road-client', (v) => v.toLowerCase()), 'inconsistent_response'],
  ['1.5', 'another service', () => fact('x-road-service', (v) => `${v}2`), 'inconsistent_response'],
  ['1.5', "another member's service", () => fact('x-road-service', 'VN/GOV/G22/probe/ask'), 'inconsistent_response'],
  ['1.5', 'no service', () => fact('x-road-service', null), 'inconsistent_response'],
  ['1.4', 'the hash of another question', () => fact('x-road-request-hash', sha512('another').toString('base64')), 'inconsistent_response'],
  ['1.4', 'no hash', () => fact('x-road-request-hash', null), 'inconsistent_response'],
  ['1.4', 'an empty hash', () => fact('x-road-request-hash', ''), 'inconsistent_response'],
  ['1.3', "the provider's own x-road-service before ours: the last one counts", () => more('x-road-service:VN/GOV/G22/portal/x'), null],
  ['1.3', 'a second message id behind the right one', () => ({ head: (h) => `${h}x-road-id:another\r\n` }), 'inconsistent_response'],

  ['3.5 rule 1', 'no answer about the certificate', () => status(() => []), TLS + 'mime_parsing_failed', 0],
  ['3.4', 'the status port says 500', () => ({ tls: odd.fresh.pop(), statusReply: (rs) => rs.writeHead(500).end('no') }), TLS + 'missing_validation_info', 0],
  ['3.4', 'the status port says nothing of use', () => ({ tls: odd.fresh.pop(), statusReply: (rs) => rs.writeHead(200, { 'content-type': 'text/html' }).end('<p>') }), TLS + 'invalid_content_type', 0],
  ['3.4', 'the status port breaks off', () => ({ tls: odd.fresh.pop(), statusReply: (rs) => rs.socket.destroy() }), TLS + 'missing_validation_info', 0],
  ['3.4', 'more answers than were asked', () => status((t) => [peer.ocsp(t), peer.ocsp(t)]), TLS + 'missing_validation_info', 0],
  ['3.5 rule 2', 'the certificate is for nothing', () => ({ tls: odd.tls.useless }), TLS + 'incorrect_certificate', 0],
  ['3.5 rule 3', 'a stranger issued the certificate', () => ({ tls: odd.tls.stranger }), TLS + 'cannot_create_cert_path', 0],
  ['3.5 rule 3', 'the certificate issued itself', () => ({ tls: odd.tls.itself }), TLS + 'cannot_create_cert_path', 0],
  ['3.5 rule 3', 'the certificate has ended', () => ({ tls: odd.tls.ended }), TLS + 'cert_validity_time', 0],
  ['3.5 rule 5', 'the directory does not list the certificate', () => ({ tls: odd.unlisted }), TLS + 'incorrect_certificate', 0],
  ['3.1', 'TLS 1.2 with a CBC suite of X-Road', () => ({ only: CBC }), null],
  ['3.1', 'an RSA key, TLS 1.2 with the CBC suite of X-Road for it', () => ({ tls: odd.tls.rsa, only: CBC }), null],
  ['3.1', 'TLS 1.3 alone', () => ({ only: { minVersion: 'TLSv1.3' } }), null],
  ['3.1', 'an old version of TLS', () => ({ only: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } }), 'network_error', 0],
  ['3.5 rule 4', 'a good answer', () => status((t) => peer.ocsp(t)), null],
  ['3.5 rule 4', 'an answer about another certificate', () => status(() => peer.ocsp(peer.sign)), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'the right answer stands second', () => status((t) => peer.ocsp(peer.sign, { others: [[t.der, 'good']] })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'an answer by SHA-256', () => status((t) => peer.ocsp(t, { alg: 'sha256' })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'a stranger signed the answer', () => status((t) => peer.ocsp(t, { by: odd.stranger, inside: [odd.stranger.cert] })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'the authority gave the responder its right', () => status((t) => peer.ocsp(t, { by: odd.responder, inside: [odd.responder.cert] })), null],
  ['3.5 rule 4', 'the responder may do something else', () => status((t) => peer.ocsp(t, { by: odd.useless, inside: [odd.useless.cert] })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'an answer of two hours ago', () => status((t) => peer.ocsp(t, { from: Date.now() - 2 * HOUR, next: Date.now() + HOUR })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'an answer that a newer one has replaced', () => status((t) => peer.ocsp(t, { from: Date.now() - HOUR / 2, next: Date.now() - HOUR / 4 })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'an answer from the future', () => status((t) => peer.ocsp(t, { from: Date.now() + HOUR / 2, next: Date.now() + HOUR })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'below an authority in between that is revoked', () => below('revoked'), TLS + 'cert_validation', 0],
  ['3.5 rule 4', 'below an authority in between', () => below('good', 1), null],
  ['3.5 rule 4', 'the certificate is revoked', () => status((t) => peer.ocsp(t, { state: 'revoked' })), TLS + 'cert_validation', 0],
  ['3.5 rule 4', 'the responder does not know the certificate', () => status((t) => peer.ocsp(t, { state: 'unknown' })), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'the responder could not tell', () => status(() => statusRefusal()), TLS + 'incorrect_validation_info', 0],
  ['3.5 rule 4', 'no answer but noise', () => status(() => Buffer.from('noise')), TLS + 'incorrect_validation_info', 0],

  ['3.6', 'the head is changed after signing', () => set(HEAD, (b) => b.toString().replace('Content-Type', 'content-type')), 'malformed_signature.invalid_hash_chain_ref'],
  ['3.6', 'the body is changed after signing', () => set(BODY, () => '{"secret":"changed"}'), 'malformed_signature.invalid_hash_chain_ref'],
  ['3.6', 'the head is changed, no body', () => ({ body: null, ...set(HEAD, (b) => b.toString().replace('Content-Type', 'content-type')) }), 'invalid_signature_value'],
  ['3.6', 'the value of the signature is changed', () => spoil({ xml: (x) => x.replace(/(<ds:SignatureValue[^>]*>)(.)/, (_, a, c) => a + (c === 'A' ? 'B' : 'A')) }), 'invalid_signature_value'],
  ['3.6', 'every part referenced straight', () => ({ xades: { direct: true } }), null],
  ['3.6', 'the signature does not cover the body', () => ({ xades: { direct: true, spoil: { parts: (p) => p.slice(0, 1) } } }), 'malformed_signature'],
  ['3.6', 'the chain does not cover the body', () => spoil({ parts: (p) => p.slice(0, 1) }), 'malformed_signature.hashchain_unused_inputs'],
  ['3.6', 'a signed answer gets a body', () => ({ body: null, parts: (p) => [p[0], [BODY, '{"secret":"added"}'], p[1]] }), 'malformed_signature'],
  ['3.6', 'a signed answer loses its body', () => ({ parts: (p) => p.filter(([t]) => t !== BODY) }), 'malformed_signature.invalid_reference'],
  ['3.6', 'signed by the member that asks', () => signer(odd.sign.other), 'incorrect_certificate'],
  ['3.6', 'signed with an authentication certificate', () => signer(odd.sign.auth), 'incorrect_certificate'],
  ['3.6', 'signed with the TLS key', () => signer(peer.tls), 'incorrect_certificate'],
  ['3.6', 'the signing certificate has ended', () => signer(odd.sign.ended), 'cert_validity_time'],
  ['3.6', 'a stranger issued the signing certificate', () => signer(odd.sign.stranger), 'cannot_create_cert_path'],
  ['3.6', 'the signing certificate is revoked', () => signer(peer.sign, { state: 'revoked' }), 'cert_validation'],
  ['3.6', 'an answer about another certificate in the signature', () => ({ xades: { ocsp: peer.ocsp(peer.tls) } }), 'incorrect_validation_info'],
  ['3.6', 'an old answer in the signature', () => signer(peer.sign, { from: Date.now() - 2 * HOUR, next: Date.now() + HOUR }), 'incorrect_validation_info'],
  ['3.6', "the question's signature sent back", () => ({ parts: (p, q) => [...p.slice(0, -3), ...q.signed] }), 'malformed_signature.invalid_hash_chain_ref'],
  ['3.6', 'two signatures in the document', () => spoil({ xml: (x) => x.replace(/<ds:Signature .*<\/ds:Signature>/, (s) => s + s) }), 'malformed_signature'],

  ['3.3', 'no message', () => ({ parts: (p) => p.filter(([t]) => t !== HEAD) }), BAD + 'missing_rest'],
  ['3.3', 'no signature', () => ({ parts: (p) => p.slice(0, -1) }), BAD + 'missing_signature'],
  ['3.3', 'nothing at all', () => ({ parts: () => [[XADES, '']] }), BAD + 'missing_rest'],
  ['3.3', 'two messages', () => ({ parts: (p) => [p[0], ...p] }), BAD + 'invalid_message'],
  ['3.3', 'two signatures', () => ({ parts: (p) => [...p, p.at(-1)] }), BAD + 'invalid_message'],
  ['3.3', 'a body after the signature', () => ({ parts: (p) => [...p, [BODY, '{"secret":"late"}']] }), BAD + 'invalid_message'],
  ['3.3', 'a status answer in an answer', () => ({ parts: (p) => [['application/ocsp-response', peer.ocsp(peer.tls)], ...p] }), BAD + 'invalid_message'],
  ['3.3', 'a question instead of an answer', () => ({ parts: (p) => p.map(([t, b]) => [t.replace('rest-response', 'rest-request'), b]) }), BAD + 'invalid_message'],
  ['3.3', 'a fault at once', () => ({ parts: () => [FAULT(MINE)] }), MINE],
  ['3.3', 'a fault behind half of the body', () => ({ parts: (p) => [p[0], [BODY, p[1][1].subarray(0, 9)], FAULT(MINE)] }), MINE],
  ['3.3', 'a fault in place of the signature', () => ({ parts: (p) => [...p.slice(0, -1), FAULT(MINE)] }), MINE],
  ['3.2', 'a bare fault', () => reply((rs) => send(rs, 'text/xml', FAULT(MINE)[1])), MINE],
  ['3.2', 'a bare fault with a code of markup', () => reply((rs) => send(rs, 'text/xml', FAULT('&lt;b&gt;')[1])), BAD + 'malformed_soap'],
  ['3.2', 'a bare fault with a code of dots', () => reply((rs) => send(rs, 'text/xml', FAULT('...')[1])), BAD + 'malformed_soap'],
  ['3.2', 'an envelope without a fault', () => reply((rs) => send(rs, 'text/xml', '<a/>')), BAD + 'malformed_soap'],
  ['3.2', 'no XML where a fault should be', () => reply((rs) => send(rs, 'text/xml', 'secret')), BAD + 'malformed_soap'],
  ['3.2', 'a page of HTML', () => reply((rs) => send(rs, 'text/html', '<p>secret')), BAD + 'invalid_content_type'],
  ['3.2', 'no content type', () => reply((rs, b) => rs.writeHead(200, { connection: 'close' }).end(b)), BAD + 'invalid_content_type'],
  ['3.2', 'a status of 500', () => reply((rs, b, t) => send(rs, t, b, 500)), 'http_error'],
  ['3.2', 'a redirect', () => reply((rs) => rs.writeHead(302, { location: `http://${peer.address}:5577/`, connection: 'close' }).end()), 'http_error'],
  ['3.3', 'the multipart ends early', () => reply((rs, b, t) => send(rs, t, b.subarray(0, b.length - 60))), BAD + 'mime_parsing_failed'],
  ['3.3', 'bytes behind the multipart', () => reply((rs, b, t) => send(rs, t, Buffer.concat([b, Buffer.from('secret')]))), BAD + 'invalid_message'],
  ['3.3', 'another boundary', () => reply((rs, b) => send(rs, 'multipart/mixed; boundary=another', b)), BAD + 'mime_parsing_failed'],
  ['3.3', 'the connection breaks in the answer', () => reply((rs, b, t) => { rs.writeHead(200, { 'content-type': t, 'content-length': b.length }); rs.write(b.subarray(0, b.length >> 1), () => rs.socket.destroy()); }), 'network_error'],
  ['3.1', 'the connection breaks before the answer', () => reply((rs) => rs.socket.destroy()), 'network_error'],
  ['1.9', 'an answer of forty megabytes', () => reply((rs, b, t) => { rs.on('error', () => {}); send(rs, t, Buffer.alloc(40 << 20, 'secret')); }), BAD + 'mime_parsing_failed'],

  ['1.9', 'an answer of four megabytes', () => ({ body: LARGE }), null],
  ['1.9', 'one byte of four megabytes is changed', () => ({ body: LARGE, ...set(BODY, (b) => Buffer.concat([b.subarray(0, b.length - 1), Buffer.from('y')])) }), 'malformed_signature.invalid_hash_chain_ref'],
  ['1.9', 'the signature does not cover the four megabytes', () => ({ body: LARGE, xades: { direct: true, spoil: { parts: (p) => p.slice(0, 1) } } }), 'malformed_signature'],
  ['1.9', 'a fault behind half of four megabytes', () => ({ body: LARGE, parts: (p) => [p[0], [BODY, p[1][1].subarray(0, 2 << 20)], FAULT(MINE)] }), MINE],
  ['1.9', 'four megabytes, cut', () => ({ body: LARGE, ...reply((rs, b, t) => send(rs, t, b.subarray(0, 3 << 20))) }), BAD + 'mime_parsing_failed'],
  ['1.9', 'the connection breaks in four megabytes', () => ({ body: LARGE, ...reply((rs, b, t) => { rs.writeHead(200, { 'content-type': t, 'content-length': b.length }); rs.write(b.subarray(0, 3 << 20), () => rs.socket.destroy()); }) }), 'network_error'],
  ['1.9', 'more than the log keeps', () => ({ body: Buffer.alloc(12 << 20, 'secret') }), 'logging_failed'],

  ['HTTP', 'written by hand, all right', () => raw((b, t) => http(t, `Content-Length: ${b.length}`)), null],
  ['HTTP', 'up to the end of the connection', () => raw((b, t) => http(t)), null],
  ['HTTP', 'two lengths', () => raw((b, t) => http(t, `Content-Length: ${b.length}`, 'Content-Length: 5')), 'network_error'],
  ['HTTP', 'a length and chunks', () => raw((b, t) => http(t, `Content-Length: ${b.length}`, 'Transfer-Encoding: chunked')), 'network_error'],
  ['HTTP', 'a length below nothing', () => raw((b, t) => http(t, 'Content-Length: -1')), 'network_error'],
  ['HTTP', 'a length beyond all numbers', () => raw((b, t) => http(t, 'Content-Length: 99999999999999999999999999')), 'network_error'],
  ['HTTP', 'a chunk beyond all numbers', () => raw((b, t) => Buffer.from(`${http(t, 'Transfer-Encoding: chunked')}FFFFFFFFFFFFFFFFFFFFF\r\nsecret`)), 'network_error'],
  ['HTTP', 'a chunk that is shorter than it says', () => raw((b, t) => Buffer.from(`${http(t, 'Transfer-Encoding: chunked')}ff\r\nsecret\r\n0\r\n\r\n`)), 'network_error'],
  ['HTTP', 'less than the length', () => raw((b, t) => http(t, `Content-Length: ${b.length + 1}`)), 'network_error'],
  ['HTTP', 'no HTTP', () => raw(() => Buffer.from('secret\r\n\r\n')), 'network_error'],
  ['HTTP', 'a status that is no number', () => raw((b, t) => http(t).replace('200', '2oo')), 'network_error'],
  ['HTTP', 'a header of a megabyte', () => raw((b, t) => http(t, `X-A: ${'a'.repeat(1 << 20)}`)), 'network_error'],
  ['HTTP', 'a hundred thousand headers', () => raw((b, t) => http(t, ...Array.from({ length: 1e5 }, () => 'X-A: 1'))), 'network_error'],
  ['HTTP', 'a thousand interim answers', () => raw((b, t) => `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)}${http(t, `Content-Length: ${b.length}`)}`), null],

  ['1.2', 'Transfer-Encoding inside the message', () => more('Transfer-Encoding:chunked'), BAD + 'invalid_rest'],
  ['1.2', 'Connection inside the message', () => more('Connection:close'), BAD + 'invalid_rest'],
  ['1.2', 'Content-Length inside the message', () => more('Content-Length:7'), BAD + 'invalid_rest'],
  ['1.3', 'a thousand headers', () => more(...Array.from({ length: 1000 }, (_, i) => `X-A${i}:1`)), BAD + 'invalid_rest'],
  ['1.3', 'a header of a megabyte', () => more(`X-A:${'a'.repeat(1 << 20)}`), BAD + 'invalid_rest'],
  ['1.3', 'a header that splits the HTTP answer', () => more('X-A:1\nSet-Cookie: a=b'), BAD + 'invalid_rest'],
  ['1.3', 'a status of four digits', () => ({ head: (h) => h.replace('200', '2000') }), BAD + 'invalid_rest'],
  ['1.3', 'a status that only promises an answer', () => ({ status: 103 }), BAD + 'invalid_rest'],
  ['1.3', 'the last status that only promises one', () => ({ status: 199 }), BAD + 'invalid_rest'],
  ['1.3', 'a status below 100', () => ({ head: (h) => h.replace('200', '099') }), BAD + 'invalid_rest'],
  ['1.2', 'an ordinary header twice', () => more('X-A:1', 'X-A:2'), null],
];

async function refused(r, fault) {
  const type = fault.startsWith('Server.') ? fault : C + fault;
  assert.equal(r.error, type, r.text.slice(0, 300));
  assert.equal(r.json.type, type);
  assert.ok(/^[^<]{20,}\.$/.test(r.json.message), r.json.message);
  assert.ok(!r.text.includes('secret'), 'nothing of the answer comes through');
  await until(`the log line of fault ${r.json.detail}`, () => nation.hanoi.log().some((l) => l.fault_id === r.json.detail && l.fault === type));
}

for (const [rule, what, how, fault, arrives = 1] of rows) {
  test(`${rule}: ${what}: ${fault ?? 'is handed over'}`, async () => {
    peer.take(how());
    const before = peer.asked, r = await ask();
    if (r.error === null) answered += 1;
    if (fault) await refused(r, fault);
    else assert.equal(r.error, null, r.text);
    assert.equal(peer.asked - before, arrives, 'how often the question was sent');
  });
}

test('5.1: a fault leaves its row, however long its words are', async () => {
  const rows = () => number(nation, nation.hanoi, 'log', `SELECT COUNT(*) FROM message WHERE side = 1 AND is_answer = 1 AND fault = '${MINE}'`), earlier = rows();
  const long = FAULT(MINE, 'ế'.repeat(1000))[1].replace(/(<faultDetail[^>]*>)[^<]*/, `$1${'đ'.repeat(200)}`);
  peer.take(reply((rs) => send(rs, 'text/xml', long)));
  const r = await ask();
  assert.equal(r.error, MINE);
  assert.equal(r.json.detail, 'đ'.repeat(127), 'cut between two characters');
  assert.equal(rows(), earlier + 1);
});

test('HTTP: what stands behind an answer on a kept connection answers nothing', async () => {
  const stale = http('text/xml', 'Content-Length: 6') + 'secret';
  for (let i = 0; i < 3; i++) {
    peer.take(raw((b, t) => Buffer.concat([Buffer.from(http(t, `Content-Length: ${b.length}`)), b, Buffer.from(stale)]), { cut: false }));
    const before = peer.asked, r = await ask();
    assert.equal(r.json?.secret, 'of the hostile peer', r.text);
    assert.equal(peer.asked - before, 1);
    answered += 1;
  }
});

test('what was handed over stands whole in the log, and nothing else; the node goes on', async () => {
  peer.take();
  assert.equal((await ask()).json.secret, 'of the hostile peer');
  answered += 1;
  const count = (where) => number(nation, nation.hanoi, 'log', `SELECT COUNT(*) FROM message WHERE side = 1 AND is_answer = 1 AND ${where}`);
  assert.equal(count("digest IS NOT NULL AND fault = '' AND service LIKE '%/probe/ask'"), answered + 1); // and the one that was waited for
  await nation.sen(['journal', 'verify', '--node', nation.hanoi.dir]);
});
