// floors.mjs: holds src/ to the plan of floors.txt: `node tools/floors.mjs ROOT [STAMP]` prints each breach as "file:line: what" and fails.
// A room may include only what floors.txt allows, never the private headers (x_int.h) of another room; SQL names only tables that its own
// room creates; memory comes from base; some functions of libc are never used; cryptography stays in trust, TLS in web.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const GROUND = 'base';
const CRYPTO_ROOMS = new Set(['trust', 'web']);
const CRYPTO_HEADER = /^(openssl|gnutls)\//;
const HEAP = /(?<![.\w>])(malloc|calloc|realloc|aligned_alloc|strdup|strndup|free)\s*\(/g;
const NEVER = /(?<![.\w>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets|alloca|system|popen|localtime|rand)\s*\(/g;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm;
const SQL_WORD = /\b(SELECT|INSERT|INTO|UPDATE|DELETE|FROM|JOIN|TABLE|WHERE|VALUES|REFERENCES)\b/;
const NEW_TABLE = /\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)/gi;

const lineAt = (text, offset) => text.slice(0, offset).split('\n').length;
const blank = (text) => text.replace(/[^\n]/g, ' ');

/** The plan: room -> rooms it may include, and "room/folder" -> folders of that room. Allowing only earlier lines is what makes a cycle impossible. */
export function readPlan(text) {
  const plan = new Map();
  const breaches = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') return;
    const refuse = (why) => breaches.push(`floors.txt:${index + 1}: ${why}`);
    const parts = /^(\w+)(?:\/(\w+))?\s*:\s*(.*)$/.exec(line);
    if (!parts) return refuse('write "room: rooms it may include" or "room/folder: folders it may include"');
    const [, room, folder, rest] = parts;
    const name = folder ? `${room}/${folder}` : room;
    if (plan.has(name)) return refuse(`room ${name} stands here twice`);
    if (folder && !plan.has(room)) return refuse(`room ${room} must stand above its folder ${folder}`);
    const allowed = rest === '*' ? [...plan.keys()].filter((r) => !r.includes('/')) : rest.split(/\s+/).filter(Boolean).map((r) => (folder ? `${room}/${r}` : r));
    for (const other of allowed) {
      if (!plan.has(other)) refuse(`room ${name} may not include room ${other}: it stands on no earlier line, so floors would go in a circle`);
    }
    plan.set(name, new Set(folder ? [...allowed, name] : [...allowed, room, GROUND]));
  });
  return { plan, breaches };
}

/** C text in two layers with unchanged line numbers: code without comments and strings, and its string literals, adjacent ones joined. */
export function splitC(text) {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/g;
  const strings = [];
  let end = -1;
  const code = text.replace(token, (found, offset) => {
    if (found[0] === '"') {
      const between = end < 0 ? 'x' : text.slice(end, offset);
      if (/^\s*$/.test(between)) strings.at(-1).value += found.slice(1, -1);
      else strings.push({ value: found.slice(1, -1), line: lineAt(text, offset) });
      end = offset + found.length;
    }
    return blank(found);
  });
  return { code, strings };
}

/** Includes are read from text without comments; their own names are strings, so only strings of several lines are blanked. */
function includesOf(text) {
  const bare = text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\\n])*"/g, (found) => (/^"[^\n]*$/.test(found) ? found : blank(found)));
  return [...bare.matchAll(INCLUDE)].map((m) => ({ own: m[1], foreign: m[2], line: lineAt(bare, m.index) }));
}

const PRIVATE = /_int\.h$|\.c$/;
const folderOf = (name) => name.split('/').slice(0, -1).join('/'); // exchange/log/x.h: exchange/log

function whyNotRoom(file, own, plan) {
  const room = own.split('/')[0];
  if (!plan.has(room)) return `"${own}" is of no room in floors.txt`;
  if (!plan.get(file.room)?.has(room)) return `room ${file.room} may not include room ${room} (floors.txt)`;
  return PRIVATE.test(own) || folderOf(own) !== room ? `"${own}" is private to room ${room}` : '';
}

/** Inside a room that has folders in the plan. What lies at its top may include each of them; a test, whatever shows that it works. */
function whyNotFolder(file, own, plan) {
  const from = folderOf(file.name.replace(/^src\//, '')), to = folderOf(own);
  if (from === to || file.name.endsWith('_test.c') || !(plan.has(from) && plan.has(to)) || (from === file.room && to === file.room)) return '';
  if (PRIVATE.test(own)) return `"${own}" is private to ${to === file.room ? `the top of room ${to}` : `folder ${to}`}`;
  return from === file.room || to === file.room || plan.get(from).has(to) ? '' : `folder ${from} may not include folder ${to} (floors.txt)`;
}

/** Every folder of a room that has folders in the plan stands there. */
function checkFolders(files, plan) {
  const divided = new Set([...plan.keys()].filter((name) => name.includes('/')).map((name) => name.split('/')[0]));
  const there = new Set(files.filter((f) => divided.has(f.room)).map((f) => folderOf(f.name.replace(/^src\//, ''))));
  return [...there].filter((folder) => !plan.has(folder)).map((folder) => `src/${folder}:1: folder ${folder} is missing in floors.txt`);
}

function checkIncludes(file, plan) {
  const breaches = [];
  for (const { own, foreign, line } of includesOf(file.text)) {
    const at = `${file.name}:${line}`;
    if (foreign !== undefined) {
      if (CRYPTO_HEADER.test(foreign) && !CRYPTO_ROOMS.has(file.room)) {
        breaches.push(`${at}: room ${file.room} may not include <${foreign}>: cryptography is called in trust, TLS in web`);
      }
      continue;
    }
    const [room, ...rest] = own.split('/');
    if (rest.length === 0) continue; // generated at build time
    const why = room === file.room ? whyNotFolder(file, own, plan) : whyNotRoom(file, own, plan);
    if (why) breaches.push(`${at}: ${why}`);
  }
  return breaches;
}

function checkCalls(file, code) {
  const breaches = [];
  const each = (pattern, say) => {
    for (const m of code.matchAll(pattern)) breaches.push(`${file.name}:${lineAt(code, m.index)}: ${say(m[1])}`);
  };
  if (file.room !== GROUND) each(HEAP, (name) => `${name} is called outside base: use the call's arena, or heap_alloc and heap_free`);
  each(NEVER, (name) => `${name} is never used here (c-style: views, snprintf, str_int, fork and exec are safer)`);
  return breaches;
}

/** Which room creates which table; the same name in two rooms is a breach. */
function collectTables(files) {
  const owner = new Map();
  const breaches = [];
  for (const file of files.filter((f) => f.name.endsWith('.sql'))) {
    for (const m of file.text.matchAll(NEW_TABLE)) {
      const first = owner.get(m[1]);
      if (first && first !== file.room) breaches.push(`${file.name}:${lineAt(file.text, m.index)}: table ${m[1]} is already created by room ${first}`);
      else owner.set(m[1], file.room);
    }
  }
  return { owner, breaches };
}

/** A test may damage what another room keeps, to show what happens then; the program may not even look. */
function checkSql(file, pieces, owner) {
  const breaches = [];
  if (file.name.endsWith('_test.c')) return breaches;
  for (const { value, line } of pieces) {
    if (!SQL_WORD.test(value)) continue;
    for (const word of new Set(value.match(/\b[A-Za-z_]\w*\b/g) ?? [])) {
      const room = owner.get(word);
      if (room && room !== file.room) breaches.push(`${file.name}:${line}: room ${file.room} names table ${word} of room ${room}: call that room instead`);
    }
  }
  return breaches;
}

function readRoomFiles(root) {
  const files = [];
  const walk = (room, folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(room, name);
      else if (/\.(c|h|sql)$/.test(entry.name)) files.push({ room, name, text: readFileSync(join(root, name), 'utf8') });
    }
  };
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name).sort();
  for (const room of rooms) walk(room, `src/${room}`);
  return { rooms, files };
}

/** Every breach below root, as lines for people. */
export function checkFloors(root) {
  if (!existsSync(join(root, 'floors.txt'))) return ['floors.txt:1: this file is missing'];
  const { plan, breaches } = readPlan(readFileSync(join(root, 'floors.txt'), 'utf8'));
  const { rooms, files } = readRoomFiles(root);
  for (const room of rooms) if (!plan.has(room)) breaches.push(`src/${room}:1: room ${room} is missing in floors.txt`);
  breaches.push(...checkFolders(files, plan));
  const tables = collectTables(files);
  breaches.push(...tables.breaches);
  for (const file of files) {
    if (file.name.endsWith('.sql')) {
      const lines = file.text.split('\n').map((value, index) => ({ value: value.replace(/--.*/, ''), line: index + 1 }));
      breaches.push(...checkSql(file, lines, tables.owner));
      continue;
    }
    const { code, strings } = splitC(file.text);
    breaches.push(...checkIncludes(file, plan), ...checkCalls(file, code), ...checkSql(file, strings, tables.owner));
  }
  return breaches;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [root = '.', stamp] = process.argv.slice(2);
  const breaches = checkFloors(root);
  for (const breach of breaches) console.error(breach);
  if (breaches.length > 0) process.exit(1);
  if (stamp) writeFileSync(stamp, 'ok\n');
}
