// The portal's own script against a tree and a signed head made here with node's crypto: every kind of wrong proof is told.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, webcrypto } from 'node:crypto';
import { checkProof, entrySays, readHead } from '../../src/web/js/proof.js';

globalThis.crypto ??= webcrypto; // as browsers have it; Node.js 18 does not by itself

const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts.map(p => Buffer.from(p)))).digest();
const split = n => { let k = 1; while (k * 2 < n) k *= 2; return k; };
const rootOf = l => (l.length === 1 ? l[0] : sha([1], rootOf(l.slice(0, split(l.length))), rootOf(l.slice(split(l.length)))));
const pathOf = (i, l) => {
  if (l.length === 1) return [];
  const k = split(l.length);
  return i < k ? [...pathOf(i, l.slice(0, k)), rootOf(l.slice(k))] : [...pathOf(i - k, l.slice(k)), rootOf(l.slice(0, k))];
};

const NAME = 'VN/GOV/G01/ps1/journal';
const pair = generateKeyPairSync('ed25519');
const material = Buffer.concat([Buffer.from([1]), pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)]);
const id = sha(NAME, '\n', material).subarray(0, 4);
const KEY = `${NAME}+${id.toString('hex')}+${material.toString('base64')}`;
const note = (size, root, key = pair.privateKey) => {
  const text = `${NAME}\n${size}\n${root.toString('base64')}\n`;
  return `${text}\n\u2014 ${NAME} ${Buffer.concat([id, sign(null, Buffer.from(text), key)]).toString('base64')}\n`;
};
const entries = n => Array.from({ length: n }, (_, i) => ({ salt: sha('salt', String(i)), entry: Buffer.from(`{"uid":"entry-${i}"}`) }));
const tree = n => {
  const list = entries(n);
  const leaves = list.map(e => sha([0], e.salt, e.entry));
  const proof = i => ({ entry: list[i].entry.toString('base64'), salt: list[i].salt.toString('hex'), leaf: i, size: n, path: pathOf(i, leaves).map(h => h.toString('hex')) });
  return { note: note(n, rootOf(leaves)), proof };
};

test('every leaf of every tree up to 33 is proved', async () => {
  for (let n = 1; n <= 33; n++) {
    const t = tree(n);
    const head = await readHead(t.note, KEY);
    for (let i = 0; i < n; i++) assert.equal(await checkProof(t.proof(i), head), true, `leaf ${i} of ${n}`);
  }
});
test('a changed entry, salt, path, place or size is told', async () => {
  const t = tree(11);
  const head = await readHead(t.note, KEY);
  const good = t.proof(4);
  const flip = hex => (hex[0] === '0' ? '1' : '0') + hex.slice(1);
  for (const change of [{ entry: Buffer.from('{"uid":"entry-5"}').toString('base64') }, { salt: flip(good.salt) }, { path: [flip(good.path[0]), ...good.path.slice(1)] },
    { path: good.path.slice(1) }, { path: [...good.path, good.path[0]] }, { leaf: 5 }, { leaf: 11 }, { leaf: -1 }, { size: 10 }, { size: 12 }])
    assert.equal(await checkProof({ ...good, ...change }, head), false, JSON.stringify(change));
});
test('an entry that is shown otherwise than it was proved is told', () => {
  const proof = { entry: Buffer.from('{"v":1,"uid":"u","at_ms":5,"agency":"VN/GOV/H26/desk","purpose":"case.handle"}').toString('base64') };
  assert.equal(entrySays(proof, { uid: 'u', at_ms: 5, agency: 'VN/GOV/H26/desk', purpose: 'case.handle' }), true);
  for (const facts of [{ uid: 'v' }, { uid: 'u', agency: 'VN/GOV/H27/desk' }, { purpose: 'self' }, { at_ms: 6 }, { role: '' }, { toString: 'x' }])
    assert.equal(entrySays(proof, facts), false, JSON.stringify(facts));
});
test('a head that another key signed, or that was changed, is refused', async () => {
  const t = tree(3);
  await assert.rejects(readHead(note(3, sha('x'), generateKeyPairSync('ed25519').privateKey), KEY), /signature is wrong/);
  await assert.rejects(readHead(t.note.replace('\n3\n', '\n4\n'), KEY), /signature is wrong/);
  await assert.rejects(readHead(t.note.split('\n\n')[0], KEY), /no signature/);
  await assert.rejects(readHead(t.note, KEY.replace(/\+[0-9a-f]{8}\+/, '+00000000+')), /own name/);
});
