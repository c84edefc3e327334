// What `sen doctor` says of a node that serves nobody, of an operator that takes connections and stays silent, and of the systems behind a provider: the truth, as the node itself knows
// it, each thing once and as soon as it is known.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, STORE, alive, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, pin;
before(async () => {
  nation = await Nation.start();
  pin = pinOf(citizen(nation, 1));
  const yaml = join(nation.police.dir, 'node.yaml'), at = `http://${nation.police.address}`, codes = { nobody: `'${at}:8999/secret-path'`, there: `'${at}:8080/'`, off: `'${at}:8080/', disabled: closed for the census` };
  const services = Object.entries(codes).map(([code, url]) => `    - {subsystem: population, code: ${code}, url: ${url}}\n`).join('');
  const rights = Object.keys(codes).map((code) => `    - {client: VN/GOV/H26/desk, subsystem: population, service: ${code}, purposes: [residence.register]}\n`).join('');
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/^exchange:\n/m, `exchange:\n  services:\n${services}`).replace(/^ {2}rights:\n/m, `  rights:\n${rights}`));
  await nation.restart();
});
after(() => nation?.stop());

const ask = () => nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/person', { body: { key: 'pin', value: pin } });
const doctor = async (node, args = [], code = 69) => (await nation.sen(['doctor', '--node', node.dir, ...args], { code })).stdout;

async function stop(node) {
  const pids = ['supervisor', 'holder', 'server'].map(node.pid);
  process.kill(pids[0], 'SIGTERM');
  await until(`${node.name} is down`, () => !pids.some(alive));
}
// occupy: somebody else listens there: takes connections and never says a word.
const occupy = (host, port) => new Promise((done, fail) => {
  const sockets = new Set(), server = net.createServer((s) => { sockets.add(s); s.on('error', () => {}); });
  server.on('error', fail).listen({ host, port }, () => done({ end: () => { server.close(); sockets.forEach((s) => s.destroy()); } }));
});

test('a node whose server cannot start is not called well: the reason stands there', async () => {
  await stop(nation.police);
  const other = await occupy(nation.police.address, 5500);
  const serve = spawn(nation.bin, ['serve', '--node', nation.police.dir], { stdio: 'ignore', env: nation.env });
  try {
    const said = await until('the reason', async () => { const s = await doctor(nation.police); return s.includes('Another program listens') && s; });
    assert.match(said, /Not well +Node: its processes are there, but nobody answers at \S+:8080\.\n[\s\S]*?cause +Another program listens at \S+:5500 already/);
    assert.ok(!/Node: it runs/.test(said));
  } finally {
    other.end();
  }
  await until('it serves when the port is free', async () => /Well +Node: it runs and answers/.test((await nation.sen(['doctor', '--node', nation.police.dir]).catch((e) => ({ stdout: e.message }))).stdout));
  serve.kill('SIGTERM');
  await until('the end', () => serve.exitCode !== null || serve.signalCode !== null);
  await nation.sen(['nation', 'start', nation.dir]);
});

test('the last hop: systems behind a node are tried there, and a dead one is not told as a node that cannot be reached', async () => {
  const r = await until('the fault', async () => { const got = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/nobody', { method: 'GET' }); return got.error?.includes('service_failed') && got; });
  assert.equal(r.error, 'server.serverproxy.service_failed.network_error');
  const line = await until('its log line', () => nation.police.log().find((l) => l.event === 'message.refused' && l.fault_id === r.json.detail));
  assert.match(line.reason, /^\S+:8999 could not be reached: nobody answers there/);
  assert.ok(!JSON.stringify(line).includes('secret-path'));
  const said = await doctor(nation.police);
  assert.match(said, /Not well +Service population\/nobody: the system behind it cannot be reached\.[\s\S]*?cause +\S+:8999 could not be reached: nobody answers there/);
  assert.match(said, /Well +Service population\/there: the system behind it takes connections at \S+:8080/);
  assert.match(said, /Needs attention +Service population\/off: it is switched off, and whoever asks is told: closed for the census/);
  assert.match(said, /Faults: [\s\S]*?cause +The system behind the provider's node could not be reached/);
  // 69 while time-stamps fail: the operator may have started last
  const asker = await until('nothing worse than a fault', () => nation.sen(['doctor', '--node', nation.hanoi.dir, '--to', 'VN/GOV/G01/population/nobody'], { code: 75 }).then((r) => r.stdout, () => ''));
  assert.match(asker, /may call it; whether the system behind it answers, only sen doctor on its own node can try/);
  assert.match(asker, /Faults: [\s\S]*?cure +On the provider: message\.refused in its log/);
});

test('an operator that is silent: what the node holds is told by the node, what fails once, and the first words come at once', async () => {
  const yaml = join(nation.hanoi.dir, 'node.yaml');
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/^ {2}status_s:.*\n/gm, '').replace(/^exchange:\n/m, 'exchange:\n  status_s: 1\n'));
  await nation.restart();
  await until('a message before', async () => (await ask()).status === 200);
  await stop(nation.operator);
  const silent = await occupy(nation.operator.address, 5577);
  try {
    await until('the node knows it', async () => JSON.stringify(await (await fetch(`${nation.hanoi.systems}/monitor.json`, { headers: { 'accept-language': 'en' } })).json()).includes('still holds until'));
    assert.equal((await ask()).status, 200, 'messages still pass');
    const began = Date.now(), child = spawn(nation.bin, ['doctor', '--node', nation.hanoi.dir], { env: nation.env });
    let said = '', first = 0;
    child.stdout.on('data', (d) => { first ||= Date.now() - began; said += d; });
    await new Promise((done) => child.on('close', done));
    const all = Date.now() - began;
    assert.ok(first < all / 2, `the first words after ${first} of ${all} ms`);
    assert.match(said, /Needs attention +Status of the certificate \(TLS certificate\): cannot be asked since[\s\S]*?cause +The status service \S+ has not answered since \S.*; its last answer about this node's certificate still holds until/);
    assert.ok(!/has ended/.test(said), said);
    assert.equal(said.match(/Status of certificates:/g).length, 1, 'told once');
    assert.match(said, /Not well +Status of certificates: .*\n.*\n +cause +\S+:5577 did not answer in time/);
  } finally {
    silent.end();
  }
  await nation.sen(['nation', 'start', nation.dir]);
});

test('settings that are refused end the node at once, with the sentence, the file and the line', async () => {
  const yaml = join(nation.hanoi.dir, 'node.yaml'), good = readFileSync(yaml, 'utf8');
  await stop(nation.hanoi);
  const wrong = [['  log_level: sometimes\n', /node\.yaml, line \d+: What is kept of messages/], ['  log_body: 100000\n', /node\.yaml, line \d+: The message log keeps bodies of at most 64 MiB/],
    ['  archive_s: 60\n', /node\.yaml, line \d+: An archive holds whole messages/], ['  log_levls: []\n', /line \d+: exchange\.log_levls: there is no such setting\. Perhaps exchange\.log_levels\?/],
    ['  log_levels:\n    - {subsystem: VN/GOV/H26/nodesk, level: none}\n', /node\.yaml, line \d+: This member has no such subsystem/]];
  try {
    for (const [line, says] of wrong) {
      writeFileSync(yaml, good.replace(/^exchange:\n/m, `exchange:\n${line}`));
      const { stderr } = await nation.sen(['serve', '--node', nation.hanoi.dir], { code: 65, timeout: 60000 });
      assert.match(stderr, says);
    }
    writeFileSync(yaml, good.replace(/^( +)url: .*$/m, '$1url: mysql://somewhere'));
    const { stderr } = await nation.sen(['nation', 'start', nation.dir], { code: 65, timeout: 60000 });
    assert.match(stderr, /Node hanoi does not start\. It says: .*node\.yaml, line \d+: Write the database as sqlite:/);
  } finally {
    writeFileSync(yaml, good);
    await nation.sen(['nation', 'start', nation.dir]);
  }
  await until('a message with the right settings', async () => (await ask()).status === 200);
});

// mounts: may this test make a small disk? Only root may, and only SQLite's databases lie in the node's folder.
const SMALL = '24m', mounts = () => STORE === 'sqlite' && process.getuid() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

test('a full disk of the databases is told by name, and what is in the log is still found', { skip: !mounts() && 'needs root and SQLite' }, async (t) => {
  const data = join(nation.hanoi.dir, 'data'), aside = mkdtempSync(join(tmpdir(), 'sen-disk-'));
  await stop(nation.hanoi);
  cpSync(data, aside, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL}`, 'tmpfs', data]).status !== 0) return t.skip('no disk can be mounted here');
  try {
    cpSync(aside, data, { recursive: true });
    await nation.sen(['nation', 'start', nation.dir]);
    await until('a message before', async () => (await ask()).status === 200);
    spawnSync('dd', ['if=/dev/zero', `of=${join(data, 'filler')}`, 'bs=4k']);
    await until('no message is taken any more', async () => (await ask()).status !== 200);
    const here = await fetch(`${nation.hanoi.systems}/monitor.json`, { headers: { 'accept-language': 'en' } });
    assert.equal(here.status, 200);
    const full = (await here.json()).findings.find((f) => f.code === 'disk_full');
    assert.match(full?.what ?? '', /^Disk: only \S+ kB free of \d+ MB \(databases\)\. Soon no message can be logged/);
    assert.match((await nation.sen(['message', 'list', '--node', nation.hanoi.dir])).stdout, /population\/person/);
    rmSync(join(data, 'filler'));
    await until('messages pass when there is room', async () => (await ask()).status === 200);
  } finally {
    await stop(nation.hanoi);
    spawnSync('umount', [data]);
    rmSync(aside, { recursive: true });
    await nation.sen(['nation', 'start', nation.dir]);
  }
});
