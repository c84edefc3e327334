// The plan of the house: small trees in a temporary folder, each with one breach, and one without.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkFloors, readPlan, splitC } from '../../tools/floors.mjs';

const TOOL = fileURLToPath(new URL('../../tools/floors.mjs', import.meta.url));
const PLAN = '# a plan\nbase:\nstore: base\ntrust: base store\nland: base store # no trust\nmain: *\n';
const HOUSE = {
  'floors.txt': PLAN,
  'src/base/str.h': '/* system(1) is only a comment */\n',
  'src/base/arena.c': '#include "base/str.h"\nvoid *f(void) { return malloc(1); }\n',
  'src/store/store.sql': 'CREATE TABLE store_counter (name TEXT);\n',
  'src/trust/trust.h': '#include <openssl/evp.h>\n',
  'src/land/land.sql': 'CREATE TABLE IF NOT EXISTS land_title (id BIGINT);\n',
  'src/land/land.c': '#include "land/land_int.h"\n#include "store/db.h"\nstatic const char q[] = "SELECT id "\n  "FROM land_title"; // strcpy(a, b)\nvoid g(void) { x.free(1); heap_free(0); }\n',
  'src/main/main.c': '#include "land/land.h"\n#include "trust/trust.h"\n#include "pages.h"\nconst char *s = "free(1), gets(2), \\" #include \\"";\n',
};

/** The breaches of the good house with some files put in or changed. */
function breaches(changes = {}) {
  const root = mkdtempSync(join(tmpdir(), 'floors-'));
  try {
    for (const [name, text] of Object.entries({ ...HOUSE, ...changes })) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    return checkFloors(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('a house in order has no breach', () => assert.deepEqual(breaches(), []));

test('a room may not include a room that its line does not name', () => assert.deepEqual(
  breaches({ 'src/land/x.c': '\n/* a\n */ \n#  include "trust/trust.h"\n' }),
  ['src/land/x.c:4: room land may not include room trust (floors.txt)']));

test('an include in a comment or a string is none', () => assert.deepEqual(
  breaches({ 'src/land/x.c': '// #include "trust/trust.h"\n/*\n#include "trust/trust.h"\n*/\nconst char *s = "\\\n#include <openssl/evp.h>";\n' }), []));

test('a room that no line names', () => assert.deepEqual(
  breaches({ 'src/shed/shed.c': 'int x;\n', 'src/land/x.c': '#include "barn/barn.h"\n' }),
  ['src/shed:1: room shed is missing in floors.txt', 'src/land/x.c:1: "barn/barn.h" is of no room in floors.txt']));

test('private headers and sources of another room', () => assert.deepEqual(
  breaches({ 'src/main/x.c': '#include "land/land_int.h"\n#include "land/land.c"\n' }),
  ['src/main/x.c:1: "land/land_int.h" is private to room land', 'src/main/x.c:2: "land/land.c" is private to room land']));

const ROOMS = PLAN.replace('main: *', '  land/soil:\n  land/field: soil\nmain: *');
const FARM = {
  'floors.txt': ROOMS, 'src/land/soil/soil.h': '#include "land/land.h"\n', 'src/land/field/field.h': '#include "land/soil/soil.h"\n', 'src/land/field/field_int.h': '#include "land/field/field.h"\n',
  'src/land/field/plough.c': '#include "land/field/field_int.h"\n', 'src/land/top.c': '#include "land/field/field.h"\n#include "land/soil/soil.h"\n#include "land/land_int.h"\n',
};

test('a room with folders in order has no breach', () => assert.deepEqual(breaches(FARM), []));

test('a folder of a room may include the folders that its line names, and the public headers at the top', () => {
  assert.deepEqual(breaches({ ...FARM, 'src/land/soil/x.c': '#include "land/soil/soil.h"\n#include "land/field/field.h"\n#include "land/land_int.h"\n' }),
    ['src/land/soil/x.c:2: folder land/soil may not include folder land/field (floors.txt)', 'src/land/soil/x.c:3: "land/land_int.h" is private to the top of room land']);
  assert.deepEqual(breaches({ ...FARM, 'src/land/x.c': '#include "land/field/field_int.h"\n' }), ['src/land/x.c:1: "land/field/field_int.h" is private to folder land/field']);
  assert.deepEqual(breaches({ ...FARM, 'src/land/soil/x_test.c': '#include "land/field/field_int.h"\n' }), []);
});

test('a header in a folder is private to its room', () => assert.deepEqual(
  breaches({ ...FARM, 'src/main/x.c': '#include "land/field/field.h"\n' }), ['src/main/x.c:1: "land/field/field.h" is private to room land']));

test('folders that the plan does not name, or names too early', () => {
  assert.deepEqual(breaches({ ...FARM, 'src/land/barn/x.c': 'int x;\n' }), ['src/land/barn:1: folder land/barn is missing in floors.txt']);
  assert.deepEqual(breaches({ 'src/land/barn/x.c': '#include "land/land_int.h"\n' }), []);
  assert.deepEqual(readPlan('base:\nland/soil:\nland: base\n  land/field: barn\n').breaches, ['floors.txt:2: room land must stand above its folder soil',
    'floors.txt:4: room land/field may not include room land/barn: it stands on no earlier line, so floors would go in a circle']);
});

test('a circle in the plan', () => {
  const { breaches: found } = readPlan('base:\nstore: base trust\ntrust: base store\n');
  assert.deepEqual(found, ['floors.txt:2: room store may not include room trust: it stands on no earlier line, so floors would go in a circle']);
});

test('mistakes of the plan name their line', () => {
  assert.deepEqual(readPlan('base\n').breaches, ['floors.txt:1: write "room: rooms it may include" or "room/folder: folders it may include"']);
  assert.deepEqual(readPlan('base:\n\nbase:\n').breaches, ['floors.txt:3: room base stands here twice']);
});

test('a star allows every room above and none below', () => {
  const { plan } = readPlan('base:\nstore:\ntest: *\nlast:\n');
  assert.deepEqual([...plan.get('test')].sort(), ['base', 'store', 'test']);
});

test('SQL that names a table of another room', () => {
  assert.deepEqual(breaches({ 'src/main/x.c': '\nstatic const char q[] = "UPDATE t "\n"SET a = 1 WHERE b IN (SELECT id FROM land_title)";\n' }),
    ['src/main/x.c:2: room main names table land_title of room land: call that room instead']);
  assert.deepEqual(breaches({ 'src/land/more.sql': '-- store_counter\nCREATE INDEX i ON land_title (id);\nINSERT INTO store_counter VALUES (1);\n' }),
    ['src/land/more.sql:3: room land names table store_counter of room store: call that room instead']);
});

test('a test may damage a table of another room, but not include what its room may not', () => assert.deepEqual(
  breaches({ 'src/land/x_test.c': '#include "trust/trust.h"\nconst char *q = "DROP TABLE store_counter";\n' }),
  ['src/land/x_test.c:1: room land may not include room trust (floors.txt)']));

test('a word that only looks like a table is none', () => assert.deepEqual(
  breaches({ 'src/main/x.c': 'const char *a = "land_title", *b = "SELECT land_titles FROM my_land_title";\n' }), []));

test('the same table in two rooms', () => assert.deepEqual(
  breaches({ 'src/main/main.sql': '\nCREATE TABLE land_title (id BIGINT);\n' })[0],
  'src/main/main.sql:2: table land_title is already created by room land'));

test('memory comes from base', () => assert.deepEqual(
  breaches({ 'src/land/x.c': 'void f(void)\n{\n    char *p = strdup("x");\n    free (p);\n}\n' }).map((b) => b.split(' is called')[0]),
  ['src/land/x.c:3: strdup', 'src/land/x.c:4: free']));

test('functions that are never used, in base too', () => {
  for (const name of ['strcpy', 'strcat', 'sprintf', 'strtok', 'atoi', 'gets', 'alloca', 'system', 'popen', 'localtime', 'rand']) {
    assert.match(breaches({ 'src/base/x.c': `\nint f(void) { return ${name}(1); }\n` })[0] ?? '', new RegExp(`^src/base/x\\.c:2: ${name} is never used here`));
  }
  assert.deepEqual(breaches({ 'src/base/x.c': 'int f(void) { return snprintf(0, 0, "") + my_system(1) + x->system(1) + fgets(1) + localtime_r(1); }\n' }), []);
});

test('cryptography stays in trust and web', () => {
  assert.deepEqual(breaches({ 'src/land/x.c': '#include <gnutls/gnutls.h>\n#include <stdio.h>\n' }),
    ['src/land/x.c:1: room land may not include <gnutls/gnutls.h>: cryptography is called in trust, TLS in web']);
});

test('quotes in characters and strings do not confuse the reader', () => {
  const { code, strings } = splitC("char a = '\"'; // \"x\nchar *b = \"a\\\"b\" /* c */ \"d\"; f(\"e\");\n");
  assert.deepEqual(strings.map((s) => s.value), ['a\\"b', 'd', 'e']);
  assert.equal(code.split('\n').length, 3);
  assert.ok(!/[xc]\b.*"/.test(code));
});

test('the program fails with the breaches and writes its stamp only without them', () => {
  const root = mkdtempSync(join(tmpdir(), 'floors-'));
  const run = () => spawnSync(process.execPath, [TOOL, root, join(root, 'stamp')], { encoding: 'utf8' });
  mkdirSync(join(root, 'src', 'base'), { recursive: true });
  assert.equal(run().status, 1);
  writeFileSync(join(root, 'floors.txt'), 'base:\n');
  writeFileSync(join(root, 'src/base/x.c'), 'int f(void) { return rand(); }\n');
  const failed = run();
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /^src\/base\/x\.c:1: rand is never used here/);
  assert.ok(!existsSync(join(root, 'stamp')));
  writeFileSync(join(root, 'src/base/x.c'), 'int x;\n');
  assert.equal(run().status, 0);
  assert.ok(existsSync(join(root, 'stamp')));
  rmSync(root, { recursive: true });
});
