// From an information system to a backend and back, by the letter of X-Road's protocol for REST, beside what transport.test.mjs shows: addresses, ids, the choice of a server,
// answers that come back as they are, backends that fail. The backend is a server of the test that writes down what it hears.
import assert from 'node:assert/strict';
import http from 'node:http';
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
