// Transport: what an information system and a backend see of the exchange: verbs, headers, rights by path, time-outs, connection types; and one provider on two nodes of
// which one dies.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { copyFileSync, createReadStream, createWriteStream, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, remember, until } from '../lib/nation.mjs';
import { addServer, signalAll } from '../lib/second.mjs';

let nation, backend, seen, slowly, second;
const ECHO = '/r1/VN/GOV/G01/population/echo', MOMENT_MS = 700; // how long one of several servers has to be reached

// The backend answers as its path says and remembers what it was asked.
const answers = {
  echo(rq, rs, body) { rs.setHeader('x-seen', rq.method); rs.end(body); },
  rich(rq, rs) {
    rs.writeHead(207, [['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['Server', 'secret'], ['X-Road-Id', 'forged'],
      ...Array.from({ length: 40 }, (_, i) => [`X-Many-${i}`, `${i}`]), ['Content-Type', 'text/x']].flat());
    rs.end('rich');
  },
  away(rq, rs) { rs.writeHead(302, { Location: '/ps1/echo' }).end(); },
  silent(rq, rs) { rs.flushHeaders(); },
  slow(rq, rs) { slowly = rq.url; let n = 0; const t = setInterval(() => { rs.write('x'); if (++n === 14) { clearInterval(t); rs.end(); } }, 250); }, // longer than the service may be silent; no piece is late
  half(rq, rs) { rs.writeHead(200, { 'Content-Length': 100 }); rs.write('half'); setTimeout(() => rs.destroy(), 50); },
};
function startBackend() {
  return new Promise((done) => {
    const server = http.createServer((rq, rs) => {
      if (rq.url.endsWith('/pour')) {
        // the answer begins when all has come, as most servers do; on the disk, as this test measures memory of nodes only
        const file = join(nation.dir, 'poured');
        rq.pipe(createWriteStream(file)).on('finish', () => { rs.setHeader('Content-Length', statSync(file).size); createReadStream(file).pipe(rs); });
        return;
      }
      const got = [];
      rq.on('data', (d) => got.push(d));
      rq.on('end', () => {
        const body = Buffer.concat(got);
        seen = { method: rq.method, url: rq.url, raw: rq.rawHeaders, headers: rq.headers, body };
        (answers[rq.url.split('/')[2]?.split('?')[0]] ?? answers.echo)(rq, rs, body);
      });
    }).listen(0, '127.0.0.1', () => done(server));
  });
}

const service = (place) => `  services:\n    - {subsystem: population, code: echo, url: "http://127.0.0.1:${backend.address().port}/${place}/", timeout_s: 3}\n`;
const right = `    - {client: VN/GOV/H26/desk, subsystem: population, service: echo, path: "/*/**", purposes: [residence.register]}
    - {client: VN/GOV/H26/desk, subsystem: population, service: echo, path: "", purposes: [residence.register]}
    - {client: VN/GOV/H26/desk, subsystem: population, service: echo, path: "/*", purposes: [residence.register]}\n`;

const addSecond = () => addServer(nation, nation.police, { name: 'police2', host: 9, page: 8, code: 'ps2', member: 'GOV/G01', title: 'Bộ Công an', subsystem: 'population', subsystemTitle: 'Dân cư', shares: true });

before(async () => {
  backend = await startBackend();
  nation = await Nation.start();
  const file = join(nation.police.dir, 'node.yaml'), text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('  rights:\n', `${service('ps1')}  rights:\n${right}`));
  const desk = join(nation.hanoi.dir, 'node.yaml');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(nation.dir, 'k.pem'), '-out', join(nation.hanoi.dir, 'system.pem'),
    '-subj', '/CN=system', '-days', '1'], { stdio: 'ignore' });
  writeFileSync(desk, readFileSync(desk, 'utf8').replace(/(\n\s+systems: .*\n)/, `$1  systems_tls: ${nation.hanoi.address}:8443\n`));
  await nation.restart();
});
after(async () => { if (second) signalAll(second, 'SIGKILL'); backend?.close(); backend?.closeAllConnections?.(); await nation?.stop(); });

// ask: as an information system, byte for byte what is wanted: verbs and repeated headers that fetch does not let through.
function ask(path, { method = 'GET', headers = [], body, client = 'VN/GOV/H26/desk', tls } = {}) {
  const list = [...(client ? [['X-Road-Client', client]] : []), ['X-Sen-Purpose', 'residence.register'], ...(body === undefined ? [] : [['Content-Length', `${Buffer.byteLength(body)}`]]), ...headers];
  const url = new URL(tls ? `https://${nation.hanoi.address}:8443` : nation.hanoi.systems);
  return new Promise((done, fail) => {
    const rq = (tls ? https : http).request({ host: url.hostname, port: url.port, path, method, headers: [['Host', url.host], ...list].flat(), agent: false, ...tls, rejectUnauthorized: false }, (rs) => {
      const got = [];
      rs.on('data', (d) => got.push(d));
      rs.on('end', () => {
        const text = Buffer.concat(got).toString();
        remember(`${method} ${path}, ${rs.statusCode}`, text);
        done({ status: rs.statusCode, headers: rs.headers, raw: rs.rawHeaders, text, error: rs.headers['x-road-error'] });
      });
    });
    rq.on('error', fail);
    rq.end(body);
  });
}
const values = (raw, name) => raw.filter((_, i) => i % 2 === 1 && raw[i - 1].toLowerCase() === name);

test('every verb of X-Road arrives as it was sent; a body goes on with POST, PUT and PATCH only', async () => {
  for (const method of ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']) {
    const body = method === 'HEAD' || method === 'TRACE' ? undefined : 'content';
    const got = await ask(`${ECHO}/echo`, { method, body });
    assert.equal(got.status, 200, `${method} ${got.text}`);
    assert.equal(got.headers['x-seen'], method);
    const goes = ['PATCH', 'POST', 'PUT'].includes(method);
    assert.equal(seen.body.toString(), goes ? 'content' : '', method);
    assert.equal(got.text, goes ? 'content' : '');
  }
  const other = await ask(`${ECHO}/echo`, { method: 'PROPFIND' });
  assert.equal(other.error, 'client.invalid_http_method');
  assert.equal(other.status, 400);
});

test('headers go through in order with their duplicates, except those of one connection', async () => {
  await ask(`${ECHO}/echo?x=%20`, { headers: [['X-A', '1'], ['Cookie', 'c=1'], ['X-A', '2'], ['Authorization', 'Basic eDp5'], ['TE', 'trailers'], ['Keep-Alive', 'timeout=9'],
    ['X-Road-Request-Id', 'mine'], ['X-Road-Request-Hash', 'mine'], ['X-Road-Other', 'kept']] });
  assert.deepEqual(values(seen.raw, 'x-a'), ['1', '2']);
  assert.equal(seen.headers.cookie, 'c=1');
  assert.equal(seen.headers.authorization, 'Basic eDp5');
  assert.equal(seen.headers['x-road-other'], 'kept');
  assert.equal(seen.url, '/ps1/echo?x=%20');
  for (const name of ['te', 'keep-alive', 'x-road-request-hash']) assert.equal(seen.headers[name], undefined, name);
  assert.match(seen.headers['x-road-request-id'], /^[0-9a-f-]{36}$/);
  assert.match(seen.headers['x-road-id'], /^VN-/);
});

test("the answer keeps the backend's headers, its Date too; the exchange's own come last and win", async () => {
  const got = await ask(`${ECHO}/rich`);
  assert.equal(got.status, 207);
  assert.deepEqual(got.headers['set-cookie'], ['a=1', 'b=2']);
  assert.deepEqual(values(got.raw, 'date'), ['Thu, 01 Jan 1970 00:00:00 GMT']);
  assert.equal(got.headers['x-many-39'], '39');
  assert.equal(got.headers.server, undefined);
  assert.notEqual(got.headers['x-road-id'], 'forged');
  assert.equal(got.headers['x-road-service'], 'VN/GOV/G01/population/echo');
});

test('redirects are passed on and not followed', async () => {
  const got = await ask(`${ECHO}/away`);
  assert.equal(got.status, 302);
  assert.equal(got.headers.location, '/ps1/echo');
});

test('of a client named twice the last one counts', async () => {
  const got = await ask(`${ECHO}/echo`, { client: 'VN/GOV/G01/population', headers: [['X-Road-Client', 'VN/GOV/H26/desk']] });
  assert.equal(got.status, 200, got.text);
  const other = await ask(`${ECHO}/echo`, { headers: [['x-road-client', 'VN/GOV/G01/population']] });
  assert.equal(other.error, 'server.clientproxy.unknown_member');
});

test('errors are XML for who accepts XML', async () => {
  for (const [accept, type] of [['text/xml', /^text\/xml/], ['text/html, application/xml;q=0.5', /^application\/xml/], ['text/*', /^text\/xml/], ['*/*', /^application\/json/], ['application/xhtml+xml', /^application\/json/]]) {
    const got = await ask(`${ECHO}/echo`, { client: null, headers: [['Accept', accept]] });
    assert.match(got.headers['content-type'], type, accept);
    assert.match(got.text, type.source.includes('xml') ? /^<error><type>client\.missing_header<\/type><message>.+<\/message><detail>[0-9a-f-]{36}<\/detail><\/error>$/ : /"type":"client.missing_header"/);
  }
});

test('a right by path is judged on what the backend will see', async () => {
  for (const [path, passes] of [['/a/b/c', true], ['/a%2Db', true], ['/a%2Fb', false], ['/a%2fb', false], ['/a/../b', false], ['/a/%2e%2e/b', false], ['/a%5Cb', false], ['/a/%252e%252e', true]]) {
    const got = await ask(ECHO + path);
    if (passes) assert.equal(seen.url, `/ps1${path}`, 'undecoded');
    assert.equal(got.error, passes ? undefined : 'server.serverproxy.access_denied', path);
  }
});

test('a backend that is silent is given up, one that is slow is waited for, one that breaks off is told', async () => {
  assert.equal((await ask(`${ECHO}/silent`)).error, 'server.serverproxy.service_failed.network_error');
  assert.equal((await ask(`${ECHO}/slow`)).text, 'x'.repeat(14));
  const half = await ask(`${ECHO}/half`);
  assert.equal(half.error, 'server.serverproxy.service_failed.network_error');
  assert.ok(!half.text.startsWith('half'));
});

// peak: the most memory that the server of a node had while work was under way, in MiB.
async function peak(node, work) {
  const pid = node.pid('server'), now = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  const before_ = now();
  let most = before_;
  const timer = setInterval(() => { most = Math.max(most, now()); }, 20);
  try { await work(); } finally { clearInterval(timer); }
  return { before: before_, most };
}

// pour: a body of this many MiB to the backend and back; the digest of what came.
function pour(path, mib) {
  const chunk = Buffer.alloc(1 << 20, 'sen-'), sent = createHash('sha256'), came = createHash('sha256');
  return new Promise((done, fail) => {
    const rq = http.request(`${nation.hanoi.systems}${path}`, { method: 'POST', agent: false,
      headers: { 'X-Road-Client': 'VN/GOV/H26/desk', 'X-Sen-Purpose': 'residence.register', 'Content-Type': 'application/octet-stream', 'Content-Length': mib << 20 } }, (rs) => {
      let bytes = 0, text = '';
      rs.on('data', (d) => { bytes += d.length; came.update(d); if (text.length < 1000) text += d.toString('latin1').slice(0, 1000); });
      rs.on('end', () => done({ status: rs.statusCode, error: rs.headers['x-road-error'], bytes, same: sent.digest('hex') === came.digest('hex'), text }));
      rs.on('error', fail);
    });
    rq.on('error', fail);
    let i = 0;
    const more = () => {
      while (i < mib) {
        chunk.writeUInt32BE(i++, 0); // no two pieces are alike
        const piece = Buffer.from(chunk);
        sent.update(piece);
        if (!rq.write(piece)) return rq.once('drain', more);
      }
      rq.end();
    };
    more();
  });
}

test('handshakes that stand still keep no message waiting', async () => {
  const hello = Buffer.from('1603010200010001fc0303', 'hex'); // the beginning of one, from anybody
  const open = Array.from({ length: 3 }, () => net.connect(5500, nation.police.address));
  try {
    for (const c of open) {
      c.on('error', () => {});
      await new Promise((done) => c.once('connect', done));
      await new Promise((done) => c.write(hello, done));
    }
    for (let i = 0; i < 5; i++) assert.equal((await nation.call(nation.hanoi, `${ECHO}/echo`, { method: 'GET' })).status, 200);
    assert.ok(open.every((c) => !c.destroyed && !c.readableEnded), 'the handshakes are still open');
  } finally {
    for (const c of open) c.destroy();
  }
});

test('a large body passes through files: what comes back is what was sent, memory stays flat, nothing stays on the disk', async () => {
  const files = () => readdirSync(`/proc/${nation.hanoi.pid('server')}/fd`).filter((fd) => { try { return readlinkSync(`/proc/${nation.hanoi.pid('server')}/fd/${fd}`).endsWith('(deleted)'); } catch { return false; } });
  const refused = await pour(`${ECHO}/pour`, 11);
  assert.equal(refused.error, 'server.clientproxy.logging_failed', refused.text);
  assert.match(refused.text, /log no bodies/);
  for (const node of [nation.hanoi, nation.police]) {
    const file = join(node.dir, 'node.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('\nexchange:\n', '\nexchange:\n  log_level: metadata\n'));
  }
  await nation.restart();
  assert.equal((await pour(`${ECHO}/pour`, 1)).same, true);
  const mib = Number(process.env.SEN_POUR_MIB ?? 64);
  let got;
  const asked = await peak(nation.hanoi, async () => { const answered = await peak(nation.police, async () => { got = await pour(`${ECHO}/pour`, mib); }); asked_(answered); });
  function asked_(answered) { assert.ok(answered.most - answered.before < 24, `provider: ${JSON.stringify(answered)}`); console.log(`# ${mib} MiB: provider ${JSON.stringify(answered)}`); }
  console.log(`# ${mib} MiB: consumer ${JSON.stringify(asked)}`);
  assert.equal(got.status, 200, got.text);
  assert.deepEqual([got.bytes, got.same], [mib << 20, true]);
  assert.ok(asked.most - asked.before < 24, `consumer: ${JSON.stringify(asked)}`);
  await until('nothing is held any more', () => files().length === 0);
});

test('connection types: TLS where it is asked for, and the registered certificate', async () => {
  const file = join(nation.hanoi.dir, 'node.yaml'), before_ = readFileSync(file, 'utf8');
  const shown = { key: readFileSync(join(nation.dir, 'k.pem')), cert: readFileSync(join(nation.hanoi.dir, 'system.pem')) };
  const set = async (connection) => {
    writeFileSync(file, before_.replace(/\{code: desk,/, `{code: desk, connection: ${connection}, certificates: [system.pem],`));
    await nation.restart();
  };
  await set('SSLAUTH');
  assert.equal((await ask(`${ECHO}/echo`)).error, 'server.clientproxy.ssl_authentication_failed');
  assert.equal((await ask(`${ECHO}/echo`, { tls: {} })).error, 'server.clientproxy.ssl_authentication_failed');
  assert.equal((await ask(`${ECHO}/echo`, { tls: shown })).status, 200);
  // Another certificate in the file's place: the confined server reads it again, by itself.
  const folder = join(nation.hanoi.dir, 'systems'), place = join(folder, 'desk.pem'), fresh = join(nation.dir, 'fresh.pem'), again = { key: shown.key };
  mkdirSync(folder);
  copyFileSync(join(nation.hanoi.dir, 'system.pem'), place);
  writeFileSync(file, before_.replace(/\{code: desk,/, '{code: desk, connection: SSLAUTH, certificates: [systems/desk.pem],'));
  await nation.restart();
  assert.equal((await ask(`${ECHO}/echo`, { tls: shown })).status, 200);
  execFileSync('openssl', ['req', '-x509', '-new', '-key', join(nation.dir, 'k.pem'), '-out', fresh, '-subj', '/CN=system', '-days', '1'], { stdio: 'ignore' });
  again.cert = readFileSync(fresh);
  assert.equal((await ask(`${ECHO}/echo`, { tls: again })).error, 'server.clientproxy.ssl_authentication_failed');
  copyFileSync(fresh, `${place}.new`);
  renameSync(`${place}.new`, place);
  await until('the new certificate counts', async () => (await ask(`${ECHO}/echo`, { tls: again })).status === 200);
  assert.equal((await ask(`${ECHO}/echo`, { tls: shown })).error, 'server.clientproxy.ssl_authentication_failed');
  rmSync(place);
  await until('one that was taken away does not', async () => (await ask(`${ECHO}/echo`, { tls: again })).error === 'server.clientproxy.ssl_authentication_failed');
  copyFileSync(fresh, place);
  await set('SSLNOAUTH');
  assert.equal((await ask(`${ECHO}/echo`)).error, 'server.clientproxy.ssl_authentication_failed');
  assert.equal((await ask(`${ECHO}/echo`, { tls: {} })).status, 200);
  writeFileSync(file, before_);
  await nation.restart();
  assert.equal((await ask(`${ECHO}/echo`)).status, 200);
});

// certificates: made by openssl in a folder; `old` has ended, `again` is another one for the key of `mine`.
function makeCertificates(dir) {
  mkdirSync(dir);
  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  const key = (name) => openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', `${name}.key`);
  const request = (name) => openssl('req', '-new', '-key', `${name}.key`, '-subj', '/CN=backend', '-out', `${name}.csr`);
  ['mine', 'old'].forEach(key);
  for (const name of ['mine', 'again']) openssl('req', '-x509', '-key', 'mine.key', '-subj', '/CN=backend', '-days', '1', '-out', `${name}.pem`);
  request('old');
  writeFileSync(join(dir, 'index.txt'), '');
  writeFileSync(join(dir, 'ca.cnf'), '[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n');
  writeFileSync(join(dir, 'serial'), '01\n');
  openssl('ca', '-config', 'ca.cnf', '-selfsign', '-batch', '-notext', '-keyfile', 'old.key', '-in', 'old.csr', '-out', 'old.pem', '-startdate', '20200101000000Z', '-enddate', '20200102000000Z');
  return (name, of = name) => ({ key: readFileSync(join(dir, `${of}.key`)), cert: readFileSync(join(dir, `${name}.pem`)) });
}

test('a backend over https: the registered certificate and no other, ours when it asks for one', async () => {
  const file = join(nation.police.dir, 'node.yaml'), before_ = readFileSync(file, 'utf8'), folder = join(nation.police.dir, 'backends'), pair = makeCertificates(folder);
  const came = [], keys = join(nation.police.dir, 'keys'), pem = readFileSync(join(keys, readdirSync(keys).find((f) => /^tls-.*\.cert\.pem$/.test(f)))), ours = new X509Certificate(pem);
  const doors = [];
  const open = (options) => new Promise((done) => {
    const server = https.createServer(options, (rq, rs) => {
      came.push(rq.method);
      const shown = rq.socket.getPeerX509Certificate?.();
      rq.resume().on('end', () => rs.end(shown ? shown.fingerprint256 : 'nobody'));
    }).on('tlsClientError', () => {}).listen(0, '127.0.0.1', () => { doors.push(server); done(`https://127.0.0.1:${server.address().port}/`); });
  });
  const places = {
    right: [await open(pair('mine')), 'mine'],                                               // a wrong name and nobody's signature: neither counts
    same: [await open(pair('again', 'mine')), 'mine'],                                       // the same key in another certificate
    old: [await open(pair('old')), 'old'],                                                   // has ended
    two: [await open(pair('old')), 'mine.pem, backends/old'],
    asks: [await open({ ...pair('mine'), requestCert: true, ca: pem, rejectUnauthorized: false }), 'mine'],
    asks12: [await open({ ...pair('mine'), requestCert: true, rejectUnauthorized: false, maxVersion: 'TLSv1.2' }), 'mine'],
    strict: [await open({ ...pair('mine'), requestCert: true, ca: pair('old').cert, rejectUnauthorized: true }), 'mine'],  // lets in others than us
    public: [await open(pair('mine')), null],                                                // no authority of this machine knows it
    plain: [`https://127.0.0.1:${backend.address().port}/`, 'mine'],                         // speaks no TLS
  };
  const names = Object.keys(places);
  const rows = names.map((n) => `    - {subsystem: population, code: tls-${n}, url: "${places[n][0]}"${places[n][1] ? `, certificates: [backends/${places[n][1]}.pem]` : ''}}\n`).join('');
  const rights = names.map((n) => `    - {client: VN/GOV/H26/desk, subsystem: population, service: tls-${n}, path: "**", purposes: [residence.register]}\n`).join('');
  writeFileSync(file, before_.replace('  services:\n', `  services:\n${rows}`).replace('  rights:\n', `  rights:\n${rights}`));
  try {
    await nation.restart();
    const to = async (name, options) => { const n = came.length, got = await ask(`/r1/VN/GOV/G01/population/tls-${name}/x`, options); return { ...got, arrived: came.length - n }; };
    for (const name of ['right', 'old', 'two']) {
      const got = await to(name, { method: 'POST', body: 'b' });
      assert.deepEqual([got.status, got.text, got.arrived], [200, 'nobody', 1], `${name} ${got.text}`);
    }
    for (const name of ['asks', 'asks12']) {
      const got = await to(name);
      assert.deepEqual([got.status, got.text], [200, ours.fingerprint256], `${name} ${got.text}`);
    }
    for (const name of ['same', 'public']) {
      const got = await to(name, { method: 'POST', body: 'b' });
      assert.deepEqual([got.status, got.error, got.arrived], [500, 'server.serverproxy.service_failed.ssl_authentication_failed', 0], `${name} ${got.text}`);
      assert.match(JSON.parse(got.text).message, /TLS certificate/);
    }
    for (const name of ['strict', 'plain']) {
      const got = await to(name, { method: 'POST', body: 'b' });
      assert.deepEqual([got.error, got.arrived], ['server.serverproxy.service_failed.network_error', 0], `${name} ${got.text}`);
      assert.match(JSON.parse(got.text).message, name === 'strict' ? /certificate/ : /is no TLS/);
    }
    assert.equal((await to('right')).status, 200, 'after all refusals');
  } finally {
    doors.forEach((d) => { d.close(); d.closeAllConnections?.(); });
    writeFileSync(file, before_);
    await nation.restart();
  }
});

test('one provider on two nodes: when the one that answers stands still or dies, the next question is answered by the other', async () => {
  second = await addSecond();
  const where = async () => { const got = await ask(`${ECHO}/echo`); return got.status === 200 ? seen.url.slice(1, 4) : got.text; };
  await until('the second node answers', async () => (await nation.call(nation.hanoi, `${ECHO}/echo`, { method: 'GET', headers: { 'X-Road-Security-Server': 'VN/GOV/G01/ps2' } })).status === 200, 60000);
  // remembered: whoever answered last answers again, if the machine is quick enough to reach it within the moment that it has. Tells how long that took.
  const remembered = async (who) => {
    const began = Date.now(), got = await where(), took = Date.now() - began;
    if (took < MOMENT_MS) assert.equal(got, who, 'the winner is remembered');
    return { got, took };
  };
  let first = await where(), usual = 0;
  for (let i = 0; i < 5; i++) {
    const { got, took } = await remembered(first);
    first = got;
    usual = Math.max(usual, took);
  }
  // Stopped, it still takes connections and bytes: the question that it has is lost, and told as that long before exchange.answer_s; the next one goes to the other node.
  const asked = ask(`${ECHO}/slow`), sent = Date.now();
  await until('the question is at the backend', () => seen.url.endsWith('/slow'));
  first = seen.url.slice(1, 4);
  const node = (name) => (name === 'ps2' ? second : nation.police), other = first === 'ps2' ? 'ps1' : 'ps2';
  signalAll(node(first), 'SIGSTOP');
  assert.equal((await asked).error, 'server.clientproxy.network_error');
  assert.ok(Date.now() - sent < 60000, 'it was not waited for until it had been silent for two minutes');
  const again = Date.now();
  assert.equal(await where(), other);
  console.log(`# answered by the other node after ${Date.now() - again} ms`);
  assert.ok(Date.now() - again < 9000 + usual, 'its machine took the connection, and was not waited for as for one that is far away');
  signalAll(node(first), 'SIGCONT');
  await remembered(other);
  // One that stops in good order takes no more, says so in words that the asking node understands, and the question goes to the other one.
  const failed = new Set(), server = () => node(other).pid('server'), old = server();
  let n = 0, goes_on = true;
  const askers = Array.from({ length: 8 }, async () => { while (goes_on) { const got = await ask(`${ECHO}/echo`, { method: 'POST', body: 'b' }); n++; if (got.status !== 200) failed.add(got.error); } });
  await until('questions flow', () => n > 100);
  const late = ask(`${ECHO}/slow`, { headers: [['X-Road-Security-Server', `VN/GOV/G01/${other}`]] }); // it stops only when this is answered; meanwhile questions come on connections that were kept
  await until('a question that takes its time is at the backend', () => slowly === `/${other}/slow`);
  process.kill(old, 'SIGTERM');
  assert.match((await late).text, /^x+$/);
  await until('it runs again', () => server() !== old);
  const then = n;
  await until('questions flow again', () => n > then + 200);
  goes_on = false;
  await Promise.all(askers);
  failed.delete('server.clientproxy.network_error'); // a connection that closed over a question
  assert.deepEqual([...failed], []);
  const last = await where(), left = last === 'ps1' ? 'ps2' : 'ps1';
  signalAll(node(last), 'SIGKILL');
  const next = await where();
  if (next !== left) { // its connections outlived it by a moment, and this question went to one of them
    assert.match(next, /network_error/);
    assert.equal(await where(), left);
  }
});
