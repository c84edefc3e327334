// The disk of a node's databases fills up, on the answering side and on the asking side: every refusal is a fault with a sentence, nothing that was acknowledged is
// lost, and the road carries again by itself when there is room. The data folder is a small tmpfs, so this needs root.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Load } from '../lib/load.mjs';
import { Nation, until } from '../lib/nation.mjs';

const ROOM = 24 << 20;
const skip = process.getuid() !== 0 && 'mounting a small disk needs root';
const mounted = [];
let nation;
before(async () => { if (!skip) nation = await Nation.start({ people: 100 }); });
after(async () => {
  if (nation) await nation.sen(['nation', 'stop', nation.dir]);
  for (const folder of mounted) execFileSync('umount', [folder]);
  await nation?.stop();
});

// ontoSmallDisk: the node's databases move to a disk of ROOM bytes.
async function ontoSmallDisk(node) {
  const data = join(node.dir, 'data'), kept = join(node.dir, 'data.before');
  await nation.sen(['nation', 'stop', nation.dir]);
  renameSync(data, kept);
  mkdirSync(data, { mode: 0o700 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM},mode=700`, 'tmpfs', data]);
  mounted.push(data);
  cpSync(kept, data, { recursive: true });
  rmSync(kept, { recursive: true });
  await nation.sen(['nation', 'start', nation.dir]);
}

function fill(node) {
  const disk = statfsSync(join(node.dir, 'data'));
  writeFileSync(join(node.dir, 'data', 'filler'), Buffer.alloc(Math.max(0, disk.bavail * disk.bsize - (256 << 10))));
}

const makeRoom = (node) => rmSync(join(node.dir, 'data', 'filler'));
for (const [name, faults] of [['police', /^server\.serverproxy\./], ['hanoi', /^server\.clientproxy\./]]) {
  test(`the disk of ${name} is full`, { skip, timeout: 300000 }, async () => {
    const node = nation[name], load = new Load(nation, { workers: 0 }), next = () => load.ask();
    let refused = 0;
    await ontoSmallDisk(node);
    await until('the road carries', async () => (await next()).status === 200);
    fill(node);
    await until('the full disk is noticed', async () => (await next()).status !== 200, 60000);
    for (let k = 0; k < 40; k++) {
      const r = await next();
      if (r.status === 200) continue; // a small message may still find room
      refused++;
      assert.match(r.error ?? '', faults, r.text);
      assert.match(r.json?.message ?? '', /\w+ .*\./, `a sentence: ${r.text}`);
      assert.ok(!/mistake|internal/i.test(r.json.message), r.text);
    }
    assert.ok(refused > 30, `${refused} of 40 refused`);
    makeRoom(node);
    const began = Date.now();
    await until('the road carries when there is room', async () => (await next()).status === 200, 30000);
    console.log(`# ${name}: ${load.acknowledged.length} acknowledged, ${refused} refused while full, carried again after ${Date.now() - began} ms`);
    await load.audit();
  });
}
