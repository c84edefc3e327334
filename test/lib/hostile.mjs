// A hostile member of the nation: registered with the operator, with keys of its own and every certificate it likes, for it holds the sandbox authority's key too. It asks
// (Peer) and it answers (serve): everything it sends is right except what a test breaks. Nothing here is the product's code.
import { X509Certificate } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { bytes, change } from './database.mjs';
import { certificate, DIGITAL_SIGNATURE, newKey, NON_REPUDIATION, statusAnswer } from './der.mjs';
import { CRLF, loadKey, Peer, sha512, splitMultipart, writeMultipart } from './peer.mjs';

const toPem = (der) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
const same = (x) => x;

export class Hostile extends Peer {
  static async join(nation, { class: memberClass = 'GOV', code = 'X66', server = 'h1', host = 66, subsystem = 'probe' } = {}) {
    const h = new Hostile(nation, nation.operator, {});
    Object.assign(h, { nation, memberClass, code, server, subsystem, address: `${nation.net}.${host}`, client: `VN/${memberClass}/${code}/${subsystem}` });
    await Peer.prototype.join.call(h);
    h.ca = { key: loadKey(nation.operator, 'ca-').key, cert: h.directory.ca };
    h.tls = h.issue('tls');
    h.sign = h.issue('sign');
    const place = ['--name', 'Hostile', '--server', server, '--address', h.address, '--node', nation.operator.dir];
    await nation.sen(['directory', 'add-client', `${memberClass}/${code}`, subsystem, '--title', 'Probe', ...place]);
    return h;
  }

  // issue: a certificate by the sandbox authority, for one of the two uses, unless said otherwise.
  issue(kind, { key = newKey(), ...more } = {}) {
    const uses = { tls: { usage: DIGITAL_SIGNATURE, extended: ['clientAuth', 'serverAuth'] }, sign: { usage: NON_REPUDIATION } };
    const der = certificate({ subject: { businessCategory: this.memberClass, serialNumber: this.code, O: 'Hostile', CN: `${this.server}.hostile` }, key, by: this.ca, ...uses[kind], ...more });
    return { key, der, pem: toPem(der), x509: new X509Certificate(der) };
  }

  // authority: one that the sandbox authority certified and the directory does not know.
  authority() {
    const key = newKey();
    return { key, cert: certificate({ subject: { CN: 'An authority in between' }, key, by: this.ca, isAuthority: true }) };
  }

  // issueBelow: a TLS certificate of such an authority; it is shown with it.
  issueBelow(by) {
    const who = this.issue('tls', { by });
    return { ...who, pem: who.pem + toPem(by.cert) };
  }

  // list: the directory names these certificates for this server. The operator's command takes only what is for authentication; who got others past it wrote them here.
  list(...whos) {
    const quote = (t) => `'${t}'`, values = whos.map((w) => `(${[this.memberClass, this.code, this.server].map(quote)}, ${quote(w.x509.fingerprint256.replaceAll(':', '').toLowerCase())}, ${bytes(this.nation, w.der)})`);
    return this.#register(`INSERT INTO exchange_server_cert (class, code, server, hash, der) VALUES ${values}`);
  }

  // unlist: the directory names none of its certificates any more.
  unlist() { return this.#register(`DELETE FROM exchange_server_cert WHERE class = '${this.memberClass}' AND code = '${this.code}'`); }

  #register(sql) {
    change(this.nation, this.nation.operator, 'node', sql);
    return this.nation.sen(['directory', 'publish', '--node', this.nation.operator.dir]);
  }

  // ocsp: a status answer; more as in statusAnswer.
  ocsp(who, more) { return statusAnswer(who.der, this.ca, more); }

  close() {
    super.close();
    this.servers?.forEach((s) => { s.closeAllConnections(); s.close(); });
  }

  // ---- as a provider ----

  // serve: its two ports. turn is what the test wants of the next answer; without one all is right.
  async serve() {
    const door = https.createServer({ key: this.tls.key.export({ type: 'pkcs8', format: 'pem' }), cert: this.tls.pem, requestCert: true, rejectUnauthorized: false }, (rq, rs) => {
      const got = [];
      rq.on('data', (d) => got.push(d));
      rq.on('end', () => this.#answer(readQuestion(rq.headers['content-type'], Buffer.concat(got)), rs));
      rq.on('error', () => {});
    });
    door.on('tlsClientError', () => {});
    const status = http.createServer((rq, rs) => {
      this.statusAsked += 1;
      const turn = this.turn ?? {};
      if (turn.statusReply) return turn.statusReply(rs);
      const asked = new URL(rq.url, 'http://x').searchParams.get('cert'), answer = (typeof turn.ocsp === 'function' ? turn.ocsp(asked) : turn.ocsp) ?? this.ocsp(turn.tls ?? this.tls), written = writeMultipart((Array.isArray(answer) ? answer : [answer]).map((a) => ['application/ocsp-response', a]));
      return rs.writeHead(200, { 'content-type': written.type.replace('multipart/mixed', 'multipart/related; type="application/ocsp-response"') }).end(written.bytes);
    });
    this.servers = [door, status];
    this.asked = 0;
    this.statusAsked = 0;
    await Promise.all([[door, 5500], [status, 5577]].map(([s, port]) => new Promise((done) => { s.listen(port, this.address, done); })));
  }

  // take: the next answers are broken like this; the certificate is shown, and what TLS is limited to counts, from the next connection on.
  take(turn = {}) {
    this.turn = turn;
    const shown = turn.tls ?? this.tls;
    this.servers[0].setSecureContext({ key: shown.key.export({ type: 'pkcs8', format: 'pem' }), cert: shown.pem, ...turn.only });
  }

  #answer(question, rs) {
    const turn = this.turn ?? {};
    this.asked += 1;
    const { type, bytes } = this.answerBytes(question, turn);
    if (turn.reply) turn.reply(rs, bytes, type);
    else rs.writeHead(200, { 'content-type': type, 'x-hash-algorithm': 'SHA-512', connection: 'close' }).end(bytes);
  }

  // answerBytes: the multipart of an answer. facts, head, body, xades and parts change what comes next to be written, signed and sent.
  answerBytes(question, { facts = same, head = same, body = Buffer.from('{"secret":"of the hostile peer"}'), xades = {}, parts = same, status = 200 } = {}) {
    const f = facts({ 'x-road-id': question.header('x-road-id'), 'x-road-client': question.header('x-road-client'), 'x-road-service': question.service,
      'x-road-request-id': question.header('x-road-request-id'), 'x-road-request-hash': question.hash }, question);
    const lines = [status, 'OK', 'Content-Type:application/json', ...Object.entries(f).map(([k, v]) => `${k}:${v}`)];
    const written = Buffer.from(head(lines.map((l) => l + CRLF).join('')));
    const signature = this.xades(written, body, xades);
    return writeMultipart(parts(this.answerParts(written, body, signature), question));
  }

  answerParts(head, body, signature) {
    return [['application/x-road-rest-response', head], ...(body ? [['application/x-road-rest-body', body]] : []),
      ...(signature.chain ? [['application/hash-chain-result', signature.chainResult], ['application/hash-chain', signature.chain]] : []), ['signature/bdoc-1.0/ts', signature.xml]];
  }
}

function readQuestion(type, bytes) {
  const read = splitMultipart(type, bytes), of = (t) => read.find((p) => p.headers['content-type'] === t)?.body;
  const head = of('application/x-road-rest-request'), body = of('application/x-road-rest-body'), lines = head.toString().split(CRLF);
  const header = (name) => lines.slice(2).filter((l) => l.toLowerCase().startsWith(`${name}:`)).at(-1)?.slice(name.length + 1);
  const signed = read.slice(-3).map((p) => [p.headers['content-type'], p.body]);
  return { header, signed, service: lines[1].split('/').slice(2, 7).join('/'), hash: (body ? sha512(Buffer.concat([sha512(head), sha512(body)])) : sha512(head)).toString('base64') };
}

export const FAULT = (type, text = 'The hostile peer made this up.') => ['text/xml; charset=UTF-8', `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>${type}</faultcode><faultstring>${text}</faultstring><detail><faultDetail xmlns="">11111111-2222-4333-8444-555555555555</faultDetail></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`];
