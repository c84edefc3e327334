// `make deb`: the package is installed, started and removed in a copy of this machine that is thrown away: an overlay over / in a mount namespace of its
// own, so the tests leave no package behind. Needs root, as dpkg does.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { NET, PORT } from '../lib/nation.mjs';

const FOLDER = process.env.SEN_BUILD ?? 'build';
const INSIDE = `set -eu
top=$1 deb=$2 inside=$3; shift 3
mount -t tmpfs -o size=2g none "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay none -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/root"
for d in proc sys dev; do mount --rbind "/$d" "$top/root/$d"; done
mount -t tmpfs none "$top/root/tmp"; mount -t tmpfs none "$top/root/run"
chmod 1777 "$top/root/tmp"
cp "$deb" "$top/root/tmp/sen.deb"; cp "$inside" "$top/root/tmp/inside.sh"
exec chroot "$top/root" sh /tmp/inside.sh "$@"`;

const unshares = process.getuid() === 0 && spawnSync('unshare', ['-m', 'sh', '-c', 'd=$(mktemp -d) && mount -t tmpfs none $d && mkdir $d/u $d/w $d/m && mount -t overlay none -o lowerdir=/,upperdir=$d/u,workdir=$d/w $d/m']).status === 0;
const skip = unshares ? false : 'only root with mount namespaces and overlays can try a package without leaving it behind';
let deb, facts, top;

before(() => {
  deb = resolve(execFileSync('tools/deb.sh', [FOLDER], { encoding: 'utf8' }).trim().split('\n').pop());
  if (skip) return;
  top = mkdtempSync(join(tmpdir(), 'sen-deb-'));
  const r = spawnSync('unshare', ['-m', '--propagation', 'private', 'sh', '-c', INSIDE, 'sh', top, deb, resolve('test/package/inside.sh'), NET, String(PORT)], { encoding: 'utf8', timeout: 900000 });
  facts = r.stdout + r.stderr;
});
after(() => { if (top) rmSync(top, { recursive: true, force: true }); });

const told = (re) => assert.match(facts, re);
test('the package names its files, its libraries and no more', () => {
  const list = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' }), info = execFileSync('dpkg-deb', ['-I', deb], { encoding: 'utf8' });
  for (const path of ['./usr/bin/sen', './lib/systemd/system/sen@.service', './lib/systemd/system/sen.target', './usr/share/man/man1/sen.1.gz', './usr/share/sen/country/vn/country.yaml', './usr/share/doc/sen/copyright'])
    assert.ok(list.split('\n').some((l) => l.endsWith(` ${path}`)), path);
  assert.ok(!/node_modules|\.mjs|\/test\//.test(list), 'nothing of the build or the tests');
  for (const line of list.trim().split('\n')) assert.match(line, /root\/root/);
  assert.match(info, /Depends: .*libmicrohttpd12.*libsqlite3-0.*adduser/);
});
test('the man page is sound and tells every command', () => {
  const page = execFileSync(join(FOLDER, 'sen'), ['help', 'manual'], { encoding: 'utf8' });
  const lint = spawnSync('mandoc', ['-Tlint', '-W', 'warning'], { input: page, encoding: 'utf8' });
  assert.equal(lint.error, undefined, 'mandoc is there');
  assert.equal(lint.stdout.split('\n').filter((l) => /WARNING|ERROR/.test(l) && !/missing date/.test(l)).join('\n'), '');
  const names = execFileSync(join(FOLDER, 'sen'), ['help'], { encoding: 'utf8' }).split('\n').map((l) => /^ {2}(\S+(?: \S+)*) {2,}/.exec(l)?.[1]).filter(Boolean);
  assert.ok(names.length > 15);
  for (const n of names) assert.ok(page.includes(`.SS sen ${n.replaceAll('-', '\\-')}\n`), n);
});
test('the unit is sound', { skip: spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'systemd-analyze is not on this machine' }, () => {
  const r = spawnSync('systemd-analyze', ['verify', '--man=no', resolve('package/sen@.service')], { encoding: 'utf8' });
  assert.equal((r.stderr + r.stdout).split('\n').filter((l) => /sen@?\./.test(l) && !/\/usr\/bin\/sen is not executable|Command \/usr\/bin\/sen/.test(l)).join('\n'), '');
});
test('it installs, with its user and its folder', { skip }, () => { told(/^installed install ok installed \d/m); told(/^user sen 750$/m); told(/^manual \.TH SEN 1/m); });
test('a sandbox nation runs from it, as its user', { skip }, () => { told(/^nation answers$/m); told(/^stopped$/m); });
test("the unit's command starts a node and stops it on SIGTERM", { skip }, () => { told(/^unit answers$/m); told(/^unit stopped$/m); });
test('removing and purging keep the registers', { skip }, () => { told(/^removed$/m); told(/^registers kept$/m); told(/^said so$/m); });
