// assets.mjs: style, fonts, pictures and scripts to one C file, so that the program carries them itself. Run at build time:
//   node tools/assets.mjs OUT.c DEPFILE MAIN.scss FILE...
// In the style sheet url("asset:NAME") stands for the address of another embedded file. Addresses hold a hash of the content: what changed has a new one.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const FONTS = join(MODULES, '@fontsource/be-vietnam-pro/files');
const TYPES = { '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8' };

function asset(name, bytes) {
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return { name, bytes, hash, path: `/assets/${hash}/${name}`, type: TYPES[extname(name)], packed: packed.length < bytes.length * 0.9 ? packed : Buffer.alloc(0) };
}

async function style(file, assets) {
  const sass = await import('sass');
  const made = sass.compile(file, { style: 'compressed', loadPaths: [MODULES], quietDeps: true, silenceDeprecations: ['import'] });
  const css = made.css.replace(/url\("?asset:([a-z0-9.-]+)"?\)/g, (_, name) => {
    const found = assets.find(a => a.name === name);
    if (!found) throw new Error(`${file}: no asset "${name}"`);
    return `url(${found.path})`;
  });
  return { css, inputs: made.loadedUrls.map(u => fileURLToPath(u)) };
}

// The font asks that its licence travels with it.
function licences() {
  const { version } = JSON.parse(readFileSync(join(MODULES, 'govuk-frontend/package.json'), 'utf8'));
  return Buffer.from(`Be Vietnam Pro\n\n${readFileSync(join(MODULES, '@fontsource/be-vietnam-pro/LICENSE'), 'utf8')}\n\n` +
    `Parts of the style sheet come from govuk-frontend ${version}, Crown Copyright, MIT licence: https://github.com/alphagov/govuk-frontend\n`);
}

function array(name, bytes) {
  const rows = [];
  for (let i = 0; i < bytes.length; i += 32) rows.push([...bytes.subarray(i, i + 32)].join(','));
  return `static const unsigned char ${name}[] = {\n${rows.join(',\n')}\n};\n`;
}

function source(assets) {
  const sorted = [...assets].sort((a, b) => (a.name < b.name ? -1 : 1));
  const view = (name, bytes) => (bytes.length ? `{ (const char *)${name}, sizeof ${name} }` : '{ NULL, 0 }');
  const text = s => `STR_INIT(${JSON.stringify(s)})`;
  return [
    '/* Made by tools/assets.mjs. */', '#include "web/page_int.h"', '',
    ...sorted.flatMap((a, i) => [array(`bytes_${i}`, a.bytes), a.packed.length ? array(`packed_${i}`, a.packed) : '']),
    'const struct asset web__assets[] = {',
    ...sorted.map((a, i) => `    { ${text(a.name)}, ${text(a.path)}, ${text(a.hash)}, ${text(a.type)}, ${view(`bytes_${i}`, a.bytes)}, ${view(`packed_${i}`, a.packed)} },`),
    '};', `const size_t web__nassets = ${sorted.length};`, '',
  ].join('\n');
}

const [out, depfile, scss, ...files] = process.argv.slice(2);
if (!existsSync(join(MODULES, 'govuk-frontend'))) {
  console.error('The page style is not there yet. Run "npm ci" in the top folder, then build again.');
  process.exit(69);
}
const fonts = ['latin', 'vietnamese'].flatMap(set => [400, 700].map(weight => `be-vietnam-pro-${set}-${weight}-normal.woff2`));
const assets = [
  ...fonts.map(f => asset(f, readFileSync(join(FONTS, f)))),
  ...files.map(f => asset(basename(f), readFileSync(f))),
  asset('licences.txt', licences()),
];
const { css, inputs } = await style(scss, assets);
assets.push(asset(basename(scss, '.scss') + '.css', Buffer.from(css)));
writeFileSync(out, source(assets));
writeFileSync(depfile, `${out}: ${[...inputs, ...files].map(f => f.replace(/ /g, '\\ ')).join(' ')}\n`);
