// What a node does when something around it goes wrong, beside what trust_services and monitor show: it goes on as long as the rules allow, or it refuses with a sentence that names
// the hop, the cause and the cure; the doctor says the same; and the id of a fault is found in the log of both nodes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Nation, alive, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

const FAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`, service = '/r1/VN/GOV/G01/population/person';
let nation, pin;
before(async () => {
  nation = await Nation.start();
  pin = pinOf(citizen(nation, 1));
});
after(() => nation?.stop());

const ask = (more) => nation.call(nation.hanoi, service, { body: { key: 'pin', value: pin }, ...more });
const answered = (what) => until(what, async () => (await ask()).status === 200, 120000);
const operator = (...words) => nation.sen([...words, '--node', nation.operator.dir]);
const doctor = (code, ...more) => nation.sen(['doctor', '--node', nation.hanoi.dir, ...more], { code });

async function stop(node) {
  const pids = ['supervisor', 'holder', 'server'].map(node.pid);
  process.kill(pids[0], 'SIGTERM');
  await until(`${node.name} is down`, () => !pids.some(alive));
}
async function restart(node) {
  await stop(node);
  await nation.sen(['nation', 'start', nation.dir]);
}

test('the status service is away: a node that starts meanwhile goes on with the answers that it had', async () => {
  await answered('a message before');
  await until('answers are on disk', async () => { await restart(nation.hanoi); return (await ask()).status === 200; }); // the first restart is with the service
  await operator('outage', 'stop', 'ocsp');
  try {
    await restart(nation.hanoi);
    assert.equal((await ask()).status, 200, 'with what it had');
    const { stdout } = await doctor(69);
    assert.match(stdout, /Not well +Status of certificates: the authority's status service gives no answer that can be used\.[\s\S]*cause +The status service 127\.\S+ answered with the HTTP status 503/);
  } finally {
    await operator('outage', 'end', 'ocsp');
  }
  await until('the doctor finds it well', async () => /Well +Status of certificates: the authority's status service answers/.test((await nation.sen(['doctor', '--node', nation.hanoi.dir])).stdout));
});

test('the id of a fault stands in the log of both nodes', async () => {
  const r = await ask({ purpose: 'tax.assess' });
  assert.match(r.error, /access_denied$/);
  const line = (node) => node.log().find((l) => l.event === 'message.refused' && l.fault_id === r.json.detail);
  await until('both have written it', () => line(nation.hanoi) && line(nation.police));
  assert.equal(line(nation.hanoi)?.hop, 'consumer');
  assert.equal(line(nation.police)?.hop, 'provider');
  assert.equal(line(nation.hanoi).request_id, line(nation.police).request_id);
  for (const node of [nation.hanoi, nation.police]) {
    const { stdout } = await nation.sen(['message', 'find', r.json.detail, '--node', node.dir]);
    assert.ok(stdout.includes(line(node).request_id), `${node.name}: ${stdout}`);
  }
});

test("the time-stamp service's certificate is revoked: that is a failure, not the end of stamping without a word", async () => {
  const stamps = async () => (await nation.sen(['message', 'stamps', '--node', nation.hanoi.dir])).stdout;
  await until('it has stamped before', async () => /Newest time-stamp: +20/.test(await stamps()), 150000);
  const serial = /^\s*(\d+)\s+stamp\s+good/m.exec((await operator('ca', 'list')).stdout)[1];
  await operator('ca', 'revoke', serial);
  await operator('directory', 'publish');
  await ask();
  await until('it is told', async () => /fails since: +20[\s\S]*directory names no time-stamp service/.test(await stamps()), 240000);
  const { stdout } = await doctor(69);
  assert.match(stdout, /Time-stamps: fail since .*; \S+ messages wait, the oldest for/);
  await operator('ca', 'init');
  await operator('directory', 'publish');
  await until('a new service stamps', async () => /fails since: +-/.test(await stamps()), 240000);
});

test('the clock of a node is ten minutes ahead: told as that, by the refusal and by the doctor', { skip: !existsSync(FAKETIME) && 'needs the package faketime' }, async () => {
  await answered('a message before');
  await stop(nation.hanoi);
  const env = nation.env, wrong = { ...env, LD_PRELOAD: FAKETIME, FAKETIME: '+11m' };
  spawn(nation.bin, ['serve', '--node', nation.hanoi.dir], { env: wrong, stdio: 'ignore', detached: true }).unref();
  try {
    nation.env = wrong;
    const r = await until('the clock is named', async () => { const f = await ask().catch(() => ({})); return /^This node's clock is 6\d\d seconds from the operator's.*Let a time service set the clock/.test(f.json?.message) && f; }, 120000);
    assert.equal(r.error, 'server.clientproxy.global_conf_outdated');
    const { stdout } = await doctor(69);
    assert.match(stdout, /Not well +Clock: 1[01] min from the operator's\. Certificates and their status are refused\.[\s\S]*cure +Let a time service \(NTP\) set the clocks/);
  } finally {
    nation.env = env;
    await restart(nation.hanoi);
  }
  await answered('with the right clock messages pass again');
});
