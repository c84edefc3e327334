// openssl.test.mjs: the openssl program as an independent judge of our certificates, requests, OCSP answers and key files, and as a foreign authority whose
// certificates and answers ours must judge rightly. Needs the program trust_interop_test, or SEN_INTEROP_TEST with its path.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

const program = resolve(process.env.SEN_INTEROP_TEST ?? 'build/src/trust/trust_interop_test');
const skip = !existsSync(program) && `${program} is not built`;
let dir, ours;

/** Runs openssl in the folder; answers everything it said. */
function openssl(...args) {
  const run = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
  return { ok: run.status === 0, said: run.stdout + run.stderr };
}
const must = (...args) => {
  const run = openssl(...args);
  assert.ok(run.ok, `openssl ${args.join(' ')}: ${run.said}`);
  return run.said;
};

/** A foreign authority: RSA, with a leaf, and answers that say good, revoked, and good by somebody else. */
function makeForeign() {
  must('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'foreign-ca.pem', '-subj', '/CN=Foreign CA', '-days', '30');
  must('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'other.key', '-out', 'other.pem', '-subj', '/CN=Stranger', '-days', '30');
  must('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=Leaf');
  must('x509', '-req', '-in', 'leaf.csr', '-CA', 'foreign-ca.pem', '-CAkey', 'ca.key', '-set_serial', '7', '-days', '10', '-out', 'foreign-leaf.pem');
  must('ocsp', '-issuer', 'foreign-ca.pem', '-cert', 'foreign-leaf.pem', '-no_nonce', '-reqout', 'foreign-request.der');
  writeFileSync(join(dir, 'good.txt'), 'V\t351122000000Z\t\t07\tunknown\t/CN=Leaf\n');
  writeFileSync(join(dir, 'revoked.txt'), 'R\t351122000000Z\t200101000000Z\t07\tunknown\t/CN=Leaf\n');
  const answer = (index, cert, key, out) => must('ocsp', '-index', index, '-CA', 'foreign-ca.pem', '-rsigner', cert, '-rkey', key, '-reqin', 'foreign-request.der',
    '-respout', out, '-ndays', '1');
  answer('good.txt', 'foreign-ca.pem', 'ca.key', 'foreign-good.der');
  answer('revoked.txt', 'foreign-ca.pem', 'ca.key', 'foreign-revoked.der');
  answer('good.txt', 'other.pem', 'other.key', 'foreign-stranger.der');
}

before(() => {
  if (skip) return;
  dir = mkdtempSync(join(tmpdir(), 'sen-openssl-'));
  makeForeign();
  ours = spawnSync(program, { env: { ...process.env, SEN_INTEROP: dir }, encoding: 'utf8' });
});
after(() => dir && rmSync(dir, { recursive: true, force: true }));

test('ours judges certificates and answers of a foreign authority', { skip }, () => {
  assert.equal(ours.status, 0, ours.stdout + ours.stderr);
  assert.match(ours.stdout + ours.stderr, /\[ {2}PASSED {2}\] 2 test/);
});

test('openssl verifies our certificates for their purposes', { skip }, () => {
  for (const cert of ['our-sign.pem', 'our-tls.pem', 'our-ocsp.pem']) must('verify', '-x509_strict', '-CAfile', 'our-ca.pem', cert);
  must('verify', '-purpose', 'sslserver', '-verify_hostname', 'ps1.g01.vn', '-CAfile', 'our-ca.pem', 'our-tls.pem');
  must('verify', '-purpose', 'sslclient', '-CAfile', 'our-ca.pem', 'our-tls.pem');
  assert.equal(openssl('verify', '-purpose', 'sslserver', '-CAfile', 'our-ca.pem', 'our-sign.pem').ok, false);
  assert.equal(openssl('verify', '-CAfile', 'foreign-ca.pem', 'our-tls.pem').ok, false);
});

test('the signing certificate has the names of the Basic profile', { skip }, () => {
  const text = must('x509', '-in', 'our-sign.pem', '-noout', '-subject', '-ext', 'keyUsage', '-nameopt', 'utf8,sep_comma_plus');
  assert.match(text, /businessCategory=GOV/);
  assert.match(text, /serialNumber=G01/);
  assert.match(text, /CN=Bộ Công an/);
  assert.match(text, /Non Repudiation/);
});

test('openssl verifies our requests', { skip }, () => {
  for (const csr of ['our-sign.csr', 'our-tls.csr', 'our-ocsp.csr']) assert.match(must('req', '-verify', '-noout', '-inform', 'DER', '-in', csr), /verify OK/);
});

test('openssl reads our answers about a certificate', { skip }, () => {
  const ask = (answer) => must('ocsp', '-respin', answer, '-issuer', 'our-ca.pem', '-cert', 'our-sign.pem', '-CAfile', 'our-ca.pem', '-no_nonce');
  const good = ask('our-good.der'), revoked = ask('our-revoked.der');
  assert.match(good, /Response verify OK/);
  assert.match(good, /our-sign\.pem: good/);
  assert.match(revoked, /Response verify OK/);
  assert.match(revoked, /our-sign\.pem: revoked/);
});

test('our question is the one openssl would ask', { skip }, () => {
  must('ocsp', '-issuer', 'our-ca.pem', '-cert', 'our-sign.pem', '-no_nonce', '-reqout', 'their-request.der');
  assert.deepEqual(readFileSync(join(dir, 'our-request.der')), readFileSync(join(dir, 'their-request.der')));
});

test('a key file opens with its PIN, in openssl too, and with no other', { skip }, () => {
  const key = must('pkey', '-in', 'our-sign.key', '-passin', 'pass:a PIN for tests', '-pubout');
  const cert = execFileSync('openssl', ['x509', '-in', 'our-sign.pem', '-noout', '-pubkey'], { cwd: dir, encoding: 'utf8' });
  assert.equal(key, cert);
  assert.equal(openssl('pkey', '-in', 'our-sign.key', '-passin', 'pass:another PIN', '-noout').ok, false);
});
