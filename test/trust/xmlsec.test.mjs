// xmlsec.test.mjs: judges that we did not write: xmlsec1 accepts the signature documents of ours and openssl the raw signature value; both refuse
// a changed message. Needs the program xades_sample (built with the tests), or SEN_XADES_SAMPLE with its path.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

const program = resolve(process.env.SEN_XADES_SAMPLE ?? 'build/src/trust/xades_sample');
const missing = !existsSync(program) && `${program} is not built`;
const NAMESPACES = ' xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
  + ' xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
let dir;
const at = (name) => join(dir, name);

before(() => {
  if (missing) return;
  dir = mkdtempSync(join(tmpdir(), 'sen-xades-'));
  execFileSync(program, [dir]);
});
after(() => dir && rmSync(dir, { recursive: true, force: true }));

/** Runs xmlsec1 on a document; the detached parts of a message are mapped to files. */
function xmlsec(kind, document) {
  return spawnSync('xmlsec1', ['--verify', '--pubkey-cert-pem', at(`${kind}.cert.pem`), '--trusted-pem', at(`${kind}.cert.pem`), '--id-attr:Id', 'SignedProperties',
    '--url-map:/message.xml', at('message.xml'), '--url-map:/sig-hashchainresult.xml', at(`${kind}-two.result.xml`), at(document)], { encoding: 'utf8' });
}

for (const kind of ['p256', 'rsa']) {
  for (const parts of ['one', 'two'])
    test(`xmlsec1 accepts ${kind}, ${parts} part(s)`, { skip: missing }, () => {
      const run = xmlsec(kind, `${kind}-${parts}.xml`);
      assert.equal(run.status, 0, run.stderr);
      assert.match(run.stdout + run.stderr, /SignedInfo References \(ok\/all\): 2\/2/);
    });

  test(`xmlsec1 refuses ${kind} with another signing time`, { skip: missing }, () => {
    const changed = readFileSync(at(`${kind}-one.xml`), 'utf8').replace(/<xades:SigningTime>\d/, '<xades:SigningTime>3');
    writeFileSync(at('changed.xml'), changed);
    assert.notEqual(xmlsec(kind, 'changed.xml').status, 0);
  });
}

/** r || s of an XML signature as ASN.1 DER, which openssl reads. */
function ecdsaDer(raw) {
  const integer = (bytes) => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const body = bytes[start] & 0x80 ? Buffer.concat([Buffer.of(0), bytes.subarray(start)]) : bytes.subarray(start);
    return Buffer.concat([Buffer.of(2, body.length), body]);
  };
  const half = raw.length / 2;
  const body = Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

/** openssl on the canonical SignedInfo: the namespaces of the root stand on it, otherwise it is written as it is. */
function openssl(kind, change = (text) => text) {
  const xml = readFileSync(at(`${kind}-one.xml`), 'utf8');
  const info = change(/<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(xml)[0].replace('<ds:SignedInfo', `<ds:SignedInfo${NAMESPACES}`));
  const value = Buffer.from(/<ds:SignatureValue[^>]*>([^<]*)</.exec(xml)[1], 'base64');
  writeFileSync(at('info'), info);
  writeFileSync(at('value'), kind === 'p256' ? ecdsaDer(value) : value);
  writeFileSync(at('key.pem'), execFileSync('openssl', ['x509', '-in', at(`${kind}.cert.pem`), '-pubkey', '-noout']));
  return spawnSync('openssl', ['dgst', '-sha512', '-verify', at('key.pem'), '-signature', at('value'), at('info')], { encoding: 'utf8' });
}

for (const kind of ['p256', 'rsa'])
  test(`openssl verifies the value of ${kind} and no other`, { skip: missing }, () => {
    assert.equal(openssl(kind).stdout.trim(), 'Verified OK');
    assert.notEqual(openssl(kind, (text) => text.replace('/message.xml', '/message.xmL')).status, 0);
  });
