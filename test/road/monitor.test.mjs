// The operator's pages, `sen nation status`, `/monitor.json` and `sen doctor` on real outages: they say where, why and what to do, and they agree.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Nation, Visitor, alive, remember, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, pin, watcher;
const service = '/r1/VN/GOV/G01/population/person';
before(async () => {
  nation = await Nation.start();
  pin = pinOf(citizen(nation, 1));
  // Quick reports, so that a story does not last minutes.
  await nation.sen(['nation', 'stop', nation.dir]);
  for (const n of [nation.operator, nation.police, nation.hanoi]) appendFileSync(join(n.dir, 'node.yaml'), 'monitor:\n  report_s: 1\n  silent_s: 6\n');
  await nation.sen(['nation', 'start', nation.dir]);
  watcher = new Visitor(nation.operator);
  await watcher.signIn('operator');
  watcher.get = (path) => watcher.request(path, { headers: { 'accept-language': 'en' } });
});
after(() => nation?.stop());

const state = async () => {
  const s = await (await fetch(`${nation.operator.systems}/monitor.json`, { headers: { 'accept-language': 'en' } })).json();
  for (const n of s.nodes) remember(n.server, JSON.stringify({ ...n, findings: n.findings.filter((f) => f.level !== 'good') }));
  return s;
};
const nodeOf = async (server) => (await state()).nodes.find((n) => n.server === server);
const found = (node, code) => node.findings.find((f) => f.code === code);
const ask = (options = {}) => nation.call(nation.hanoi, options.path ?? service, { body: { key: 'pin', value: pin }, ...options });
const doctor = (node, args = [], code = 0) => nation.sen(['doctor', '--node', node.dir, ...args], { code });

test('all is well: every node has reported, and page, JSON and status say so', async () => {
  // a node that has just started reports the directory that it kept
  await until('reports of all nodes, all well', async () => (await state()).nodes.every((n) => n.reported && n.level === 'good' && found(n, 'directory_good')));
  const s = await state();
  assert.deepEqual(s.nodes.map((n) => n.server).sort(), ['VN/GOV/G01/ps1', 'VN/GOV/G22/op1', 'VN/GOV/H26/hn1']);
  for (const n of s.nodes) {
    for (const code of ['cert_good', 'status_good', 'directory_good', 'clock_good', 'holder_good', 'store_good', 'messages']) assert.ok(found(n, code), `${n.server} ${code}`);
    assert.ok(Date.parse(n.certificate_ends) > Date.now());
  }
  const page = await watcher.get('/monitor');
  assert.equal(page.status, 200);
  assert.equal(page.html.match(/<h1/g).length, 1);
  for (const n of s.nodes) assert.ok(page.text.includes(n.server));
  const { stdout } = await nation.sen(['nation', 'status', nation.dir]);
  for (const n of s.nodes) assert.match(stdout, new RegExp(`${n.server} +Well `));
});

test('threads bear names', async () => {
  await ask();
  const tasks = `/proc/${nation.hanoi.pid('server')}/task`;
  const names = new Set(readdirSync(tasks).map((id) => { try { return readFileSync(`${tasks}/${id}/comm`, 'utf8').trim(); } catch { return 'sen-server'; /* it has ended */ } }));
  for (const name of ['sen-server', 'sen-loop', 'sen-worker', 'sen-pages', 'sen-sweep', 'sen-job stamp', 'sen-job head']) assert.ok(names.has(name), `${name} of ${[...names]}`);
});

test('only who has the right sees them; another node shows itself alone', async () => {
  const anybody = await new Visitor(nation.operator).get('/monitor');
  assert.ok(anybody.status === 303 || anybody.status === 401, `${anybody.status}`);
  const lan = new Visitor(nation.hanoi);
  await lan.signIn('lan');
  assert.equal((await lan.get('/monitor/here')).status, 403);
  const son = new Visitor(nation.hanoi);
  await son.signIn('son');
  const here = await son.follow(await son.get('/monitor'));
  assert.equal(here.status, 200);
  assert.ok(here.text.includes('VN/GOV/H26/hn1'));
  for (const path of ['/monitor/faults', '/monitor/traffic', '/monitor/nodes/VN/GOV/G01/ps1']) assert.equal((await son.get(path)).status, 404, path);
  assert.equal((await (await fetch(`${nation.hanoi.systems}/monitor.json`)).json()).nodes, undefined);
});

test('who talks to whom: the picture and its table, and never a person, path or user', async () => {
  for (let i = 0; i < 3; i++) assert.equal((await ask()).status, 200);
  await until('the messages in the picture', async () => /population\/person<[\s\S]*?data-label="Messages">[3-9]/.test((await watcher.get('/monitor/traffic?span=10m')).html));
  const page = watcher.last;
  assert.match(page.html, /<svg[^>]*role="img"[\s\S]*<title id="picture-title">[\s\S]*<desc/);
  assert.match(page.html, /<path class="sen-arc__line" d="M[\d. ]+Q[\d. ]+" stroke-width="[\d.]+"\/>/);
  assert.ok(!/style=/.test(page.html), 'no inline style');
  assert.ok(!page.html.includes(pin));
  assert.ok(!page.text.includes('directory/report'), 'the nodes\' own upkeep is not counted');
  assert.equal((await watcher.get('/monitor/traffic?span=1h')).status, 200);
});

test('a refused request is a fault, and no trouble', async () => {
  const refused = await ask({ purpose: 'social_support.decide' });
  assert.equal(refused.error, 'server.serverproxy.access_denied');
  await until('the fault on the page', async () => (await watcher.get('/monitor/faults')).text.includes(refused.json.detail));
  assert.ok(watcher.last.text.includes('server.serverproxy.access_denied'));
  assert.ok(watcher.last.text.includes("The answering agency's node"));
  assert.ok(watcher.last.text.includes('No right fits client, service, method, path and purpose'));
  assert.ok(watcher.last.text.includes('Ask the provider for a right'));
  assert.equal((await ask({ path: '/r1/VN/GOV/G01/population/readers' })).error, 'server.serverproxy.access_denied'); // the same fault elsewhere
  await until('both services, and the cause once', async () => { const { html } = await watcher.get('/monitor/faults'); return /population\/readers<\/span>/.test(html) && /population\/person<\/span>/.test(html) && html.split('No right fits client').length === 2; });
  // A report that was late on a busy machine may colour the node for a moment; what was refused never does.
  await until('the count at the node, which is well', async () => { const n = await nodeOf('VN/GOV/H26/hn1'); return n.faults_1h > 0 && found(n, 'faults_refused') && n.level === 'good'; });
});

test('the doctor finds every hop well, with the server and without it', async () => {
  const { stdout } = await doctor(nation.hanoi, ['--to', 'VN/GOV/G01/population/person']);
  for (const line of [/Node: it runs/, /Directory: fetched just now/, /VN\/GOV\/G01\/ps1: reached at/, /answered a signed question/, /may call it/]) assert.match(stdout, line);
  const none = await doctor(nation.hanoi, ['--to', 'VN/GOV/G01/population/nothing'], 69);
  assert.match(none.stdout, /population\/nothing: is not offered there[\s\S]*The subsystem offers no service of this code/);
  const closed = await doctor(nation.police, ['--to', 'VN/GOV/G01/population/person'], 75);
  assert.match(closed.stdout, /has no right to call it[\s\S]*exchange\.rights/);
  const stranger = await doctor(nation.hanoi, ['--to', 'VN/GOV/G99/tax'], 69);
  assert.match(stranger.stdout, /G99\/tax: the directory names no server/);
  await nation.sen(['doctor', '--node', nation.hanoi.dir, '--to', 'banana'], { code: 65 });
});

test('a peer is down: silent on the page, the fault with its cause, and the doctor names the same', async () => {
  const pids = ['supervisor', 'server', 'holder'].map(nation.police.pid);
  process.kill(pids[0], 'SIGTERM');
  await until('its processes are gone', () => !pids.some(alive));
  await until('no answer', async () => (await ask()).error === 'server.clientproxy.network_error');
  const police = await until('silence', async () => { const n = await nodeOf('VN/GOV/G01/ps1'); return n.silent && n; });
  assert.equal(police.level, 'bad');
  assert.match(found(police, 'silent').cause, /stopped, or its way to the operator is broken/);
  assert.match((await watcher.get('/monitor')).text, /Silent/);
  const node = await watcher.get('/monitor/nodes/VN/GOV/G01/ps1');
  assert.ok(node.text.includes('Run sen doctor on the node'));
  // while the peer was going down another fault may have come first
  const hanoi = await until('trouble at the asking node', async () => { const n = await nodeOf('VN/GOV/H26/hn1'); return found(n, 'faults_some')?.fault === 'server.clientproxy.network_error' && n; });
  const cure = found(hanoi, 'faults_some').cure;
  assert.ok((await watcher.get('/monitor/faults')).text.includes(cure));
  const { stdout } = await doctor(nation.hanoi, ['--to', 'VN/GOV/G01/population/person'], 69);
  assert.match(stdout, /Not well +VN\/GOV\/G01\/ps1: cannot be reached at/);
  assert.match(stdout, /nobody answers there/);
  assert.ok(stdout.includes(cure), 'the same cure as on the page');
  const status = await nation.sen(['nation', 'status', nation.dir], { code: 69 });
  assert.match(status.stdout, /VN\/GOV\/G01\/ps1 +Silent/);
  const own = await doctor(nation.police, [], 75);
  assert.match(own.stdout, /Node: it is stopped[\s\S]*Start it with sen serve/);
  await nation.sen(['nation', 'start', nation.dir]);
  await until('its report', async () => !(await nodeOf('VN/GOV/G01/ps1')).silent);
});

test('the source of the directory is gone: told with the way and the end, by page and doctor', async () => {
  process.kill(nation.operator.pid('supervisor'), 'SIGTERM');
  const son = new Visitor(nation.hanoi);
  await son.signIn('son');
  await until('the node says so itself', async () => (await son.request('/monitor/here', { headers: { 'accept-language': 'en' } })).text.includes('Directory: cannot be fetched since'), 120000);
  assert.match(son.last.text, /could not be reached: nobody answers there/);
  const { stdout } = await doctor(nation.hanoi, [], 69);
  assert.match(stdout, /Not well +Directory: cannot be fetched\./);
  assert.match(stdout, /nobody answers there/);
  await nation.sen(['nation', 'start', nation.dir]);
  await until('fetched again', async () => !(await son.request('/monitor/here', { headers: { 'accept-language': 'en' } })).text.includes('cannot be fetched since'), 120000);
});

test('time-stamping stops and comes back: told with the reason, and that it is over', async () => {
  await nation.sen(['outage', 'stop', 'stamp', '--node', nation.operator.dir]);
  assert.equal((await ask()).status, 200);
  const hanoi = await until('the node tells it', async () => { const n = await nodeOf('VN/GOV/H26/hn1'); return /time-stamp service 127\.\S+ answered with the HTTP status 503 instead of a time-stamp/.test(found(n, 'stamps_failing')?.cause) && n; }); // it may have failed for another reason before
  assert.equal(hanoi.level, 'bad');
  assert.match((await watcher.get('/monitor')).text, /Time-stamps: fail since/);
  const { stdout } = await doctor(nation.hanoi, [], 69);
  assert.match(stdout, /Not well +Time-stamps: fail since/);
  assert.ok(stdout.includes(found(hanoi, 'stamps_failing').cure));
  await nation.sen(['outage', 'end', 'stamp', '--node', nation.operator.dir]);
  await until('stamps again', async () => found(await nodeOf('VN/GOV/H26/hn1'), 'stamps_good'));
});

test('files that others can read are found', async () => {
  chmodSync(join(nation.hanoi.dir, 'pin'), 0o644);
  const { stdout } = await doctor(nation.hanoi, [], 69);
  assert.match(stdout, /Files: others can read .*pin[\s\S]*chmod go-rwx/);
  chmodSync(join(nation.hanoi.dir, 'pin'), 0o600);
});

// The last one: a certificate does not come back.
test('a revoked certificate: the node itself, the operator and the doctor say so', async () => {
  const list = (await nation.sen(['ca', 'list', '--node', nation.operator.dir])).stdout;
  const serial = list.split('\n').find((l) => /\btls\b/.test(l) && /ps1|G01/.test(l))?.match(/\d+/)[0];
  assert.ok(serial, list);
  await nation.sen(['ca', 'revoke', serial, '--node', nation.operator.dir]);
  const police = await until('the operator knows', async () => { const n = await nodeOf('VN/GOV/G01/ps1'); return found(n, 'cert_revoked') && n; });
  assert.equal(police.level, 'bad');
  assert.match((await watcher.get('/monitor')).text, /TLS certificate: revoked on/);
  await until('its peers see it', async () => (await ask()).error === 'server.clientproxy.ssl_authentication_failed.cert_validation');
  const own = await doctor(nation.police, [], 69);
  assert.match(own.stdout, /Not well +TLS certificate: other nodes refuse it\.[\s\S]*The certificate is revoked/);
  const theirs = await doctor(nation.hanoi, ['--to', 'VN/GOV/G01/population'], 69);
  assert.match(theirs.stdout, /VN\/GOV\/G01\/ps1: the certificate that it shows at .* is refused here/);
  assert.match(theirs.stdout, /revoked on/);
  assert.ok(!readFileSync(join(nation.hanoi.dir, 'log', 'sen.log'), 'utf8').includes(pin));
});
