// sql_embed.test.mjs: what the tool takes, what it makes, and above all what it refuses.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSections, toC } from '../../tools/sql_embed.mjs';

const TOOL = fileURLToPath(new URL('../../tools/sql_embed.mjs', import.meta.url));

test('sections of both databases keep their own numbers', () => {
  const sections = readSections('-- land: titles\n\n-- migration 1 node\nCREATE TABLE a (id {id});\n-- migration 1 log\nCREATE TABLE b (k TEXT) {clustered};\n-- migration 2 node\nALTER TABLE a ADD COLUMN x {blob};\n');
  assert.deepEqual(sections.map((s) => [s.version, s.database, s.lines.length]), [[1, 'node', 1], [1, 'log', 1], [2, 'node', 1]]);
});

test('the C text compiles and carries every byte', () => {
  const c = toC('land', '-- migration 1 node\nINSERT INTO a VALUES (\'"\\ Hà Nội ??/\');\n');
  assert.match(c, /const struct schema land_schema = \{ "land", steps, /);
  assert.ok(c.includes('"INSERT INTO a VALUES (\'\\"\\\\ H\\303\\240 N\\341\\273\\231i \\?\\?/\');\\n"'));
});

const refused = {
  'SQL before the first section': ['CREATE TABLE a (x TEXT);\n-- migration 1 node\nSELECT 1;', /line 1: SQL stands before/],
  'a gap in the numbers': ['-- migration 1 node\nSELECT 1;\n-- migration 3 node\nSELECT 1;', /line 3: the next node migration is number 2, not 3/],
  'a number used twice': ['-- migration 1 log\nSELECT 1;\n-- migration 1 log\nSELECT 1;', /line 3: the next log migration is number 2, not 1/],
  'a start other than 1': ['-- migration 0 node\nSELECT 1;', /number 1, not 0/],
  'an unknown token': ['-- migration 1 node\nCREATE TABLE a (x {serial});', /line 2: unknown token \{serial\}/],
  'a token that is not closed': ['-- migration 1 node\nCREATE TABLE a (x {id', /unknown token \{id/],
  'an unknown database': ['-- migration 1 nodes\nSELECT 1;', /line 1: write a section as/],
  'a section with no SQL': ['-- migration 1 node\n-- nothing\n', /migration 1 node is empty/],
  'a file without sections': ['-- only a comment\n', /there is no "-- migration/],
  'casts of one database': ['-- migration 1 node\nSELECT x::text FROM a;', /line 2: "::"/],
};
for (const [name, [text, why]] of Object.entries(refused))
  test(`refused: ${name}`, () => assert.throws(() => toC('land', text), why));

test('refused: a room with a name that is no C name', () => assert.throws(() => toC('land; ', '-- migration 1 node\nSELECT 1;'), /not the name of a room/));

test('the program writes the file, or says file and line and fails', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sql_embed-'));
  try {
    const [input, output] = [join(dir, 'in.sql'), join(dir, 'out.c')];
    writeFileSync(input, '-- migration 1 node\nSELECT 1;\n');
    execFileSync(process.execPath, [TOOL, 'land', input, output]);
    assert.match(readFileSync(output, 'utf8'), /\{ 1, NODE,/);
    const linked = join(dir, 'a folder with spaces');
    symlinkSync(fileURLToPath(new URL('../../tools', import.meta.url)), linked);
    execFileSync(process.execPath, [join(linked, 'sql_embed.mjs'), 'farm', input, output]);
    assert.match(readFileSync(output, 'utf8'), /farm_schema/);
    writeFileSync(input, 'SELECT 1;\n');
    const bad = spawnSync(process.execPath, [TOOL, 'land', input, output], { encoding: 'utf8' });
    assert.equal(bad.status, 65);
    assert.match(bad.stderr, /in\.sql: line 1: /);
    assert.equal(spawnSync(process.execPath, [TOOL, 'land']).status, 64);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
