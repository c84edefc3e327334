// proof.js: checks, in the reader's own browser, that an entry of "Who read my data" stands in the journal whose head the operator published.
// Leaf = SHA-256(0x00 || salt || entry); inclusion as in RFC 9162 2.1.3.2; the head is a C2SP checkpoint signed with Ed25519. The key and the head come from the
// operator's publication, never from the proof itself.

const bytesOfHex = hex => {
  if (!/^([0-9a-f]{2})*$/.test(hex)) throw new Error('not hex');
  return Uint8Array.from(hex.match(/../g) ?? [], pair => parseInt(pair, 16));
};
const bytesOfBase64 = text => Uint8Array.from(atob(text), ch => ch.charCodeAt(0));
const bytesOfText = text => new TextEncoder().encode(text);
const same = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);
const joined = (...parts) => Uint8Array.from(parts.flatMap(part => [...part]));
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));

// rootOf: the root that this leaf and path lead to, or null when the path does not fit the size.
export async function rootOf(leaf, index, size, path) {
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const step of path) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = await sha256([1], step, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else hash = await sha256([1], hash, step);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}

// readHead: origin, size and root of a checkpoint whose signature by the key ("name+hash+base64") is right; throws otherwise.
export async function readHead(note, verifier) {
  const [name, hash, ...rest] = verifier.trim().split('+');
  const material = bytesOfBase64(rest.join('+'));
  if (material.length !== 33 || material[0] !== 1) throw new Error('not an Ed25519 key');
  const id = (await sha256(bytesOfText(name + '\n'), material)).slice(0, 4);
  if (!same(id, bytesOfHex(hash))) throw new Error('the key does not bear its own name');
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const line = note.slice(end + 2).split('\n').find(l => l.startsWith(`\u2014 ${name} `));
  if (end < 0 || !line) throw new Error('no signature by this key');
  const signature = bytesOfBase64(line.slice(name.length + 3));
  if (!same(signature.slice(0, 4), id)) throw new Error('signed with another key');
  const key = await crypto.subtle.importKey('raw', material.slice(1), { name: 'Ed25519' }, false, ['verify']);
  if (!await crypto.subtle.verify({ name: 'Ed25519' }, key, signature.slice(4), bytesOfText(text))) throw new Error('the signature is wrong');
  const [origin, size, root] = text.split('\n');
  if (!/^[0-9]+$/.test(size)) throw new Error('no size');
  return { origin, size: Number(size), root: bytesOfBase64(root) };
}

// checkProof: true when the entry stands in the tree of the published head.
export async function checkProof(proof, head) {
  if (proof.size !== head.size || !(proof.leaf >= 0 && proof.leaf < proof.size)) return false;
  const leaf = await sha256([0], bytesOfHex(proof.salt), bytesOfBase64(proof.entry));
  const root = await rootOf(leaf, proof.leaf, proof.size, proof.path.map(bytesOfHex));
  return root !== null && same(root, head.root);
}

// entrySays: what is shown must be what was proved: who, when, why and by which law stand so in the proved bytes.
export function entrySays(proof, facts) {
  const entry = JSON.parse(new TextDecoder().decode(bytesOfBase64(proof.entry)));
  return Object.entries(facts).every(([name, value]) => Object.hasOwn(entry, name) && entry[name] === value);
}

async function judge(box, head) {
  const proof = JSON.parse(box.dataset.proof);
  return entrySays(proof, JSON.parse(box.dataset.facts)) && checkProof(proof, head);
}

async function ableToCheck() {
  if (!globalThis.crypto?.subtle) return false;
  return crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'Ed25519' }, false, ['verify']).then(() => true, error => error.name !== 'NotSupportedError');
}

async function run(list) {
  const boxes = [...list.querySelectorAll('[data-proof]')];
  const show = (box, state) => {
    const place = box.querySelector('.sen-proof__state');
    place.textContent = list.dataset[state];
    place.classList.add(state === 'checked' ? 'govuk-tag--good' : state === 'wrong' ? 'govuk-tag--bad' : 'govuk-tag--open');
    place.hidden = false;
    box.dataset.proofState = { checked: 'good', wrong: 'bad', unable: 'unknown' }[state];
  };
  if (!await ableToCheck()) return boxes.forEach(box => show(box, 'unable'));
  const head = await readHead(list.dataset.head, list.dataset.key).catch(() => null);
  for (const box of boxes) show(box, head && await judge(box, head).catch(() => false) ? 'checked' : 'wrong');
}

if (typeof document !== 'undefined') document.querySelectorAll('[data-head]').forEach(run);
