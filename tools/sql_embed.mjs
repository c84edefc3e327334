// sql_embed.mjs: turns a room's .sql file into C: `node tools/sql_embed.mjs ROOM in.sql out.c` writes `const struct schema ROOM_schema`.
// A file is a row of sections "-- migration N node|log"; before the first one only comments may stand. Each database counts its own
// versions from 1 without gaps. The tokens {id} {clustered} {blob} stay in the text: store/ fills them in for its driver at run time.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const TOKENS = new Set(['{id}', '{clustered}', '{blob}']);
const HEAD = /^-- migration (\d+) (node|log)$/;

class Mistake extends Error {}

/** Splits the text into { version, database, lines }; every mistake names its line. */
export function readSections(text) {
  const sections = [];
  const last = { node: 0, log: 0 };
  text.split('\n').forEach((raw, index) => {
    const line = raw.trimEnd();
    const refuse = (why) => { throw new Mistake(`line ${index + 1}: ${why}`); };
    if (/^--\s*migration\b/i.test(line)) {
      const head = HEAD.exec(line) ?? refuse('write a section as "-- migration 1 node" or "-- migration 1 log"');
      const [version, database] = [Number(head[1]), head[2]];
      if (version !== last[database] + 1) refuse(`the next ${database} migration is number ${last[database] + 1}, not ${version}`);
      last[database] = version;
      sections.push({ version, database, lines: [] });
      return;
    }
    if (line === '' || line.trimStart().startsWith('--')) return;
    if (sections.length === 0) refuse('SQL stands before the first "-- migration N node|log"');
    for (const [token] of line.matchAll(/\{[^}]*\}?/g))
      if (!TOKENS.has(token)) refuse(`unknown token ${token}; known are ${[...TOKENS].join(' ')}`);
    if (line.includes('::')) refuse('"::" is not SQL of both databases; write CAST(value AS type)');
    sections.at(-1).lines.push(line);
  });
  if (sections.length === 0) throw new Mistake('there is no "-- migration N node|log" in it');
  for (const s of sections)
    if (s.lines.length === 0) throw new Mistake(`migration ${s.version} ${s.database} is empty`);
  return sections;
}

/** One line of SQL as a C string literal; bytes outside ASCII as octal escapes, so that no reader's charset matters. */
function literal(line) {
  const bytes = [...Buffer.from(`${line}\n`, 'utf8')];
  const shown = bytes.map((b) => {
    if (b === 0x0a) return '\\n';
    if (b === 0x22 || b === 0x5c || b === 0x3f) return `\\${String.fromCharCode(b)}`;
    return b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\${b.toString(8).padStart(3, '0')}`;
  });
  return `"${shown.join('')}"`;
}

export function toC(room, text) {
  if (!/^[a-z][a-z0-9_]*$/.test(room)) throw new Mistake(`"${room}" is not the name of a room`);
  const steps = readSections(text).map((s) =>
    `    { ${s.version}, ${s.database.toUpperCase()},\n${s.lines.map((line) => `      ${literal(line)}`).join('\n')} },`);
  return [
    `/* Made by tools/sql_embed.mjs from the .sql file of the room ${room}; not edited. */`,
    '#include "store/db.h"',
    '',
    `extern const struct schema ${room}_schema;`,
    'static const struct migration steps[] = {',
    ...steps,
    '};',
    `const struct schema ${room}_schema = { "${room}", steps, sizeof steps / sizeof steps[0] };`,
    '',
  ].join('\n');
}

function main([room, input, output, ...rest]) {
  if (!output || rest.length) {
    console.error('usage: node tools/sql_embed.mjs ROOM in.sql out.c');
    process.exit(64);
  }
  try {
    writeFileSync(output, toC(room, readFileSync(input, 'utf8')));
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    console.error(`${input}: ${error.message}`);
    process.exit(65);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) main(process.argv.slice(2));
