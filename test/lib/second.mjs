// One more server of a member, made as a real one would be: keys and requests of its own, certificates, a place in the directory; with databases of its own, or
// with shares, on PostgreSQL, those of the first.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// addServer: beside first, whose settings it takes as they stand, with its server code replaced wherever it is a word. member, subsystem and their titles as the directory has them.
export async function addServer(nation, first, { name, host, page, code, member, title, subsystem, subsystemTitle, shares = false }) {
  const dir = join(nation.dir, name), node = nation.node(name, host, page), op = ['--node', nation.operator.dir];
  mkdirSync(dir, { mode: 0o700 });
  for (const file of ['pin', 'anchor.xml']) copyFileSync(join(first.dir, file), join(dir, file));
  chmodSync(join(dir, 'pin'), 0o600);
  const text = readFileSync(join(first.dir, 'node.yaml'), 'utf8'), old = /^ *server: (\S+)$/m.exec(text)[1];
  const yaml = text.replaceAll(first.address, node.address).replaceAll(first.pages.slice(7), node.pages.slice(7)).replaceAll(new RegExp(`\\b${old}\\b`, 'g'), code);
  writeFileSync(join(dir, 'node.yaml'), shares ? yaml : yaml.replaceAll(`${nation.store}_${first.name}`, `${nation.store}_${name}`), { mode: 0o600 });
  if (nation.store !== 'sqlite' && !shares) await nation.sen(['store', 'create', `${nation.store}_${name}`]);
  await nation.sen(['node', 'init', '--node', dir]);
  for (const kind of ['tls', 'sign']) {
    await nation.sen(['ca', 'issue', join(dir, 'requests', `${kind}.csr`), '--kind', kind, '--out', join(dir, `${kind}.pem`), ...op]);
    await nation.sen(['node', 'certificate', join(dir, `${kind}.pem`), '--node', dir]);
  }
  const place = ['--name', title, '--server', code, '--address', node.address];
  await nation.sen(['directory', 'add-server', member, ...place, '--cert', join(dir, 'tls.pem'), ...op]);
  await nation.sen(['directory', 'add-client', member, subsystem, '--title', subsystemTitle, ...place, ...op]);
  spawn(nation.bin, ['serve', '--node', dir], { stdio: ['ignore', openSync(join(dir, 'log.txt'), 'a'), 'ignore'], env: nation.env, detached: true }).unref();
  return node;
}

// signalAll: the supervisor first, so that nobody starts the others again.
export const signalAll = (node, signal) => ['supervisor', 'server', 'holder'].forEach((who) => { try { process.kill(node.pid(who), signal); } catch { /* gone */ } });
