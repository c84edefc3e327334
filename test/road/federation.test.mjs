// Two nations federate: each operator accepts the other's anchor, members of both find each other, a foreign client asks and gets what its right allows; and it ends when an anchor
// is withdrawn or a directory has run out. The key of a directory changes meanwhile, and nobody needs a new anchor.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, remember, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

const PERSON = '/r1/VN/GOV/G01/population/person';
const ROTATE_S = 4;
let vn, la, person;

// change: node.yaml of a node, before its nation starts again.
const change = (node, what, text) => {
  const path = join(node.dir, 'node.yaml'), old = readFileSync(path, 'utf8');
  assert.match(old, what);
  writeFileSync(path, old.replace(what, text));
};
const quick = (node) => change(node, /^ {2}directory_s: 10 .*$/m, `  directory_s: 1\n  rotate_s: ${ROTATE_S}`);

before(async () => {
  vn = await Nation.start({ nodes: ['operator', 'police'] });
  la = await Nation.start({ nodes: ['operator', 'hanoi'], instance: 'LA' });
  person = citizen(vn, 1);
  change(vn.police, /^ {2}rights:\n/m, `  rights:
    - {client: LA/GOV/H26/desk, subsystem: population, service: person, method: POST, path: "**", purposes: [residence.register], columns: [name.full, key.pin]}
`);
  [vn.operator, vn.police, la.operator, la.hanoi].forEach(quick);
  await Promise.all([vn.restart(), la.restart()]);
});
after(() => Promise.all([vn?.stop(), la?.stop()]));

const command = async (node, ...words) => (await (node.dir.startsWith(vn.dir) ? vn : la).sen([...words, '--node', node.dir])).stdout;
const ask = (fields = {}) => la.call(la.hanoi, PERSON, { client: 'LA/GOV/H26/desk', body: { key: 'pin', value: pinOf(person) }, ...fields });
const clients = async (node, instance) => {
  const r = await fetch(`${node.systems}/listClients?xRoadInstance=${instance}`, { headers: { accept: 'application/json' } });
  remember(`clients of ${instance} at ${node.name}`, r.status);
  return r;
};
const anchor = (nation) => join(nation.dir, 'external.xml');
const hashOf = async (file) => /SHA-256 +([0-9a-f]{64})/.exec((await vn.sen(['directory', 'anchor', 'show', file])).stdout)[1];
const accept = async (node, file) => command(node, 'directory', 'anchor', 'accept', file, '--hash', await hashOf(file));
const works = () => until('an answer from the other nation', async () => (await ask()).status === 200);

test('without an agreement the other nation is unknown', async () => {
  const refused = await ask();
  assert.equal(refused.error, 'server.clientproxy.unknown_member');
  assert.match(refused.json.message, /exchanges nothing with the instance VN/);
  assert.notEqual((await clients(la.hanoi, 'VN')).status, 200);
});

test('anchors are shown, and only the one whose hash was compared is accepted, by the operator', async () => {
  for (const nation of [vn, la]) await command(nation.operator, 'directory', 'publish', '--external-anchor', anchor(nation));
  const shown = (await vn.sen(['directory', 'anchor', 'show', anchor(la)])).stdout;
  assert.match(shown, /^Instance +LA$/m);
  assert.match(shown, /^Source +http:\/\/127\.[\d.]+:5577\/externalconf$/m);
  assert.match(shown, /^SHA-224 +[0-9a-f]{56}$/m);
  await assert.rejects(command(vn.operator, 'directory', 'anchor', 'accept', anchor(la), '--hash', '0'.repeat(64)), /another one than the operator told you/);
  await assert.rejects(command(vn.operator, 'directory', 'anchor', 'accept', anchor(la), '--hash', 'abc'), /SHA-224 \(56 digits\)/);
  await assert.rejects(accept(vn.police, anchor(la)), /Only the operator's node federates/);
  const broken = join(vn.dir, 'broken.xml');
  writeFileSync(broken, readFileSync(anchor(la), 'utf8').replace('downloadURL', 'downloadURI'));
  await assert.rejects(vn.sen(['directory', 'anchor', 'show', broken]), /anchor is malformed/);
});

test('a member of one nation asks a service of the other', async () => {
  await accept(vn.operator, anchor(la));
  await accept(la.operator, anchor(vn));
  await works();
  const got = await ask();
  assert.deepEqual(got.json.record.map((v) => v.column).filter((n) => !/^(name\.|key\.pin$)/.test(n)), [], 'only the columns of its right');
  assert.ok(got.json.record.some((v) => v.value === person.fullName));
  const known = await (await clients(la.hanoi, 'VN')).json();
  assert.ok(known.member.some((m) => m.id.xroad_instance === 'VN' && m.id.subsystem_code === 'population'));
  assert.match(await (await fetch(`${la.hanoi.systems}/metrics`)).text(), /^sen_directory_left_seconds\{instance="VN"\} [1-9]\d*$/m);
  assert.match(await command(la.hanoi, 'directory', 'show'), /^directory of VN {2}ends in \d+ min/m);
  assert.match(await command(vn.police, 'message', 'list'), /answered answer .*LA\/GOV\/H26\/desk -> VN\/GOV\/G01\/population\/person {2}200/);
  assert.match(await command(la.hanoi, 'message', 'list'), /asked +answer .*LA\/GOV\/H26\/desk -> VN\/GOV\/G01\/population\/person {2}200/);
});

test('what the right does not name is refused', async () => {
  for (const fields of [{ purpose: 'case.handle' }, { purpose: null }]) assert.equal((await ask(fields)).error, 'server.serverproxy.access_denied');
  const other = await until('another node has the directory of the other nation too', async () => {
    const got = await la.call(la.operator, PERSON, { client: 'LA/GOV/G22/portal', body: { key: 'pin', value: pinOf(person) } });
    return got.error !== 'server.clientproxy.unknown_member' && got;
  });
  assert.equal(other.error, 'server.serverproxy.access_denied');
  const lie = await ask({ client: 'VN/GOV/H26/desk' });
  assert.equal(lie.error, 'server.clientproxy.unknown_member', 'a node speaks for its own nation only');
});

test('the key of a directory changes, and nobody needs a new anchor', async () => {
  const before = readFileSync(join(la.hanoi.dir, 'conf', 'directory-VN'), 'latin1');
  const began = Date.now();
  assert.match(await command(vn.operator, 'directory', 'rotate-key'), /signs from 20/);
  const again = await command(vn.operator, 'directory', 'rotate-key').catch((e) => e.message);
  if (Date.now() - began < ROTATE_S * 1000) assert.match(again, /A new key waits already/); // later it waits no longer
  const signer = (text) => /Verification-certificate-hash: ([^;]+);/.exec(text)[1];
  await until('a directory signed by the new key', async () => {
    await command(vn.operator, 'directory', 'publish');
    return signer(readFileSync(join(la.hanoi.dir, 'conf', 'directory-VN'), 'latin1')) !== signer(before);
  });
  await until('the old key is not named any more', async () => {
    await command(vn.operator, 'directory', 'publish');
    return readFileSync(join(la.hanoi.dir, 'conf', 'directory-VN'), 'latin1').match(/externalVerificationCert>/g).length === 2;
  });
  await la.restart(); // it believes the new key by what it kept
  await works();
  await until('both nations hold a directory of the same key', () => signer(readFileSync(join(vn.police.dir, 'conf', 'directory-VN'), 'latin1')) === signer(readFileSync(join(la.hanoi.dir, 'conf', 'directory-VN'), 'latin1')));
});

test('a nation whose directory has ended is refused, by name; our own goes on', async () => {
  await command(vn.operator, 'outage', 'expire', '--seconds', '3');
  // The provider's own copy may end a moment before ours: until ours has, the refusal is the provider's.
  const refused = await until('the end of the other directory here', async () => {
    const got = await ask();
    if (got.status !== 200 && got.error !== 'server.clientproxy.global_conf_outdated') assert.equal(got.error, 'server.serverproxy.global_conf_outdated');
    return got.error === 'server.clientproxy.global_conf_outdated' && got;
  });
  assert.match(refused.json.message, /directory of the instance VN has not been renewed/);
  assert.equal((await clients(la.hanoi, 'LA')).status, 200);
  await assert.rejects(command(la.hanoi, 'doctor'), /Directory of VN: there is none that is valid/);
  await command(vn.operator, 'outage', 'end', 'directory');
  await works();
});

test('an anchor that is withdrawn ends it on both sides', async () => {
  await assert.rejects(command(vn.operator, 'directory', 'anchor', 'withdraw', 'XX'), /no anchor of the instance XX/);
  await command(vn.operator, 'directory', 'anchor', 'withdraw', 'LA');
  await until('the provider has dropped the other nation', async () => (await clients(vn.police, 'LA')).status !== 200);
  const shut = await ask();
  assert.notEqual(shut.status, 200);
  assert.match(shut.error, /^server\.(clientproxy|serverproxy)\./);
  await accept(vn.operator, anchor(la));
  await works();
  await command(la.operator, 'directory', 'anchor', 'withdraw', 'VN');
  await until('the consumer has dropped the other nation', async () => (await ask()).error === 'server.clientproxy.unknown_member');
});
