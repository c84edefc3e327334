// po.mjs: translations. English text is the key.
//   node tools/po.mjs compile OUT.c FILE.po...   the C tables of web/translate.c, sorted by the bytes of the key; untranslated texts are left out
//   node tools/po.mjs check                      fails when a text of the program has no translation, or a translation no text
//   node tools/po.mjs update                     adds new texts with an empty translation, drops those that are no longer used
// Texts are found where they are written: {{t "..."}} in templates; TR("..."), call_fail sentences (also those that a function or macro
// of the file hands on), FAULT and FINDING tables, .label and status.c in C; label, name and role of country files, label columns of its code lists.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withInputs } from './template.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const COUNTRY = join(ROOT, 'country/vn');

// ---- .po files ----

const unquote = text => JSON.parse(text);
const quote = text => JSON.stringify(text);

// parse: [{ refs, key, text }]; the entry with the empty key is the head.
export function parse(source, file) {
  const entries = [];
  let entry = null;
  let into = null;
  source.split('\n').forEach((line, i) => {
    const m = /^(msgid|msgstr)\s+(".*")$/.exec(line);
    try {
      if (line.startsWith('#')) entry = entry && entry.text === undefined ? entry : null;
      if (m && m[1] === 'msgid') entries.push(entry = { key: unquote(m[2]), text: undefined }), into = 'key';
      else if (m) entry.text = unquote(m[2]), into = 'text';
      else if (line.startsWith('"')) entry[into] += unquote(line);
      else if (line.trim() && !line.startsWith('#')) throw new Error('unknown line');
    } catch (e) {
      throw new Error(`${file}:${i + 1}: ${e.message}`);
    }
  });
  return entries;
}

function header(entries, name) {
  const line = entries.find(e => e.key === '')?.text.split('\n').find(l => l.startsWith(name + ':'));
  if (!line) throw new Error(`the head of the file has no "${name}:"`);
  return line.slice(name.length + 1).trim();
}

// ---- where texts are written ----

function* walk(folder, endings) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path, endings);
    else if (endings.some(e => name.endsWith(e))) yield path;
  }
}

export function textsOfTemplate(source) {
  return [...withInputs(source).matchAll(/\{\{t\s+"((?:[^"\\]|\\["\\])*)"/g)].map(m => m[1].replace(/\\(["\\])/g, '$1'));
}

// Words of C: strings (neighbours joined), names and single signs; comments and characters are passed over.
// A name that is #defined as a text stands for the text.
function cTokens(source) {
  const list = [];
  const defined = new Map([...source.matchAll(/^#define (\w+) "((?:[^"\\\n]|\\.)*)"$/gm)].map(m => [m[1], m[2]]));
  const re = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|^\s*#[^\n]*|"((?:[^"\\\n]|\\.)*)"|'(?:[^'\\]|\\.)*'|([A-Za-z_]\w*)|([^\s])/gm;
  for (const m of source.matchAll(re)) {
    const written = m[1] ?? defined.get(m[2]);
    if (written !== undefined) {
      const text = written.replace(/\\(.)/g, (_, ch) => ({ n: '\n', t: '\t' })[ch] ?? ch);
      if (list.at(-1)?.text !== undefined) list.at(-1).text += text;
      else list.push({ text });
    } else if (m[2] || m[3]) list.push({ word: m[2] ?? m[3] });
  }
  return list;
}

// the arguments of a call whose "(" stands at list[at]
function callArguments(list, at) {
  const args = [[]];
  let depth = 0;
  for (let i = at; i < list.length; i++) {
    const word = list[i].word;
    if (word === '(' || word === '{' || word === '[') depth++;
    if (word === ')' || word === '}' || word === ']') depth--;
    if (depth === 0) break;
    if (i === at) continue;
    if (depth === 1 && word === ',') args.push([]);
    else args.at(-1).push(list[i]);
  }
  return args;
}
const strings = tokens => (tokens ?? []).filter(t => t.text !== undefined).map(t => t.text);

// Macros and functions of a file that hand a sentence on to call_fail: what they are called with are sentences too.
function wrappers(source) {
  const joined = source.replace(/\\\n/g, ' ');
  const macros = [...joined.matchAll(/^#define (\w+)\([^\n]*call_fail\(/gm)].map(m => m[1]);
  const functions = [...source.matchAll(/^[a-z][^\n;=]*?\b(\w+)\([^;{}]*const char \*(\w+)[^;{}]*\)\n\{\n([\s\S]*?)\n\}/gm)]
    .filter(([, , parameter, body]) => new RegExp(`call_fail\\([^;]*\\b${parameter}\\b`).test(body)).map(m => m[1]);
  return new Set([...macros, ...functions]);
}
const isSentence = text => /^[A-Z%].* .*\.$/s.test(text);

export function textsOfC(source, file) {
  const found = [];
  const list = cTokens(source);
  const calls = { TR: [0], call_fail: [3], FAULT: [2, 3, 4], FINDING: [3, 4, 5] };
  const handsOn = wrappers(source);
  list.forEach(({ word }, i) => {
    if (!word) return;
    const called = list[i + 1]?.word === '(' ? callArguments(list, i + 1) : null;
    if (called && Object.hasOwn(calls, word)) found.push(...calls[word].flatMap(i => strings(called[i])));
    if (called && handsOn.has(word)) found.push(...called.flatMap(strings).filter(isSentence));
    if (word === 'label' && list[i - 1]?.word === '.' && list[i + 1]?.word === '=' && list[i + 2]?.text !== undefined) found.push(list[i + 2].text);
  });
  if (basename(file) === 'status.c') found.push(...list.map(t => t.text ?? '').filter(t => isSentence(t) || t === 'Done.'));
  return found.filter(text => /[A-Za-z]{2}/.test(text.replace(/%s/g, '')));
}

// A country file is read line by line: a value ends at a remark, and inside {...} at a comma.
export function textsOfYaml(source, file) {
  const name = basename(file) === 'purposes.yaml' ? 'name' : /registers\//.test(file) ? 'label' : 'role';
  return source.split('\n').filter(line => !/^\s*#/.test(line)).flatMap(line => {
    const m = new RegExp(`(?:^|[\\s{,-])${name}:\\s+(.*)$`).exec(line);
    if (!m) return [];
    const flow = line.includes('{') ? m[1].replace(/[,}].*$/, '') : m[1];
    return [flow.replace(/\s+#.*$/, '').trim().replace(/^"(.*)"$/, '$1')];
  });
}

// A code list of the country: the column "label" holds texts to translate, the column "name" proper names that stay.
export function textsOfCsv(source) {
  const [head, ...rows] = source.trimEnd().split('\n').map(line => line.split(','));
  const at = head.indexOf('label');
  return at < 0 ? [] : rows.map(row => row[at]).filter(Boolean);
}

// every text of the program with the file that writes it first
function programTexts() {
  const texts = new Map();
  const add = (file, list) => list.forEach(t => texts.has(t) || texts.set(t, relative(ROOT, file)));
  for (const f of walk(join(ROOT, 'src'), ['.html'])) add(f, textsOfTemplate(readFileSync(f, 'utf8')));
  for (const f of walk(join(ROOT, 'src'), ['.c', '.h'])) if (!/_(test|fuzz)\.c$|\/test_[a-z]+\.c$/.test(f)) add(f, textsOfC(readFileSync(f, 'utf8'), f));
  for (const f of walk(COUNTRY, ['.yaml'])) add(f, textsOfYaml(readFileSync(f, 'utf8'), f));
  for (const f of walk(join(COUNTRY, 'codes'), ['.csv'])) add(f, textsOfCsv(readFileSync(f, 'utf8')));
  return texts;
}

// ---- the three commands ----

export function compile(files) {
  const tables = files.map(({ file, source }) => {
    const entries = parse(source, file);
    return {
      lang: header(entries, 'Language'), name: header(entries, 'X-Language-Name'),
      rows: entries.filter(e => e.key && e.text).sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    };
  });
  const c = s => `STR_INIT(${quote(s).replace(/\?/g, '\\?')})`;
  return [
    '/* Made by tools/po.mjs. */', '#include "web/page_int.h"', '',
    ...tables.flatMap((t, i) => [`static const struct translation rows_${i}[] = {`, ...t.rows.map(r => `    { ${c(r.key)}, ${c(r.text)} },`), '};', '']),
    'const struct translation_table web__translations[] = {',
    ...tables.map((t, i) => `    { ${c(t.lang)}, ${c(t.name)}, rows_${i}, sizeof rows_${i} / sizeof *rows_${i} },`),
    '};', `const size_t web__ntranslations = ${tables.length};`, '',
  ].join('\n');
}

const places = text => (text.match(/%s/g) ?? []).length;

export function compare(texts, entries) {
  const known = new Map(entries.filter(e => e.key).map(e => [e.key, e.text]));
  return [
    ...[...texts].filter(([t]) => !known.get(t)).map(([t, f]) => `no translation: ${quote(t)} (${f})`),
    ...[...known].filter(([k]) => !texts.has(k)).map(([k]) => `no longer used: ${quote(k)}`),
    ...[...known].filter(([k, v]) => v && places(k) !== places(v)).map(([k]) => `not as many %s: ${quote(k)}`),
  ];
}

function write(file, entries, texts) {
  const head = entries.find(e => e.key === '');
  const known = new Map(entries.map(e => [e.key, e.text]));
  const blocks = [`msgid ""\nmsgstr ""\n${head.text.split('\n').filter(Boolean).map(l => quote(l + '\n')).join('\n')}`];
  const rows = [...texts].sort(([a, f], [b, g]) => (f === g ? (a < b ? -1 : 1) : f < g ? -1 : 1));
  for (const [key, from] of rows) blocks.push(`#: ${from}\nmsgid ${quote(key)}\nmsgstr ${quote(known.get(key) ?? '')}`);
  writeFileSync(file, blocks.join('\n\n') + '\n');
}

function main([command, out, ...rest]) {
  if (command === 'compile' && rest.length) return void writeFileSync(out, compile(rest.map(file => ({ file, source: readFileSync(file, 'utf8') }))));
  if (command !== 'check' && command !== 'update') {
    console.error('usage: node tools/po.mjs compile OUT.c FILE.po... | check | update');
    process.exit(64);
  }
  let bad = 0;
  const texts = programTexts();
  for (const file of walk(COUNTRY, ['.po'])) {
    const entries = parse(readFileSync(file, 'utf8'), file);
    if (command === 'update') write(file, entries, texts);
    else compare(texts, entries).forEach(line => { bad++; console.error(`${relative(ROOT, file)}: ${line}`); });
  }
  if (bad) process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
