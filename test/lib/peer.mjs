// An independent X-Road peer in JavaScript, written from the protocol alone: it reads the anchor and the global configuration, makes canonical REST messages, hash chains and
// XAdES signatures, speaks mutual TLS to a provider's port 5500, and verifies answers. It borrows a node's keys (the tests know the sandbox PIN). Every part of what it
// sends can be changed before it goes and before it is signed, so that it can be a hostile one: hostile.mjs.
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createVerify, randomUUID, sign as signBytes, verify as verifyBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { octets, seq, utf8 } from './der.mjs';

const SHA512 = 'http://www.w3.org/2001/04/xmlenc#sha512';
const ECDSA = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512';
export const sha512 = (b) => createHash('sha512').update(b).digest();
export const CRLF = '\r\n';
const same = (x) => x;

// ---- multipart ----
export function splitMultipart(type, bytes) {
  const boundary = /boundary="?([^";]+)"?/.exec(type)[1];
  const delimiter = Buffer.from(`--${boundary}`);
  const parts = [];
  let at = bytes.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length;
    if (bytes.subarray(start, start + 2).toString() === '--') break;
    const next = bytes.indexOf(Buffer.from(`${CRLF}--${boundary}`), start);
    const whole = bytes.subarray(start + 2, next);
    const blank = whole.indexOf(`${CRLF}${CRLF}`);
    const headers = Object.fromEntries(whole.subarray(0, blank).toString().split(CRLF).filter(Boolean).map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 1).trim()]));
    parts.push({ headers, body: whole.subarray(blank + 4), start: start + 2 });
    at = next + 2;
  }
  return parts;
}

// writeMultipart: parts as [content type, bytes], in order.
export function writeMultipart(parts, boundary = 'xtopabcdefghijklmnopqrstuvwxyzabcd') {
  const bytes = parts.flatMap(([type, data], i) => [Buffer.from(`${i ? CRLF : ''}--${boundary}${CRLF}content-type: ${type}${CRLF}${CRLF}`), Buffer.from(data)]);
  return { type: `multipart/mixed; charset=UTF-8; boundary=${boundary}`, bytes: Buffer.concat([...bytes, Buffer.from(`${CRLF}--${boundary}--${CRLF}`)]) };
}

// ---- the directory: anchor -> signed document -> shared parameters, each step verified ----
export async function readDirectory(anchorXml) {
  const url = /<downloadURL>([^<]+)<\/downloadURL>/.exec(anchorXml)[1];
  const certs = [...anchorXml.matchAll(/<verificationCert>([^<]+)<\/verificationCert>/g)].map((m) => Buffer.from(m[1], 'base64'));
  const answer = await fetch(`${url}?version=6`);
  const document = Buffer.from(await answer.arrayBuffer());
  // the document carries its own header block
  const blank = document.indexOf(`${CRLF}${CRLF}`);
  const [signed, signature] = splitMultipart(document.subarray(0, blank).toString(), document.subarray(blank + 4));
  // the signed bytes run up to and including the CRLF after the inner end; the CRLF of the outer delimiter is not signed
  const covered = signed.body;
  const [hashed, method] = [signature.headers['verification-certificate-hash'], signature.headers['signature-algorithm-id']];
  const hash = /^([^;]+);/.exec(hashed)[1].trim();
  const cert = certs.find((c) => sha512(c).toString('base64') === hash);
  if (!cert) throw new Error('the directory is not signed by a certificate of the anchor');
  if (method !== ECDSA && !method.includes('rsa-sha512')) throw new Error(`unexpected ${method}`);
  const good = verifyBytes('sha512', covered, new X509Certificate(cert).publicKey, Buffer.from(signature.body.toString(), 'base64'));
  if (!good) throw new Error('the signature of the directory does not fit');
  const inner = splitMultipart(signed.headers['content-type'], covered);
  const shared = inner.find((p) => p.headers['content-identifier']?.startsWith('SHARED-PARAMETERS'));
  const file = await fetch(new URL(shared.headers['content-location'], url));
  const xml = Buffer.from(await file.arrayBuffer());
  if (sha512(xml).toString('base64') !== shared.body.toString().trim()) throw new Error('shared parameters do not fit their digest');
  return { xml: xml.toString(), ca: Buffer.from(/<topCA><cert>([^<]+)<\/cert>/.exec(xml.toString().replace(/>\s+</g, '><'))[1], 'base64'), ocspUrl: /<url>([^<]+)<\/url>/.exec(xml.toString())[1] };
}

// ---- DER of a hash step ----
export const stepDer = (digests) => seq(...digests.map((d) => seq(octets(d), utf8(SHA512), seq())));

const NS = 'xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

// loadKey: a node's newest key of this kind and its certificate, opened with the sandbox PIN.
export function loadKey(node, prefix) {
  const pin = readFileSync(join(node.dir, 'pin'), 'utf8').trim(), keys = join(node.dir, 'keys');
  const id = readdirSync(keys).find((n) => n.startsWith(prefix) && n.endsWith('.key')).replace(/\.key$/, '');
  const pem = readFileSync(join(keys, `${id}.key`));
  const key = createPrivateKey({ key: pem, format: pem.toString().includes('-----BEGIN') ? 'pem' : 'der', type: 'pkcs8', passphrase: pin });
  if (!existsSync(join(keys, `${id}.cert.pem`))) return { key };
  const cert = readFileSync(join(keys, `${id}.cert.pem`), 'utf8');
  return { key, pem: cert, x509: new X509Certificate(cert) };
}

export class Peer {
  // node: whose keys and anchor it has; own: keys of its own instead, { tls, sign }.
  constructor(nation, node, own) {
    this.node = node;
    this.dir = mkdtempSync(join(tmpdir(), 'sen-peer-'));
    const { tls, sign } = own ?? { tls: loadKey(node, 'tls-'), sign: loadKey(node, 'sign-') };
    this.tls = tls;
    this.sign = sign;
  }

  close() { rmSync(this.dir, { recursive: true, force: true }); }

  async join() {
    this.directory = await readDirectory(readFileSync(join(this.node.dir, 'anchor.xml'), 'utf8'));
    const ca = this.directory.ca;
    writeFileSync(join(this.dir, 'ca.pem'), ca.toString().includes('BEGIN') ? ca : `-----BEGIN CERTIFICATE-----\n${ca.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`);
    return this;
  }

  // ocsp: an answer of the sandbox CA, fetched and judged by openssl.
  ocsp(who) {
    writeFileSync(join(this.dir, 'leaf.pem'), who.pem);
    const out = join(this.dir, 'ocsp.der');
    const said = execFileSync('openssl', ['ocsp', '-issuer', join(this.dir, 'ca.pem'), '-cert', join(this.dir, 'leaf.pem'), '-CAfile', join(this.dir, 'ca.pem'), '-url', this.directory.ocspUrl, '-no_nonce', '-respout', out], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (!/: good/.test(said)) throw new Error(`openssl does not accept the OCSP answer: ${said}`);
    return readFileSync(out);
  }

  message({ client, service, path = '', method = 'POST', headers = [], requestId = randomUUID(), id = `VN-${randomUUID()}` }) {
    const lines = [method, `/r1/${service}${path}`, `X-Road-Client:${client}`, ...headers.map(([k, v]) => `${k}:${v}`), `x-road-request-id:${requestId}`, `x-road-id:${id}`];
    return { bytes: Buffer.from(lines.map((l) => l + CRLF).join('')), requestId, id };
  }

  // xades: a signature document over the parts, by the rules of the protocol: through a hash chain where there is a body, or straight (direct). spoil changes what comes
  // next to be digested or signed: parts [name, digest], chain, result, properties, info; what it leaves is signed well. xml is changed last, when all is signed.
  xades(message, body, { ocsp = this.ocsp(this.sign), signer = this.sign, direct = !body, algorithm = ECDSA, spoil = {} } = {}) {
    let covered = [['/message.xml', sha512(message)], ...(body ? [['/attachment1', sha512(body)]] : [])];
    covered = (spoil.parts ?? same)(covered);
    let chainResult, chain, mime = 'text/xml', references = covered;
    if (!direct) {
      const value = sha512(stepDer(covered.map(([, d]) => d)));
      chain = (spoil.chain ?? same)(`<?xml version="1.0" encoding="UTF-8"?><HashChain xmlns="http://cyber.ee/hashchain" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><DefaultDigestMethod Algorithm="${SHA512}"/><HashStep id="STEP0">${covered.map(([name, d]) => `<DataRef URI="${name}"><ds:DigestValue>${d.toString('base64')}</ds:DigestValue></DataRef>`).join('')}</HashStep></HashChain>`);
      chainResult = (spoil.result ?? same)(`<?xml version="1.0" encoding="UTF-8"?><HashChainResult xmlns="http://cyber.ee/hashchain" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" URI="/sig-hashchain.xml#STEP0"><ds:DigestMethod Algorithm="${SHA512}"/><ds:DigestValue>${value.toString('base64')}</ds:DigestValue></HashChainResult>`);
      mime = 'application/hash-chain-result';
      references = [['/sig-hashchainresult.xml', sha512(Buffer.from(chainResult))]];
    }
    const der = signer.x509.raw;
    const issuer = signer.x509.issuer.split('\n').reverse().map((rdn) => rdn.replace(/,/g, '\\,')).join(',');
    const properties = (spoil.properties ?? same)(`<xades:SignedSignatureProperties><xades:SigningTime>${new Date().toISOString()}</xades:SigningTime><xades:SigningCertificate><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="${SHA512}"></ds:DigestMethod><ds:DigestValue>${sha512(der).toString('base64')}</ds:DigestValue></xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>${issuer}</ds:X509IssuerName><ds:X509SerialNumber>${BigInt(`0x${signer.x509.serialNumber}`)}</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate><xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId><xades:Identifier Qualifier="OIDAsURN">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier><xades:Description>Profile for High Performance Digital Signatures (version 1.2)</xades:Description></xades:SigPolicyId><xades:SigPolicyHash><ds:DigestMethod Algorithm="${SHA512}"></ds:DigestMethod><ds:DigestValue>BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==</ds:DigestValue></xades:SigPolicyHash><xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>https://repo.cyber.ee/dsig-profile-1.2.pdf</xades:SPURI></xades:SigPolicyQualifier></xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier></xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#signature-reference-0"><xades:MimeType>${mime}</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>`);
    const canonicalProperties = `<xades:SignedProperties ${NS} Id="signed-properties">${properties}`;
    const reference = (id, uri, digest, type = '') => `<ds:Reference Id="${id}"${type} URI="${uri}"><ds:DigestMethod Algorithm="${SHA512}"></ds:DigestMethod><ds:DigestValue>${digest.toString('base64')}</ds:DigestValue></ds:Reference>`;
    const about = references.map(([uri, d], i) => reference(`signature-reference-${i ? i + 1 : 0}`, uri, d)).join('');
    const info = (spoil.info ?? same)(`<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${algorithm}"></ds:SignatureMethod>${about}${reference('signature-reference-1', '#signed-properties', sha512(Buffer.from(canonicalProperties)), ' Type="http://uri.etsi.org/01903#SignedProperties"')}</ds:SignedInfo>`);
    const value = signBytes('sha512', Buffer.from(`<ds:SignedInfo ${NS}>${info}`), { key: signer.key, dsaEncoding: 'ieee-p1363' });
    const xml = `<?xml version="1.0" encoding="UTF-8" standalone="no"?><asic:XAdESSignatures ${NS}><ds:Signature Id="signature"><ds:SignedInfo>${info}<ds:SignatureValue Id="signature-value">${value.toString('base64')}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${der.toString('base64')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties Target="#signature"><xades:SignedProperties Id="signed-properties">${properties}<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue Id="ocsp-response-0">${ocsp.toString('base64')}</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties></xades:UnsignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>`;
    return { xml: (spoil.xml ?? same)(xml), chainResult, chain };
  }

  // send: one exchange with a provider; parts is what goes on the wire, in order: [content type, bytes]. http and bytes change what HTTP carries.
  send(address, parts, requestId, { tls = this.tls, http = same, bytes = same } = {}) {
    const written = writeMultipart(parts), body = bytes(written.bytes);
    const options = http({ host: address, port: 5500, method: 'POST', path: '/', rejectUnauthorized: false, key: tls?.key.export({ type: 'pkcs8', format: 'pem' }), cert: tls?.pem, agent: false,
      headers: { 'content-type': written.type, 'content-length': body.length, 'x-hash-algorithm': 'SHA-512', 'x-proxy-version': '7.8.1', 'x-road-message-type': 'REST', 'x-road-request-id': requestId } });
    return new Promise((done, fail) => {
      const rq = https.request(options, (rs) => {
        const got = [];
        rs.on('data', (d) => got.push(d));
        rs.on('end', () => {
          const bytes = Buffer.concat(got), type = rs.headers['content-type'] ?? '';
          const read = type.startsWith('multipart/') ? splitMultipart(type, bytes) : [{ headers: { 'content-type': type }, body: bytes }];
          const text = read.map((p) => p.body.toString()).find((t) => t.includes('<faultcode>'));
          done({ status: rs.statusCode, parts: read, fault: text && /<faultcode>([^<]*)</.exec(text)[1], sentence: text && /<faultstring>([^<]*)</.exec(text)[1], detail: text && /<faultDetail[^>]*>([^<]*)</.exec(text)?.[1] });
        });
      });
      rq.on('error', fail);
      rq.end(body);
    });
  }

  // parts: everything of a good request, in order.
  parts(message, body, signature, ocsp = this.ocsp(this.tls)) {
    const list = [['application/ocsp-response', ocsp], ['application/x-road-rest-request', message]];
    if (body) list.push(['application/x-road-rest-body', body]);
    if (signature.chain) list.push(['application/hash-chain-result', signature.chainResult], ['application/hash-chain', signature.chain]);
    list.push(['signature/bdoc-1.0/ts', signature.xml]);
    return list;
  }

  // checkAnswer: canonical answer, request hash and signature, verified without any of the product's code.
  checkAnswer(answer, request, body, provider) {
    const of = (type) => answer.parts.find((p) => p.headers['content-type']?.startsWith(type))?.body;
    const head = of('application/x-road-rest-response'), answerBody = of('application/x-road-rest-body'), xml = of('signature/bdoc-1.0/ts').toString();
    const headers = Object.fromEntries(head.toString().split(CRLF).slice(1).filter(Boolean).map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 1)]));
    const expected = body ? sha512(Buffer.concat([sha512(request.bytes), sha512(body)])) : sha512(request.bytes);
    const problems = [];
    if (headers['x-road-request-hash'] !== expected.toString('base64')) problems.push('request hash');
    if (headers['x-road-request-id'] !== request.requestId) problems.push('request id');
    if (headers['x-road-id'] !== request.id) problems.push('id');
    const cert = new X509Certificate(Buffer.from(/<ds:X509Certificate>([^<]+)</.exec(xml)[1], 'base64'));
    const info = /<ds:SignedInfo>([\s\S]*<\/ds:SignedInfo>)/.exec(xml)[1];
    const value = Buffer.from(/<ds:SignatureValue[^>]*>([^<]+)</.exec(xml)[1], 'base64');
    const v = createVerify('sha512').update(`<ds:SignedInfo ${NS}>${info}`);
    if (!v.verify({ key: cert.publicKey, dsaEncoding: 'ieee-p1363' }, value)) problems.push('signature value');
    const result = of('application/hash-chain-result');
    const covered = answerBody ? sha512(result) : sha512(head);
    if (!info.includes(covered.toString('base64'))) problems.push('reference');
    if (answerBody) {
      const step = sha512(stepDer([sha512(head), sha512(answerBody)])).toString('base64');
      if (!result.toString().includes(step)) problems.push('hash chain');
    }
    if (!cert.subject.includes(`serialNumber=${provider}`)) problems.push(`signer ${cert.subject}`);
    return { problems, head: head.toString(), body: answerBody?.toString(), headers, xml, result: result?.toString() };
  }
}
