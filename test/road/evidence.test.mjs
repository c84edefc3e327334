// What proves a message to somebody who was not there: the containers of an exchange, taken out of both nodes, hold by our own judge with and without a node, and xmlsec1,
// openssl and unzip, which know nothing of us, accept what is in them.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, SEN, allStamped, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

const service = '/r1/VN/GOV/G01/population/person';
let nation, backend, dir, conf, files = {};

// Every message of Hà Nội is stamped alone, so that its token stands in its signature document; those of the police go in batches.
function setTimes(node, times) {
  const path = join(node.dir, 'node.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^ {2}stamp_period_s:.*\n/m, '').replace(/^exchange:\n/m, `exchange:\n${Object.entries(times).map(([k, v]) => `  ${k}: ${v}\n`).join('')}`));
}
before(async () => {
  nation = await Nation.start();
  dir = mkdtempSync(join(tmpdir(), 'sen-evidence-'));
  await nation.sen(['nation', 'stop', nation.dir]);
  setTimes(nation.operator, { stamp_period_s: 3600 }); // what the nation's directory says; the two stamp more often by their own choice
  setTimes(nation.hanoi, { stamp_period_s: 1, stamp_rows: 1, archive_s: 1, archive_purpose: 'residence.register', log_body: 64 });
  setTimes(nation.police, { stamp_period_s: 1, archive_purpose: 'residence.register', log_body: 64 });
  backend = http.createServer((rq, rs) => { const got = []; rq.on('data', (d) => got.push(d)).on('end', () => rs.end(Buffer.concat(got))); });
  await new Promise((done) => backend.listen(0, '127.0.0.1', done));
  const path = join(nation.police.dir, 'node.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('  rights:\n', `  services:
    - {subsystem: population, code: echo, url: "http://127.0.0.1:${backend.address().port}/", timeout_s: 600}
  rights:
    - {client: VN/GOV/H26/desk, subsystem: population, service: echo, path: "**", purposes: [residence.register]}\n`));
  await nation.sen(['nation', 'start', nation.dir]);
});
after(async () => {
  backend?.close();
  await nation?.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const verify = (file, ...options) => spawnSync(SEN, ['message', 'verify', file, ...options], { encoding: 'utf8' });
function unpack(file) {
  const folder = mkdtempSync(join(dir, 'unpacked-'));
  execFileSync('unzip', ['-q', file, '-d', folder]);
  return folder;
}
const openssl = (...args) => { const r = spawnSync('openssl', args, { encoding: 'utf8' }); return r.stdout + r.stderr; };

test('the containers of an exchange come out of both nodes, for a purpose that is journalled', async () => {
  const r = await nation.call(nation.hanoi, service, { body: { key: 'pin', value: pinOf(citizen(nation, 1)) } });
  assert.equal(r.status, 200);
  for (const node of [nation.hanoi, nation.police]) {
    await allStamped(node);
    const list = (await nation.sen(['message', 'list', '--service', 'VN/GOV/G01/population/person', '--node', node.dir])).stdout;
    const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(list)[0], out = join(dir, node.name);
    await assert.rejects(nation.sen(['message', 'show', id, '--container', out, '--node', node.dir]), /say with --purpose why it is opened/);
    await nation.sen(['message', 'show', id, '--container', out, '--purpose', 'residence.register', '--node', node.dir]);
    files[node.name] = readdirSync(out).sort().map((name) => join(out, name));
    assert.equal(files[node.name].length, 2);
    assert.match(files[node.name][0], /-request-\d+\.asice$/);
    assert.match(files[node.name][1], /-response-\d+\.asice$/);
  }
});

test('they hold, by the node and by a folder without any node', async () => {
  conf = join(dir, 'conf');
  await nation.sen(['directory', 'export', conf, '--node', nation.hanoi.dir]);
  for (const file of [...files.hanoi, ...files.police])
    for (const by of [['--node', nation.police.dir], ['--conf', conf]]) {
      const r = verify(file, ...by);
      assert.equal(r.status, 0, r.stdout + r.stderr);
      assert.match(r.stdout, /The container holds\.\n$/);
      assert.match(r.stdout, /^good +attachment1: /m);
    }
  const told = JSON.parse(verify(files.police[1], '--conf', conf, '--json').stdout);
  assert.deepEqual([told.holds, told.kind, told.sender], [true, 'answer', 'VN/GOV/G01/population/person']);
  assert.ok(Date.parse(told.stamped) >= Math.floor(Date.parse(told.signed) / 1000) * 1000, `${told.stamped} ${told.signed}`); // a token counts in whole seconds
});

test('without the nation that vouches for them they prove nothing, and a damaged one is named', () => {
  const r = verify(files.police[0], '--conf', dir);
  assert.notEqual(r.status, 0);
  assert.match(r.stderr, /holds no shared-params\.xml/);
  const bytes = readFileSync(files.police[0]);
  bytes[Math.floor(bytes.length / 3)] ^= 1;
  const broken = join(dir, 'broken.asice');
  writeFileSync(broken, bytes);
  const told = verify(broken, '--conf', conf, '--json');
  assert.equal(told.status, 65);
  assert.equal(JSON.parse(told.stdout).fault, 'asic_invalid_container');
});

test('unzip, xmlsec1 and openssl accept them', () => {
  const params = readFileSync(join(conf, 'VN', 'shared-params.xml'), 'utf8');
  writeFileSync(join(dir, 'ca.der'), Buffer.from(/<topCA>\s*<cert>([^<]+)/.exec(params)[1], 'base64'));
  openssl('x509', '-inform', 'DER', '-in', join(dir, 'ca.der'), '-out', join(dir, 'ca.pem'));
  for (const [i, file] of [...files.hanoi, ...files.police].entries()) {
    assert.match(execFileSync('unzip', ['-t', file], { encoding: 'utf8' }), /No errors detected/);
    assert.match(execFileSync('unzip', ['-z', file], { encoding: 'utf8' }), /mimetype=application\/vnd\.etsi\.asic-e\+zip/);
    const at = unpack(file), has = new Set(readdirSync(at)), signatures = join(at, 'META-INF', 'signatures.xml'), xml = readFileSync(signatures, 'utf8');
    writeFileSync(join(at, 'signer.der'), Buffer.from(/<ds:X509Certificate>([^<]+)/.exec(xml)[1], 'base64'));
    openssl('x509', '-inform', 'DER', '-in', join(at, 'signer.der'), '-out', join(at, 'signer.pem'));
    const checked = spawnSync('xmlsec1', ['--verify', '--pubkey-cert-pem', join(at, 'signer.pem'), '--trusted-pem', join(dir, 'ca.pem'), '--id-attr:Id', 'SignedProperties',
      '--url-map:/message.xml', join(at, 'message.xml'), '--url-map:/sig-hashchainresult.xml', join(at, 'sig-hashchainresult.xml'), signatures], { encoding: 'utf8' });
    assert.match(checked.stdout + checked.stderr, /SignedInfo References \(ok\/all\): 2\/2/);
    const single = i < files.hanoi.length;
    assert.equal(has.has('ts-hashchainresult.xml'), !single);
    assert.equal(xml.includes('<xades:SignatureTimeStamp>'), single);
    const token = join(at, 'token'), stamped = join(at, 'stamped');
    writeFileSync(token, single ? Buffer.from(/EncapsulatedTimeStamp>([^<]+)/.exec(xml)[1], 'base64') : readFileSync(join(at, 'META-INF', 'timestamp.tst')));
    writeFileSync(stamped, single ? Buffer.from(/<ds:SignatureValue[^>]*>([^<]+)/.exec(xml)[1], 'base64') : readFileSync(join(at, 'ts-hashchainresult.xml')));
    assert.match(openssl('ts', '-verify', '-data', stamped, '-in', token, '-token_in', '-CAfile', join(dir, 'ca.pem')), /Verification: OK/);
    assert.match(openssl('ts', '-verify', '-data', join(at, 'message.xml'), '-in', token, '-token_in', '-CAfile', join(dir, 'ca.pem')), /Verification: FAILED/);
  }
});

test('the log that was stamped one by one holds too', async () => {
  for (const node of [nation.hanoi, nation.police])
    assert.match((await nation.sen(['message', 'verify-stamps', '--node', node.dir])).stdout, /^[1-9]\d* time-stamps hold/);
});

test('archives hold every time-stamped message, and say what was taken out of them', async () => {
  const run = () => nation.sen(['message', 'archive', 'run', '--node', nation.police.dir]);
  const folder = join(nation.police.dir, 'archive'), archives = () => readdirSync(folder).sort().map((name) => join(folder, name));
  const verifyArchives = (...list) => spawnSync(SEN, ['message', 'archive', 'verify', ...list], { encoding: 'utf8' });
  assert.match((await run()).stdout, /^1 files/);
  const [first] = archives();
  assert.match(first, /\/mlog-\d{14}-\d{14}-[0-9a-f]{10}\.zip$/);
  assert.equal(statSync(first).mode & 0o777, 0o600);
  assert.match(execFileSync('unzip', ['-t', first], { encoding: 'utf8' }), /No errors detected/);
  const at = unpack(first), lines = readFileSync(join(at, 'linkinginfo'), 'utf8').trimEnd().split('\n');
  assert.equal(lines.shift(), '- - SHA-512');
  const sha512 = (bytes) => createHash('sha512').update(bytes).digest('hex');
  let digest = '';
  for (const line of lines) {
    const [stated, name] = line.split(' ');
    digest = sha512(digest + sha512(readFileSync(join(at, name))));
    assert.equal(stated, digest);
  }
  for (const [, name] of [lines[0], lines.at(-1)].map((line) => line.split(' '))) assert.equal(verify(join(at, name), '--conf', conf).status, 0);

  assert.equal((await nation.call(nation.hanoi, service, { body: { key: 'pin', value: pinOf(citizen(nation, 1)) } })).status, 200);
  await allStamped(nation.hanoi);
  await allStamped(nation.police);
  await run();
  const list = (await nation.sen(['message', 'archive', 'list', '--node', nation.police.dir])).stdout.trimEnd().split('\n').map((line) => join(folder, /mlog-\S+/.exec(line)[0]));
  assert.deepEqual([...list].sort(), archives());
  assert.match(verifyArchives(...list).stdout, /^2 files with \d+ messages hold\.\n/);
  assert.match(verifyArchives(...[...list].reverse()).stderr, /is the first archive of its log/);
  const bytes = readFileSync(first), changed = join(dir, 'mlog-changed.zip');
  bytes[bytes.indexOf('signatures.xml') - 200] ^= 1;
  writeFileSync(changed, bytes);
  const told = verifyArchives(changed);
  assert.equal(told.status, 65);
  assert.match(told.stderr, /Restore/);
});

test('where the settings say so a job archives by itself', async () => {
  const folder = join(nation.hanoi.dir, 'archive'), list = () => existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.zip')).sort() : [];
  const archives = (await until('a first archive', () => list()[0] && list())).map((name) => join(folder, name));
  const at = unpack(archives[0]);
  for (const name of readdirSync(at).filter((n) => n.endsWith('.asice'))) assert.equal(verify(join(at, name), '--conf', conf).status, 0);
});

// ---- over the port for information systems (x-road 5.6) ----

async function fetchAsic(node, query, headers = { 'x-sen-purpose': 'residence.register' }) {
  const r = await fetch(`${node.systems}/asic?${new URLSearchParams(query)}`, { headers });
  return { status: r.status, type: r.headers.get('content-type'), name: r.headers.get('content-disposition'), bytes: Buffer.from(await r.arrayBuffer()) };
}

test('an information system fetches the containers of its own messages, and what judges them', async () => {
  const list = (await nation.sen(['message', 'list', '--service', 'VN/GOV/G01/population/person', '--node', nation.hanoi.dir])).stdout;
  const shown = (await nation.sen(['message', 'show', /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(list)[0], '--node', nation.hanoi.dir])).stdout;
  const queryId = /message id (\S+)/.exec(shown)[1], mine = { queryId, xRoadInstance: 'VN', memberClass: 'GOV', memberCode: 'H26', subsystemCode: 'desk' };
  const conf2 = join(dir, 'conf2.zip'), file = join(dir, 'fetched');
  writeFileSync(conf2, Buffer.from(await (await fetch(`${nation.hanoi.systems}/verificationconf`)).arrayBuffer()));
  const judge = unpack(conf2);
  const one = await fetchAsic(nation.hanoi, { ...mine, responseOnly: '', unique: '' });
  assert.deepEqual([one.status, one.type], [200, 'application/vnd.etsi.asic-e+zip']);
  writeFileSync(file, one.bytes);
  assert.match(verify(file, '--conf', judge).stdout, /^good +sender: answer of VN\/GOV\/G01\/population\/person[\s\S]*The container holds\.\n$/m);
  const both = await fetchAsic(nation.hanoi, mine);
  writeFileSync(file, both.bytes);
  assert.equal(both.type, 'application/zip');
  assert.equal(both.name, `attachment; filename="${encodeURIComponent(queryId)}.zip"`);
  assert.equal(readdirSync(unpack(file)).filter((name) => name.endsWith('.asice')).length, 2);
  const request = await fetchAsic(nation.hanoi, { ...mine, requestOnly: '' });
  writeFileSync(file, request.bytes);
  assert.equal(request.name, `attachment; filename="${encodeURIComponent(queryId)}-request.zip"`);
  assert.match(readdirSync(unpack(file)).join(), /^[^,]*-request-\d+\.asice$/);
  const cases = [
    [nation.hanoi, { ...mine, queryId: 'other' }, 404, /No signed message/],
    [nation.hanoi, { ...mine, subsystemCode: 'other' }, 404, /No signed message/],
    [nation.hanoi, { ...mine, memberCode: 'G01' }, 401, /its own member only/],
    [nation.hanoi, { queryId }, 400, /Ask with \?queryId/],
    [nation.hanoi, { ...mine, requestOnly: '', responseOnly: '' }, 400, /Ask with \?queryId/],
    [nation.hanoi, { ...mine, unique: '' }, 400, /unique and requestOnly/],
    [nation.police, mine, 401, /its own member only/],
  ];
  for (const [node, query, status, says] of cases) {
    const r = await fetchAsic(node, query);
    assert.equal(r.status, status);
    assert.match(r.bytes.toString(), says);
  }
  assert.match((await fetchAsic(nation.hanoi, mine, {})).bytes.toString(), /X-Sen-Purpose/);
  assert.equal((await fetchAsic(nation.hanoi, mine, { 'x-sen-purpose': 'no.such' })).status, 400);
});

test('a message of fifty megabytes is proved like a small one', async () => {
  const id = 'fifty', body = 'a page of many like it\n'.repeat((50 << 20) / 23); // question and answer, sealed and opened: several times that in a call's memory
  const r = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/echo', { body, headers: { 'X-Road-Id': id, 'Content-Type': 'text/plain' } });
  assert.equal(r.status, 200, r.text.slice(0, 500));
  assert.ok(r.text === body);
  const query = { queryId: id, xRoadInstance: 'VN', memberClass: 'GOV', memberCode: 'H26', subsystemCode: 'desk', force: '' };
  const [file, out] = ['fifty', 'fifty-shown'].map((name) => join(dir, name));
  const all = await fetchAsic(nation.hanoi, query);
  assert.equal(all.status, 200, all.bytes.subarray(0, 500).toString());
  writeFileSync(file, all.bytes);
  const from = unpack(file), request = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec((await nation.sen(['message', 'find', id, '--node', nation.police.dir])).stdout)[0];
  await allStamped(nation.police);
  await nation.sen(['message', 'show', request, '--container', out, '--purpose', 'residence.register', '--node', nation.police.dir]);
  const made = [from, out].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  assert.equal(made.length, 4);
  for (const one of made) assert.match(verify(one, '--conf', conf).stdout, /^good +attachment1: [\s\S]*The container holds\.\n$/m);
  assert.ok(readFileSync(join(unpack(made[0]), 'attachment1'), 'utf8') === body);
  assert.equal(nation.hanoi.log().filter((l) => l.event === 'child.died').length, 0);
});

test('of several messages with one id there is no unique one', async () => {
  const id = 'twice', ask = () => nation.call(nation.hanoi, service, { body: { key: 'pin', value: pinOf(citizen(nation, 1)) }, headers: { 'X-Road-Id': id } });
  for (const r of [await ask(), await ask()]) assert.equal(r.status, 200);
  await allStamped(nation.hanoi);
  const query = { queryId: id, xRoadInstance: 'VN', memberClass: 'GOV', memberCode: 'H26', subsystemCode: 'desk', requestOnly: '' };
  const entries = async () => Number(/(\d+) entries/.exec((await nation.sen(['journal', 'verify', '--node', nation.hanoi.dir])).stdout)[1]), before = await entries();
  const several = await fetchAsic(nation.hanoi, { ...query, unique: '' });
  assert.equal(several.status, 500);
  assert.match(several.bytes.toString(), /Several messages/);
  assert.equal(await entries(), before); // nothing was opened for it
  writeFileSync(join(dir, 'several'), (await fetchAsic(nation.hanoi, query)).bytes);
  assert.equal(readdirSync(unpack(join(dir, 'several'))).length, 2);
});

test('a node stamps as often as the nation says, and at once what is asked for with force', async () => {
  setTimes(nation.police, { stamp_period_s: 0 });
  await nation.restart();
  let n = 0;
  const query = () => ({ queryId: `waits-${n}`, xRoadInstance: 'VN', memberClass: 'GOV', memberCode: 'G01', subsystemCode: 'population', requestOnly: '', unique: '' });
  await until('a message waits for its time-stamp', async () => { // what came before the first one after the start does not
    const id = `waits-${++n}`, r = await nation.call(nation.hanoi, service, { body: { key: 'pin', value: pinOf(citizen(nation, 1)) }, headers: { 'X-Road-Id': id } });
    return r.status === 200 && (await fetchAsic(nation.police, query())).status === 500;
  });
  assert.match((await fetchAsic(nation.police, query())).bytes.toString(), /not time-stamped yet/);
  const forced = await fetchAsic(nation.police, { ...query(), force: '' });
  assert.deepEqual([forced.status, forced.type], [200, 'application/vnd.etsi.asic-e+zip']);
  const file = join(dir, 'forced');
  writeFileSync(file, forced.bytes);
  assert.match(verify(file, '--conf', conf).stdout, /The container holds\.\n$/);
});
