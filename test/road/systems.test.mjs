// From an information system to a backend and back, by the letter of X-Road's protocol for REST, beside what transport.test.mjs shows: addresses, ids, the choice of a server,
// answers that come back as they are, backends that fail. The backend is a server of the test that writes down what it hears.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, until } from '../lib/nation.mjs';

const CLIENT = 'VN/GOV/G22/portal', UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
let nation, backend, heard, answer;

before(async () => {
  backend = http.createServer((rq, rs) => {
    const body = [];
    rq.on('data', (d) => body.push(d)).on('end', () => {
      heard = { method: rq.method, url: rq.url, raw: rq.rawHeaders, headers: rq.headers, body: Buffer.concat(body).toString() };
      (answer ?? ((r) => r.end('{"ok":1}')))(rs);
    });
  });
  await new Promise((done) => { backend.listen(0, '127.0.0.1', done); });
  nation = await Nation.start({ nodes: ['operator', 'hanoi'] });
  const at = (port, more = '') => `url: "http://127.0.0.1:${port}/base/"${more}`, { port } = backend.address(), urls = { echo: at(port), down: at(1), slow: at(port, ', timeout_s: 1') };
  nation.offer(nation.hanoi, Object.entries(urls).map(([code, url]) => `subsystem: desk, code: ${code}, ${url}`), Object.keys(urls).map((code) => `client: ${CLIENT}, subsystem: desk, service: ${code}, purposes: [case.handle]`));
  const settings = join(nation.hanoi.dir, 'node.yaml');
  writeFileSync(settings, readFileSync(settings, 'utf8').replace(/^exchange:\n/m, 'exchange:\n  answer_s: 4\n')); // so all of a slow answer may take three seconds
  await nation.restart();
  await until('the road carries', async () => (await ask()).status === 200);
});
after(async () => { backend?.closeAllConnections(); backend?.close(); await nation?.stop(); });

// ask: raw HTTP, so that every header goes as written: headers is a flat list [name, value, name, value ...].
function ask({ service = 'echo', path = '', method = 'GET', headers = [], body, client = CLIENT, door = nation.operator } = {}) {
  const named = ['X-Sen-Purpose', 'case.handle', ...(client ? ['X-Road-Client', client] : []), ...(body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]), ...headers];
  return new Promise((done, fail) => {
    const url = new URL(door.systems);
    const rq = http.request({ host: url.hostname, port: url.port, method, path: `/r1/VN/GOV/H26/desk/${service}${path}`, headers: ['Host', url.host, ...named], agent: false }, (rs) => {
      const got = [];
      rs.on('data', (d) => got.push(d)).on('end', () => done({ status: rs.statusCode, headers: rs.headers, raw: rs.rawHeaders, text: Buffer.concat(got).toString() }));
    });
    rq.on('error', fail);
    rq.end(body);
  });
}

// raw: one GET with a header line that Node.js itself would not send.
function raw(line) {
  const url = new URL(nation.operator.systems);
  return new Promise((done, fail) => {
    const socket = net.connect(Number(url.port), url.hostname, () => socket.write(`GET /r1/VN/GOV/H26/desk/echo HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\nX-Sen-Purpose: case.handle\r\nX-Road-Client: ${CLIENT}\r\n${line}\r\n\r\n`, 'latin1'));
    const got = [];
    socket.on('data', (d) => got.push(d)).on('error', fail).on('end', () => {
      const [head, text] = Buffer.concat(got).toString().split('\r\n\r\n');
      const [first, ...lines] = head.split('\r\n');
      done({ status: Number(first.split(' ')[1]), text, headers: Object.fromEntries(lines.map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 1).trim()])) });
    });
  });
}

const values = (raw, name) => raw.filter((_, i) => i % 2 && raw[i - 1].toLowerCase() === name);
function once(how) { answer = (rs) => { answer = null; how(rs); }; }
async function refused(r, type, status) {
  assert.equal(r.headers['x-road-error'], type, r.text);
  assert.equal(r.status, status);
  const fault = JSON.parse(r.text);
  assert.equal(fault.type, type);
  assert.match(fault.detail, UUID);
  assert.ok(fault.message.length > 20);
}

test('1.1: a verb that nobody knows is refused', async () => {
  const r = await ask({ method: 'PROPFIND' });
  assert.ok(r.status >= 400 && heard.method !== 'PROPFIND', `${r.status}`);
});

test('1.1, 1.6: path and query go on as they were written, joined with one slash', async () => {
  await ask({ path: '/a%2Bb/c%20d;e=%E1%BA%B1?q=%26&r=a+b&&' });
  assert.equal(heard.url, '/base/a%2Bb/c%20d;e=%E1%BA%B1?q=%26&r=a+b&&');
  await ask();
  assert.equal(heard.url.replace(/\/$/, ''), '/base');
});

test('1.3: a header of the service that is no UTF-8 is read as Latin-1', async () => {
  once((rs) => rs.writeHead(200, { 'content-disposition': 'attachment; filename="caf\u00e9.pdf"' }).end('{}')); // node writes it as one byte
  const r = await ask();
  assert.equal(r.status, 200, r.text);
  assert.equal(Buffer.from(r.headers['content-disposition'], 'latin1').toString(), 'attachment; filename="café.pdf"');
});

test('1.6, 1.7: an answer that cannot travel is told as the service\'s mistake', async () => {
  for (const n of [95, 300]) { // more than fit beside ours; more than are read at all
    once((rs) => rs.writeHead(200, Object.fromEntries(Array.from({ length: n }, (_, i) => [`x-a${i}`, '1']))).end('{}'));
    const r = await ask({ method: 'POST', body: '{}' });
    await refused(r, 'server.serverproxy.service_failed.invalid_response', 500);
    assert.match(r.text, /VN\/GOV\/H26\/desk\/echo/);
  }
});

test('1.2: ids: a message id is kept or made, a request id is always ours, a request hash is never believed', async () => {
  const mine = await ask({ headers: ['X-Road-Id', 'my-id', 'X-Road-Request-Id', 'not-mine', 'X-Road-Request-Hash', 'x'] });
  assert.equal(mine.headers['x-road-id'], 'my-id');
  assert.equal(heard.headers['x-road-id'], 'my-id');
  assert.match(heard.headers['x-road-request-id'], UUID);
  assert.equal(mine.headers['x-road-request-id'], heard.headers['x-road-request-id']);
  assert.equal(heard.headers['x-road-request-hash'], undefined);
  const made = await ask();
  assert.match(made.headers['x-road-id'], /^VN-[0-9a-f-]{36}$/);
  assert.equal(made.headers['x-road-client'], CLIENT);
  assert.equal(made.headers['x-road-service'], 'VN/GOV/H26/desk/echo');
  assert.equal(Buffer.from(made.headers['x-road-request-hash'], 'base64').length, 64);
});

test('1.2: the server can be chosen among those that offer the service, and no other', async () => {
  assert.equal((await ask({ headers: ['X-Road-Security-Server', 'VN/GOV/H26/hn1'] })).status, 200);
  for (const wrong of ['VN/GOV/G22/op1', 'VN/GOV/H26/hn2', 'VN/GOV/H26', 'nothing']) await refused(await ask({ headers: ['X-Road-Security-Server', wrong] }), 'client.invalid_security_server', 400);
});

test('1.6: whatever the service answers comes back unchanged, and is no error of the road', async () => {
  for (const status of [201, 204, 301, 400, 404, 409, 500, 503]) {
    once((rs) => rs.writeHead(status, { 'X-B': 'b', Location: '/elsewhere', 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', ETag: '"1"' }).end(status === 204 ? undefined : 'as it is'));
    const r = await ask();
    assert.equal(r.status, status);
    assert.equal(r.text, status === 204 ? '' : 'as it is');
    assert.equal(r.headers['x-road-error'], undefined);
    assert.deepEqual(['x-b', 'location', 'content-type', 'cache-control', 'etag'].map((n) => r.headers[n]), ['b', '/elsewhere', 'text/plain', 'no-store', '"1"']);
  }
});

test("1.2, 1.3: of the answer's headers those of the connection and copies of ours fall away; a date is told once", async () => {
  once((rs) => { rs.setHeader('X-A', ['1', '2']); rs.writeHead(200, { Server: 'backend', 'X-Road-Id': 'forged', 'X-Road-Client': 'forged', 'X-Road-Request-Id': 'forged', 'X-Road-Request-Hash': 'forged', 'X-Road-Service': 'forged' }).end('x'); });
  const r = await ask({ headers: ['X-Road-Id', 'true-id'] });
  assert.equal(r.status, 200, r.text);
  assert.equal(r.headers['x-road-id'], 'true-id');
  assert.deepEqual([values(r.raw, 'x-road-id').length, values(r.raw, 'x-road-client').length, values(r.raw, 'x-road-request-id').length, values(r.raw, 'x-road-request-hash').length, values(r.raw, 'date').length], [1, 1, 1, 1, 1]);
  assert.equal(values(r.raw, 'x-road-service').at(-1), 'VN/GOV/H26/desk/echo', 'ours is the last one');
  assert.deepEqual(values(r.raw, 'x-a'), ['1', '2']);
  assert.notEqual(r.headers.server, 'backend');
});

test('1.6, 1.7: a fault of the road that a service tells is none', async () => {
  once((rs) => rs.writeHead(200, { 'X-Road-Error': 'server.serverproxy.access_denied' }).end('fine'));
  const r = await ask();
  assert.deepEqual([r.status, r.text, r.headers['x-road-error']], [200, 'fine', undefined]);
});

test('1.6: a status that no message can carry is the fault of the service, told with one id on both nodes', async () => {
  once((rs) => rs.socket.end('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'));
  const r = await ask();
  await refused(r, 'server.serverproxy.service_failed.invalid_response', 500);
  const { detail } = JSON.parse(r.text);
  for (const node of [nation.operator, nation.hanoi]) assert.match((await nation.sen(['message', 'find', detail, '--node', node.dir])).stdout, /service_failed/);
});

test('1.6: a service that drips is refused by its own node, and who asked for a change is not told to ask again', async () => {
  once((rs) => {
    rs.writeHead(200);
    const drip = setInterval(() => rs.write('.'), 100);
    rs.on('close', () => clearInterval(drip));
  });
  const r = await ask({ service: 'slow', method: 'POST', body: '{}', headers: ['Content-Type', 'application/json'] });
  await refused(r, 'server.serverproxy.service_failed.network_error', 500);
  assert.match(JSON.parse(r.text).message, /find that out before you ask again/);
});

test('1.1: another version of the protocol is told as that; another address is not found', async () => {
  const other = await fetch(`${nation.operator.systems}/r2/VN/GOV/H26/desk/echo`, { headers: { 'X-Road-Client': CLIENT } });
  assert.deepEqual([other.status, other.headers.get('x-road-error')], [400, 'client.invalid_protocol_version']);
  assert.match((await other.json()).detail, UUID);
  assert.equal((await fetch(`${nation.operator.systems}/no/such`)).status, 404);
});

test('1.2: a header with control characters is the fault of the system that sends it, and no terminal obeys what another agency wrote', async () => {
  await refused(await raw('X-Road-Id: evil\x1b[31m'), 'client.bad_request', 400);
  assert.equal((await raw('X-Road-Id: c1 \xc2\x9b31m')).status, 200); // CSI in one character
  const found = (await nation.sen(['message', 'list', '--service', 'VN/GOV/H26/desk/echo', '--limit', '1', '--node', nation.hanoi.dir])).stdout, id = /[0-9a-f-]{36}/.exec(found)[0];
  const shown = (await nation.sen(['message', 'show', id, '--purpose', 'case.handle', '--node', nation.hanoi.dir])).stdout;
  assert.ok(shown.includes('c1 \\xc2\\x9b31m') && !/[\x9b\x1b]/.test(shown), shown);
});

test('refused before it left: the log has it by the id of the fault; what comes from nobody is counted', async () => {
  const count = async () => Number(/^sen_exchange_strangers_total (\d+)/m.exec(await (await fetch(`${nation.operator.systems}/metrics`)).text())[1]);
  const bell = await raw('X-Road-Id: bell \x07');
  const unknown = await raw('X-Road-Id: bell \x7f');
  for (const answer of [bell, unknown]) {
    assert.ok(answer.headers['x-road-error'], answer.text);
    assert.match((await nation.sen(['message', 'find', JSON.parse(answer.text).detail, '--node', nation.operator.dir])).stdout, /refusal/);
  }
  const before = await count();
  assert.equal((await ask({ client: 'VN/GOV/H26/desk' })).headers['x-road-error'], 'server.clientproxy.unknown_member');
  assert.equal((await ask({ client: null })).headers['x-road-error'], 'client.missing_header');
  assert.equal(await count(), before + 2);
});

test('1.6: a service that is down, silent or no HTTP server: the fault names it', async () => {
  const type = 'server.serverproxy.service_failed.';
  await refused(await ask({ service: 'down' }), `${type}network_error`, 500);
  once(() => {});
  await refused(await ask({ service: 'slow' }), `${type}network_error`, 500);
  once((rs) => rs.socket.end('nonsense\r\n\r\n'));
  const r = await ask();
  assert.match(r.headers['x-road-error'], /^server\.serverproxy\.service_failed\./);
  assert.ok(!r.text.includes('nonsense'));
  once((rs) => { rs.writeHead(200, { 'Content-Length': 100 }); rs.write('half', () => rs.socket.destroy()); });
  assert.match((await ask()).headers['x-road-error'], /^server\.serverproxy\.service_failed\./, 'half an answer is none');
  assert.equal((await ask()).status, 200);
});
