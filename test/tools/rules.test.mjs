// What the manuals say about tests is so: every test that doc/exchange.md names exists and is built, and every fuzz target has seeds and a line in doc/testing.md.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const files = new Map(['src', 'test'].flatMap((root) => readdirSync(root, { recursive: true }).map((f) => join(root, f)))
  .filter((f) => /_test\.c$|\.mjs$/.test(f) && !f.startsWith('test/lib') && !f.startsWith('test/tools')).map((f) => [f, basename(f).replace(/(\.test)?\.(c|mjs)$/, '')]));

// named: the files behind a short name: x_test.c of a room, x.test.mjs, x.mjs.
const named = (name) => [...files].filter(([, short]) => short === name).map(([path]) => path);

// isBuilt: does a build file name this program of tests?
const builds = readdirSync('src', { recursive: true }).map((f) => join('src', f)).filter((f) => basename(f) === 'meson.build').map((f) => [dirname(f), readFileSync(f, 'utf8')]);
const isBuilt = (path) => builds.some(([room, text]) => path.startsWith(`${room}/`) && text.includes(`'${relative(room, path).replace(/_test\.c$/, '')}'`));

// titles: what the tests of a file are called: in C by name; in a story also by the second word of a row of its tables, ['3.4', 'the status port says 500', ...].
function titles(path) {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.c')) return isBuilt(path) ? [...text.matchAll(/^TEST\((\w+)\)/gm)].map((m) => m[1]) : [];
  return [/^ *test\((['"`])((?:\\.|(?!\1).)*)\1, /gm, /\['\d[^']*', (['"`])((?:\\.|(?!\1).)*)\1, /g].flatMap((re) => [...text.matchAll(re)].map((m) => m[2]));
}

const manual = readFileSync('doc/exchange.md', 'utf8'), rules = manual.slice(manual.indexOf('## The protocol, rule by rule')).split('\n').filter((l) => /^\| \d/.test(l));

// proven: does this row name tests? Each of them must be there: one in C by its whole name, a story by words of its title.
function proven(row) {
  const proofs = [...row.matchAll(/`([a-z_]+): ([^`]+)`/g)];
  for (const [, name, words] of proofs) {
    const paths = named(name);
    assert.ok(paths.length, `no file ${name}: ${row}`);
    assert.ok(paths.flatMap(titles).some((t) => (name.endsWith('_test') ? t === words : t.includes(words))), `${paths} has no test "${words}"`);
  }
  return proofs.length > 0;
}

test('each rule of the exchange names a test that there is, or says that it is not done', () => {
  assert.ok(rules.length > 50, `${rules.length} rules`);
  for (const rule of rules) assert.ok(proven(rule) || /\*\*not done\*\*/i.test(rule), `no proof: ${rule}`);
});

test('each outage names a test that there is', () => {
  const section = manual.slice(manual.indexOf('## Outages\n'), manual.indexOf('## Outages in a sandbox')).split('\n').filter((l) => /^\| [A-Z]/.test(l) && !l.startsWith('| What'));
  assert.ok(section.length > 8, `${section.length} outages`);
  for (const outage of section) assert.ok(proven(outage), `no proof: ${outage}`);
});

test('each rule of the list has a row, and no row has another number', () => {
  const there = new Set(rules.flatMap((l) => /^\| ([\d., ]+)/.exec(l)[1].split(', ').map((r) => r.trim().split(' ')[0])));
  const sections = ['0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7', '1.8', '1.9', '2.1', '2.2', '3.1', '3.2', '3.3', '3.4', '3.5', '3.6', '3.7', '3.8', '4.1', '4.2', '4.3', '4.4', '4.5', '5.1', '5.2', '5.3', '5.4', '5.5', '5.6', '6.1', '6.2'];
  assert.deepEqual([...there].sort(), sections);
});

test('each fuzz target has seeds, and its line in doc/testing.md', () => {
  const targets = readdirSync('src', { recursive: true }).filter((f) => f.endsWith('_fuzz.c')).map((f) => basename(f, '_fuzz.c')).sort();
  const told = [...readFileSync('doc/testing.md', 'utf8').matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((m) => m[1]).sort();
  assert.deepEqual(told, targets);
  for (const t of targets) assert.ok(readdirSync(join('fuzz/seeds', t)).length > 0, `seeds of ${t}`);
});
