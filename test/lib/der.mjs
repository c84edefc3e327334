// DER in a few lines: what the hostile peer of the tests needs to make certificates and answers about their status, right or wrong in any one field, with the
// sandbox authority's key. Written from X.690, RFC 5280 and RFC 6960; shares nothing with the product.
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

// ---- writing ----

const length = (n) => (n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]);
export const tlv = (tag, ...parts) => { const body = Buffer.concat(parts.map((p) => Buffer.from(p))); return Buffer.concat([Buffer.from([tag, ...length(body.length)]), body]); };
export const seq = (...parts) => tlv(0x30, ...parts);
export const octets = (bytes) => tlv(4, bytes);
const bits = (bytes, unused = 0) => tlv(3, [unused], bytes);
const integer = (n) => { let hex = BigInt(n).toString(16); if (hex.length % 2) hex = `0${hex}`; return tlv(2, hex[0] > '7' ? [0] : [], Buffer.from(hex, 'hex')); };
export const utf8 = (text) => tlv(12, Buffer.from(text));
const generalTime = (ms) => tlv(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
const NULL = tlv(5);
const TRUE = tlv(1, [0xff]);

export function oid(text) {
  const [a, b, ...rest] = text.split('.').map(Number);
  const bytes = [a * 40 + b];
  for (const n of rest) {
    const piece = [n & 127];
    for (let v = n >> 7; v > 0; v >>= 7) piece.unshift((v & 127) | 128);
    bytes.push(...piece);
  }
  return tlv(6, bytes);
}

// ---- reading ----

// parts: the elements inside a constructed one, each whole.
export function parts(der) {
  const at = (bytes, from) => {
    let n = bytes[from + 1], head = 2;
    if (n & 128) { const k = n & 127; head += k; n = 0; for (let i = 0; i < k; i++) n = n * 256 + bytes[from + 2 + i]; }
    return { head, end: from + head + n };
  };
  const list = [], whole = at(der, 0);
  for (let from = whole.head; from < whole.end;) { const e = at(der, from); list.push(der.subarray(from, e.end)); from = e.end; }
  return list;
}

const tbs = (cert) => { const p = parts(parts(cert)[0]); return p[0][0] === 0xa0 ? p.slice(1) : p; }; // serial, algorithm, issuer, validity, subject, key ...
export const subjectOf = (cert) => tbs(cert)[4];
const publicKeyOf = (cert) => tbs(cert)[5];
const serialOf = (cert) => tbs(cert)[0];

// ---- certificates ----

const ECDSA_SHA256 = seq(oid('1.2.840.10045.4.3.2'));
const NAMES = { C: '2.5.4.6', O: '2.5.4.10', CN: '2.5.4.3', serialNumber: '2.5.4.5', businessCategory: '2.5.4.15' };
const name = (fields) => seq(...Object.entries(fields).map(([k, v]) => tlv(0x31, seq(oid(NAMES[k]), k === 'C' || k === 'serialNumber' ? tlv(0x13, Buffer.from(v)) : utf8(v)))));
const signed = (body, key) => seq(body, ECDSA_SHA256, bits(sign('sha256', body, key)));

// Key usage as its bits: digitalSignature 0x80, nonRepudiation 0x40; extended key usage as names.
const EXTENDED = { clientAuth: '1.3.6.1.5.5.7.3.2', serverAuth: '1.3.6.1.5.5.7.3.1', ocspSigning: '1.3.6.1.5.5.7.3.9' };
export const DIGITAL_SIGNATURE = 0x80, NON_REPUDIATION = 0x40;

export const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
let lastSerial = Date.now();

// certificate: by an authority { cert, key }, or by itself; of an authority, where isAuthority says so.
export function certificate({ subject, key, by, usage, extended = [], from = Date.now() - 3600e3, to = Date.now() + 86400e3, isAuthority = false }) {
  const extensions = [isAuthority ? seq(oid('2.5.29.19'), TRUE, octets(seq(TRUE))) : seq(oid('2.5.29.19'), octets(seq()))];
  if (isAuthority) extensions.push(seq(oid('2.5.29.15'), TRUE, octets(bits([0x06], 1)))); // it signs certificates and their status
  if (usage) extensions.push(seq(oid('2.5.29.15'), TRUE, octets(bits([usage], usage & 0x40 ? 6 : 7))));
  if (extended.length) extensions.push(seq(oid('2.5.29.37'), octets(seq(...extended.map((e) => oid(EXTENDED[e]))))));
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const body = seq(tlv(0xa0, integer(2)), integer(++lastSerial), ECDSA_SHA256, by ? subjectOf(by.cert) : name(subject), seq(generalTime(from), generalTime(to)), name(subject), spki,
    tlv(0xa3, seq(...extensions)));
  return signed(body, by ? by.key : key);
}

// ---- status ----

const hash = (alg, bytes) => createHash(alg).update(bytes).digest();
const keyBits = (cert) => parts(publicKeyOf(cert))[1].subarray(1).subarray(publicKeyOf(cert).length > 140 ? 3 : 2); // behind tag, length and the count of unused bits
const CERT_ID = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' };
const certId = (cert, issuer, alg) => seq(seq(oid(CERT_ID[alg]), NULL), octets(hash(alg, subjectOf(issuer))), octets(hash(alg, keyBits(issuer))), serialOf(cert));
const STATES = { good: tlv(0x80), revoked: tlv(0xa1, generalTime(Date.now() - 60000)), unknown: tlv(0x82) };

// statusAnswer: about one certificate, good, of now, signed by the authority, unless said otherwise. others: further SingleResponses behind the first.
export function statusAnswer(cert, ca, { by = ca, state = 'good', from = Date.now() - 1000, next = Date.now() + 600e3, alg = 'sha1', inside = [], others = [], spoil = (x) => x } = {}) {
  const single = (about, st) => seq(certId(about, ca.cert, alg), STATES[st], generalTime(from), ...(next ? [tlv(0xa0, generalTime(next))] : []));
  const data = seq(tlv(0xa2, octets(hash('sha1', keyBits(by.cert)))), generalTime(Math.max(from, Date.now() - 1000)), seq(single(cert, state), ...others.map(([c, s]) => single(c, s))));
  const basic = seq(data, ECDSA_SHA256, bits(spoil(sign('sha256', data, by.key))), ...(inside.length ? [tlv(0xa0, seq(...inside))] : []));
  return seq(tlv(10, [0]), tlv(0xa0, seq(oid('1.3.6.1.5.5.7.48.1.1'), octets(basic))));
}

export const statusRefusal = () => seq(tlv(10, [3])); // tryLater
