// template.mjs: compiles a page template (x.html) into C (x.html.c, x.html.h). Run at build time:
//   node tools/template.mjs IN.html OUT.c OUT.h ROOM        (ROOM is the folder below src: "portal", "exchange/pages")
//
// The first line of a template declares its data:  {{data struct page_x from "room/file.h"}}  or  {{data none}}
//
//   {{name}} {{name.sub}}            a value, escaped by where it stands (text, attribute, URL); its C type chooses the printer
//   {{t "English"}} {{t name}}       translated;  {{t "Hello %s" name}} with values
//   {{day x}} {{moment x}} {{number x}}   as people of the language write them
//   {{#if x}} {{else}} {{/if}}       {{#unless x}} {{/unless}}
//   {{#each items as item}} {{/each}}     over the fields `items` and `nitems`
//   {{#title}} {{/title}}            the name of the page (text only); {{title}} shows it in the h1
//   {{error "field"}}                the sentence for a field; {{#error "field"}} {{/error}} only when that field is wrong
//   {{input "field" "Label"}}        a line of text of a form: label, sentence of the field, box with the value d->field; behind it, as needed: hint "..." (or
//                                    hint-of "other": that one's hint holds for both), short (a few letters), digits
//   {{csrf}}                         the hidden input every POST form needs
//   {{asset "name"}}                 the address of an embedded file
//   {{include "room/part.html" with x}}   another template
//   {{! a remark }}
//
// An unknown name fails in the C compiler, at the line of the template. Everything the compiler cannot see fails here: an unknown tag, an
// unclosed block, markup that does not balance, a value where no escaping is safe (script, style, on*, unquoted attributes).
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr', 'path', 'circle', 'rect', 'use']);
const URL_ATTRIBUTES = new Set(['href', 'src', 'action', 'formaction', 'cite', 'poster', 'data']);
const KEEP_BLANKS = new Set(['pre', 'textarea']);
const PATH = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/;

class TemplateError extends Error {}

// ---- 1. text to tokens: literal pieces and tags, each with its line ----

function tokens(source, fail) {
  const list = [];
  let line = 1;
  let at = 0;
  const count = text => { line += text.split('\n').length - 1; };
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const stop = open < 0 ? source.length : open;
    if (stop > at) {
      const text = source.slice(at, stop);
      list.push({ line, text });
      count(text);
    }
    if (open < 0) break;
    const close = source.indexOf('}}', open);
    if (close < 0) fail(line, 'this {{ is never closed');
    const tag = source.slice(open + 2, close);
    list.push({ line, tag: tag.trim() });
    count(tag);
    at = close + 2;
  }
  return list;
}

// words of a tag: names and "quoted texts" (\" and \\ inside)
function words(tag, fail) {
  const list = [];
  let rest = tag;
  while ((rest = rest.trimStart()) !== '') {
    const m = /^"((?:[^"\\]|\\["\\])*)"(?=\s|$)/.exec(rest) || /^([^\s"]+)(?=\s|$)/.exec(rest);
    if (!m) fail(`cannot read {{${tag}}}`);
    list.push(m[0][0] === '"' ? { text: m[1].replace(/\\(["\\])/g, '$1') } : { name: m[1] });
    rest = rest.slice(m[0].length);
  }
  return list;
}

// ---- 2. a line of a form, written out ----

export function inputSource(list, fail) {
  const [, field, label, ...rest] = list;
  const more = {};
  while (rest.length) {
    const { name } = rest.shift();
    if (name === 'short' || name === 'digits') more[name] = true;
    else if ((name === 'hint' || name === 'hint-of') && rest[0]?.text !== undefined) more[name] = rest.shift().text;
    else fail('{{input "field" "Label" hint "..." short digits}}');
  }
  if (!/^[a-z_]+$/.test(field?.text ?? '') || !label?.text || (more.hint !== undefined && more['hint-of'] !== undefined)) fail('{{input "field" "Label"}} names a field and its label');
  const id = field.text, quoted = text => `"${text.replace(/["\\]/g, '\\$&')}"`, described = more.hint === undefined ? more['hint-of'] : id;
  return `<div class="govuk-form-group{{#error "${id}"}} govuk-form-group--error{{/error}}">` +
    `<label class="govuk-label" for="${id}">{{t ${quoted(label.text)}}}</label>` +
    (more.hint === undefined ? '' : `<div class="govuk-hint" id="${id}-hint">{{t ${quoted(more.hint)}}}</div>`) +
    `{{error "${id}"}}` +
    `<input class="govuk-input govuk-input--width-${more.short ? 10 : 20}${more.digits ? ' sen-numbers' : ''}{{#error "${id}"}} govuk-input--error{{/error}}" id="${id}" name="${id}" type="text"` +
    `${more.digits ? ' inputmode="numeric"' : ''} autocomplete="off" spellcheck="false" value="{{${id}}}"${described ? ` aria-describedby="${described}-hint"` : ''}></div>`;
}

// withInputs: a template with all its lines of forms written out, for who looks for its texts.
export function withInputs(source) {
  const fail = what => { throw new TemplateError(what); };
  return tokens(source, (line, what) => fail(what)).map(({ tag, text }) => tag === undefined ? text : /^input\s/.test(tag) ? inputSource(words(tag, fail), fail) : `{{${tag}}}`).join('');
}

// ---- 3. where in the markup do we stand? ----

// A small reader of HTML that follows literal text and knows, for the next value, the one safe way to write it.
class Markup {
  constructor() { Object.assign(this, { where: 'text', stack: [], tag: '', attr: '', quote: '', started: false, closing: false, name: '' }); }
  save() { return { ...this, stack: [...this.stack] }; }
  restore(saved) { Object.assign(this, saved, { stack: [...saved.stack] }); }
  same(other) { return this.where === other.where && this.attr === other.attr && this.quote === other.quote && this.stack.join() === other.stack.join(); }
  top() { return this.stack[this.stack.length - 1]; }

  eat(text, fail) {
    for (const ch of text) this.step(ch, fail);
  }
  step(ch, fail) {
    this[this.where](ch, fail);
  }
  text(ch, fail) {
    if (ch === '<') Object.assign(this, { where: 'open', name: '' });
    else if ((this.top() === 'script' || this.top() === 'style') && ch.trim()) fail(`no inline ${this.top()}: put it into a file of src/web`);
  }
  open(ch, fail) {
    if (this.name === '' && ch === '!') { this.where = 'bang'; this.name = ''; return; }
    if (this.name === '' && ch === '/') { this.closing = true; this.where = 'tagname'; return; }
    if (!/[a-z]/.test(ch)) fail(`write a tag in small letters after "<", or "&lt;" for the sign itself`);
    this.closing = false;
    this.where = 'tagname';
    this.tagname(ch, fail);
  }
  bang(ch, fail) {
    this.name += ch;
    if (this.name.length === 2 && this.name === '--') fail('no HTML comments: use {{! ... }}');
    if (ch === '>') {
      if (!/^doctype html>$/i.test(this.name)) fail('only <!doctype html> may begin with "<!"');
      this.where = 'text';
    }
  }
  tagname(ch, fail) {
    if (/[a-z0-9-]/i.test(ch)) { this.name += ch; return; }
    this.tag = this.name;
    if (this.tag === '') fail('a tag without a name');
    this.where = 'tagbody';
    this.tagbody(ch, fail);
  }
  tagbody(ch, fail) {
    if (/\s/.test(ch)) return;
    if (ch === '>') { this.endtag(false, fail); return; }
    if (ch === '/') { this.where = 'selfclose'; return; }
    if (this.closing) fail(`</${this.tag} has no attributes`);
    if (!/[a-z]/.test(ch)) fail('write attribute names in small letters');
    this.attr = ch;
    this.where = 'attrname';
  }
  selfclose(ch, fail) {
    if (ch !== '>') fail('a "/" inside a tag stands before ">" only');
    this.endtag(true, fail);
  }
  attrname(ch, fail) {
    if (/[a-zA-Z0-9:_-]/.test(ch)) { this.attr += ch; return; }
    this.checkattr(fail);
    if (ch === '=') { this.where = 'value'; return; }
    this.attr = '';
    this.where = 'tagbody';
    this.tagbody(ch, fail);
  }
  checkattr(fail) {
    if (/^on/.test(this.attr)) fail(`no ${this.attr}: scripts live in src/web/js`);
    if (this.attr === 'style' || this.attr === 'srcset' || this.attr === 'srcdoc') fail(`no ${this.attr} attribute: use a class`);
  }
  value(ch, fail) {
    if (ch !== '"' && ch !== "'") fail(`put the value of ${this.attr} into quotes`);
    Object.assign(this, { where: 'quoted', quote: ch, started: false, literal: '' });
  }
  quoted(ch, fail) {
    if (ch === this.quote) { Object.assign(this, { where: 'tagbody', attr: '', quote: '' }); return; }
    if (ch === '<') fail('write &lt; inside an attribute');
    this.started = true;
    this.literal += ch;
    if (URL_ATTRIBUTES.has(this.attr) && /^\s*(javascript|data|vbscript):/i.test(this.literal)) fail(`no ${this.literal} addresses`);
  }
  endtag(self, fail) {
    const tag = this.tag;
    Object.assign(this, { where: 'text', attr: '', tag: '' });
    if (this.closing) {
      if (this.top() !== tag) fail(`</${tag}> closes <${this.top() ?? 'nothing'}>`);
      this.stack.pop();
    } else if (!self && !VOID.has(tag)) this.stack.push(tag);
  }
  // a name ends where a {{ begins: <option{{#if x}} selected{{/if}}>
  endname(fail) {
    if (this.where === 'tagname' && this.name !== '') Object.assign(this, { where: 'tagbody', tag: this.name });
    if (this.where !== 'attrname') return;
    this.checkattr(fail);
    Object.assign(this, { where: 'tagbody', attr: '' });
  }
  // how the next value is to be written: 'text', 'attr', 'url' (whole address) or 'part' (a piece of one)
  context(fail) {
    if (this.where === 'text') {
      if (this.top() === 'script' || this.top() === 'style') fail(`no value inside <${this.top()}>`);
      return 'text';
    }
    if (this.where === 'quoted') return URL_ATTRIBUTES.has(this.attr) ? (this.started ? 'part' : 'url') : 'attr';
    if (this.where === 'value') fail(`put the value of ${this.attr} into quotes`);
    return fail('a value may stand in text or in a quoted attribute only');
  }
}

// ---- 4. tokens to C ----

const cstring = text => '"' + text.replace(/[\\"?]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '') + '"';

class Compiler {
  constructor(source, file, room) {
    this.file = file;
    this.room = room;
    this.name = basename(file, '.html').replace(/[^a-z0-9]/g, '_');
    this.markup = new Markup();
    this.scope = [];          // names of loop variables
    this.blocks = [];         // open blocks, innermost last
    this.out = { body: [], title: [] };
    this.into = 'body';
    this.includes = new Set();
    this.line = 1;
    this.tokens = tokens(source, (line, what) => this.fail(what, line));
  }
  fail(what, line = this.line) { throw new TemplateError(`${this.file}:${line}: ${what}`); }
  emit(code) { this.out[this.into].push({ line: this.line, code }); }

  compile() {
    this.readData();
    for (const token of this.tokens) {
      this.line = token.line;
      this.token(token);
    }
    if (this.blocks.length) this.fail(`{{#${this.blocks.at(-1).kind}}} is never closed`, this.blocks.at(-1).line);
    if (this.markup.where !== 'text') this.fail('the file ends inside a tag');
    if (this.markup.stack.length) this.fail(`<${this.markup.top()}> is never closed`);
    return { c: this.source(), h: this.header() };
  }
  token({ tag, text }) {
    if (tag === undefined) this.literal(text);
    else this.tag(tag);
  }
  readData() {
    const first = this.tokens.shift();
    const m = /^data\s+(none|(struct [a-z_][a-z0-9_]*)\s+from\s+"([a-z0-9_./]+\.h)")$/.exec(first?.tag ?? '');
    if (!m) this.fail('the first line declares the data: {{data struct page_x from "room/file.h"}} or {{data none}}');
    this.type = m[2] ?? null;
    if (m[3]) this.from = m[3];
    if (this.tokens[0]?.text !== undefined) this.tokens[0].text = this.tokens[0].text.replace(/^\n/, () => { this.tokens[0].line++; return ''; });
  }

  literal(text) {
    const fail = what => this.fail(what);
    if (this.into === 'title' && text.includes('<')) this.fail('a title is text without tags');
    let written = '';
    for (const ch of text) {
      const before = this.markup.where;
      const inText = before === 'text' && !this.markup.stack.some(tag => KEEP_BLANKS.has(tag));
      this.markup.step(ch, fail);
      if (ch === '\n') this.line++;
      if (inText && /\s/.test(ch) && /\s$/.test(written)) continue;
      written += inText && /\s/.test(ch) ? (ch === '\n' ? '\n' : ' ') : ch;
    }
    if (written !== '') this.emit(`html_z(o, ${cstring(written)}, ${Buffer.byteLength(written)});`);
  }

  tag(tag) {
    if (tag.startsWith('!')) return;
    this.markup.endname(what => this.fail(what));
    if (/^[#/]/.test(tag) || tag === 'else') { this.block(tag); return; }
    const list = words(tag, what => this.fail(what));
    const head = list[0]?.name;
    const special = { t: 'translate', day: 'printer', moment: 'printer', number: 'printer', csrf: 'csrf', error: 'error', asset: 'asset', include: 'include', input: 'input' }[head];
    if (head === 'title' && list.length === 1 && this.out.title.length) { this.textOnly('title'); this.emit(`html_title_${this.name}(o, d);`); return; }
    if (special && !(special !== 'csrf' && list.length === 1)) { this[special](list, head); return; }
    if (list.length !== 1 || !head || !PATH.test(head)) this.fail(`unknown tag {{${tag}}}`);
    this.value(this.expr(head));
  }
  expr(name) {
    if (!PATH.test(name ?? '')) this.fail(`"${name ?? ''}" is not a name`);
    const [first, ...rest] = name.split('.');
    if (this.scope.includes(first)) return [`(*v_${first})`, ...rest].join('.'); // v_: a C keyword may be a name here
    if (!this.type) this.fail(`{{${name}}} in a template that has no data`);
    return 'd->' + name;
  }
  value(code) {
    const how = this.markup.context(what => this.fail(what));
    this.emit({ text: `html_put(o, ${code});`, attr: `html_put_attr(o, ${code});`, url: `html_url(o, ${code});`, part: `html_put_part(o, ${code});` }[how]);
    this.markup.started = true;
  }
  translate(list) {
    const how = this.markup.context(what => this.fail(what));
    if (how !== 'text' && how !== 'attr') this.fail('a translated text cannot be an address');
    const [, key, ...args] = list;
    if (key.text === undefined) {
      if (args.length) this.fail('values need a text in quotes before them');
      this.emit(`html_tr(o, ${this.expr(key.name)});`);
      return;
    }
    const places = (key.text.match(/%./g) ?? []).filter(p => p !== '%%');
    if (places.some(p => p !== '%s') || places.length !== args.length) this.fail(`${places.length} times %s, but ${args.length} values`);
    const text = `STR(${cstring(key.text)})`;
    if (!args.length) this.emit(`html_tr(o, ${text});`);
    else this.emit(`html_tr_args(o, ${text}, (const struct str[]){ ${args.map(a => `html_arg(o, ${this.expr(a.name)})`).join(', ')} }, ${args.length});`);
  }
  textOnly(what) {
    if (this.markup.context(why => this.fail(why)) !== 'text') this.fail(`{{${what}}} may stand in text only`);
  }
  printer(list, head) {
    this.textOnly(head);
    if (list.length !== 2) this.fail(`{{${head}}} takes one value`);
    this.emit(`html_${head}(o, ${this.expr(list[1].name)});`);
  }
  csrf(list) {
    this.textOnly('csrf');
    if (list.length !== 1) this.fail('{{csrf}} stands alone');
    if (!this.markup.stack.includes('form')) this.fail('{{csrf}} belongs into a <form>');
    this.emit('html_csrf(o);');
  }
  error(list) {
    this.textOnly('error');
    if (list.length !== 2 || list[1].text === undefined) this.fail('{{error "field"}} names one field');
    this.emit(`html_error(o, STR(${cstring(list[1].text)}));`);
  }
  input(list) {
    this.textOnly('input');
    for (const token of tokens(inputSource(list, what => this.fail(what)), (line, what) => this.fail(what))) this.token(token);
  }
  asset(list) {
    if (this.markup.context(what => this.fail(what)) !== 'url') this.fail('{{asset}} is a whole address');
    if (list.length !== 2 || list[1].text === undefined) this.fail('{{asset "name"}} names one file');
    this.emit(`html_asset(o, STR(${cstring(list[1].text)}));`);
    this.markup.started = true;
  }
  include(list) {
    this.textOnly('include');
    const file = list[1]?.text;
    if (!file || !/^[a-z0-9_]+\/[a-z0-9_-]+\.html$/.test(file)) this.fail('{{include "room/part.html" with x}}');
    if (list.length !== 4 || list[2].name !== 'with') this.fail('{{include "room/part.html" with x}}');
    this.includes.add(file + '.h');
    this.emit(`html_page_${basename(file, '.html').replace(/[^a-z0-9]/g, '_')}(o, &${this.expr(list[3].name)});`);
  }

  // ---- blocks: every branch must end where it began ----
  block(tag) {
    const m = /^([#/])\s*([a-z]+)\s*(.*)$/s.exec(tag);
    if (tag === 'else') this.otherwise();
    else if (!m) this.fail(`unknown tag {{${tag}}}`);
    else if (m[1] === '/') this.close(m[2], m[3]);
    else this.openBlock(m[2], words(m[3], what => this.fail(what)));
  }
  openBlock(kind, list) {
    const block = { kind, line: this.line, saved: this.markup.save(), elseSeen: false };
    if ((kind === 'if' || kind === 'unless') && list.length === 1) this.emit(`if (${kind === 'if' ? '' : '!'}html_is(${this.expr(list[0].name)})) {`);
    else if (kind === 'error' && list.length === 1 && list[0].text !== undefined) this.emit(`if (html_has_error(o, STR(${cstring(list[0].text)}))) {`);
    else if (kind === 'each' && list.length === 3 && list[1].name === 'as' && /^[a-z_]+$/.test(list[2].name ?? '')) this.openEach(block, list[0].name, list[2].name);
    else if (kind === 'title' && list.length === 0) this.openTitle();
    else this.fail(`unknown block {{#${kind}}}`);
    this.blocks.push(block);
  }
  openEach(block, items, item) {
    if (this.scope.includes(item)) this.fail(`the name "${item}" is taken`);
    const list = this.expr(items);
    const count = this.expr(items.replace(/([a-z0-9_]+)$/, 'n$1'));
    this.emit(`for (size_t i_${item} = 0; i_${item} < ${count}; i_${item}++) {`);
    this.emit(`__typeof__(${list}[0]) const *v_${item} = &${list}[i_${item}];`);
    this.scope.push(item);
    block.item = item;
  }
  openTitle() {
    if (this.blocks.length || this.markup.stack.length || this.markup.where !== 'text' || this.out.title.length) this.fail('{{#title}} stands once, outside of all tags');
    this.into = 'title';
  }
  otherwise() {
    const block = this.blocks.at(-1);
    if (!block || block.elseSeen || block.kind === 'each' || block.kind === 'title') this.fail('{{else}} without {{#if}}');
    block.elseSeen = true;
    block.first = this.markup.save();
    this.markup.restore(block.saved);
    this.emit('} else {');
  }
  close(kind, rest) {
    const block = this.blocks.pop();
    if (!block || block.kind !== kind || rest) this.fail(block ? `{{/${kind}}} closes {{#${block.kind}}} of line ${block.line}` : `{{/${kind}}} without its beginning`);
    const must = block.first ?? block.saved;
    if (!this.markup.same(must)) this.fail(`the markup in {{#${kind}}} of line ${block.line} does not balance`);
    this.markup.started = this.markup.started || must.started || block.saved.started;
    if (block.item) this.scope.pop();
    if (kind === 'title') this.into = 'body';
    else this.emit('}');
  }

  // ---- 5. the files ----
  header() {
    const guard = `SEN_PAGE_${this.room}_${this.name}_H`.toUpperCase().replaceAll("/", "_");
    const type = this.type ? `const ${this.type} *d` : 'const void *d';
    return [
      `/* Made from ${this.room}/${basename(this.file)} by tools/template.mjs. */`, `#ifndef ${guard}`, `#define ${guard}`, '#include "web/page.h"',
      ...(this.from ? [`#include "${this.from}"`] : []),
      `extern const struct page PAGE_${this.name.toUpperCase()};`,
      `void html_page_${this.name}(struct page_out *o, ${type});`, '#endif', '',
    ].join('\n');
  }
  lines(part) {
    const list = [];
    let at = 0;
    for (const { line, code } of this.out[part]) {
      if (line !== at) list.push(`#line ${at = line} ${cstring(this.file)}`);
      list.push('    ' + code);
      at++;
    }
    return list;
  }
  source() {
    const type = this.type ? `const ${this.type} *d` : 'const void *d';
    const title = this.out.title.length > 0;
    return [
      `/* Made from ${this.room}/${basename(this.file)} by tools/template.mjs. */`,
      `#include "${this.room}/${this.name === basename(this.file, '.html') ? this.name : basename(this.file, '.html')}.html.h"`,
      ...[...this.includes].map(h => `#include "${h}"`), '',
      ...(title ? [`static void html_title_${this.name}(struct page_out *o, ${type})`, '{', '    (void)d;', ...this.lines('title'), '}', ''] : []),
      `void html_page_${this.name}(struct page_out *o, ${type})`, '{', '    (void)o;', '    (void)d;', ...this.lines('body'), '}', '',
      `static void put_body(struct page_out *o, const void *data) { html_page_${this.name}(o, data); }`,
      ...(title ? [`static void put_title(struct page_out *o, const void *data) { html_title_${this.name}(o, data); }`] : []),
      `const struct page PAGE_${this.name.toUpperCase()} = { "${this.room}/${this.name}", put_body, ${title ? 'put_title' : 'NULL'} };`, '',
    ].join('\n');
  }
}

// compile: the text of a template to { c, h }. Throws with "file:line: what" when it cannot.
export function compile(source, file, room) {
  return new Compiler(source, file, room).compile();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [input, c, h, room] = process.argv.slice(2);
  if (!room) {
    console.error('usage: node tools/template.mjs IN.html OUT.c OUT.h ROOM');
    process.exit(64);
  }
  try {
    const made = compile(readFileSync(input, 'utf8'), input, room);
    writeFileSync(c, made.c);
    writeFileSync(h, made.h);
  } catch (e) {
    if (!(e instanceof TemplateError)) throw e;
    console.error(e.message);
    process.exit(1);
  }
}
