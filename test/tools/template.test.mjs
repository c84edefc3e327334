// The template compiler: each value is escaped by where it stands, and what cannot be safe is refused with file and line.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { compile } from '../../tools/template.mjs';

const HEAD = '{{data struct page_x from "room/x.h"}}\n';
const c = body => compile(HEAD + body, 'src/room/x.html', 'room').c;
const refused = (body, why) => assert.throws(() => c(body), why);

test('a value in text is escaped by its type', () => assert.match(c('<p>{{name}}</p>'), /html_put\(o, d->name\);/));
test('a value in a quoted attribute', () => assert.match(c('<p title="{{a.b}}"></p>'), /html_put_attr\(o, d->a\.b\);/));
test('a whole address', () => assert.match(c('<a href="{{to}}">x</a>'), /html_url\(o, d->to\);/));
test('a piece of an address', () => assert.match(c('<a href="/x/{{id}}/{{n}}">x</a>'), /html_put_part\(o, d->id\);[\s\S]*html_put_part\(o, d->n\);/));
test('a piece after a value is a piece', () => assert.match(c('<a href="{{to}}{{id}}">x</a>'), /html_url\(o, d->to\);[\s\S]*html_put_part\(o, d->id\);/));
test('every URL attribute is one', () => assert.match(c('<form action="{{to}}"></form><img src="{{to}}">'), /html_url[\s\S]*html_url/));
test('literals are C strings with their byte length', () => assert.match(c('<p>đ "x" ?</p>'), /html_z\(o, "<p>đ \\"x\\" \\\?<\/p>", 15\);/));
test('blanks shrink in text and stay in pre', () => {
  assert.match(c('<p>a \n   b</p>'), /<p>a b<\/p>/);
  assert.match(c('<pre>a \n   b</pre>'), /a \\n   b/);
});
test('if, else and unless', () => {
  assert.match(c('{{#if a}}<b>x</b>{{else}}<i>y</i>{{/if}}'), /if \(html_is\(d->a\)\) \{[\s\S]*\} else \{[\s\S]*\}/);
  assert.match(c('{{#unless a}}x{{/unless}}'), /if \(!html_is\(d->a\)\) \{/);
  assert.match(c('<option{{#if a}} selected{{/if}}>x</option>'), / selected/);
});
test('each counts with the field n...', () => {
  const made = c('{{#each box.items as item}}<li>{{item.name}} {{box.title}}</li>{{/each}}');
  assert.match(made, /i_item < d->box\.nitems; i_item\+\+/);
  assert.match(made, /html_put\(o, \(\*v_item\)\.name\);/);
  assert.match(made, /html_put\(o, d->box\.title\);/);
});
test('translations, with values and without', () => {
  assert.match(c('<p>{{t "Sign in"}}</p>'), /html_tr\(o, STR\("Sign in"\)\);/);
  assert.match(c('<p>{{t label}}</p>'), /html_tr\(o, d->label\);/);
  assert.match(c('<p title="{{t "Leaf %s of %s" a b}}"></p>'), /html_tr_args\(o, STR\("Leaf %s of %s"\), \(const struct str\[\]\)\{ html_arg\(o, d->a\), html_arg\(o, d->b\) \}, 2\);/);
});
test('day, moment, number, error, csrf, asset, include, title', () => {
  const made = c('{{#title}}{{t "Record"}}{{/title}}<h1>{{title}}</h1>{{day d1}}{{moment m}}{{number n}}{{error "pin"}}{{#error "pin"}}x{{/error}}' +
    '<form>{{csrf}}</form><img src="{{asset "lotus.svg"}}" alt="">{{include "room/part.html" with sub}}');
  for (const piece of ['html_title_x(o, d);', 'html_day(o, d->d1);', 'html_moment(o, d->m);', 'html_number(o, d->n);', 'html_error(o, STR("pin"));', 'html_has_error(o, STR("pin"))',
    'html_csrf(o);', 'html_asset(o, STR("lotus.svg"));', '#include "room/part.html.h"', 'html_page_part(o, &d->sub);', 'PAGE_X = { "room/x", put_body, put_title }'])
    assert.ok(made.includes(piece), piece);
});
test('C errors point at the template', () => assert.match(c('<p>\n{{name}}</p>'), /#line 3 "src\/room\/x\.html"\n    html_put\(o, d->name\);/));
test('a page without data', () => {
  assert.match(compile('{{data none}}\n<p>x</p>', 'y.html', 'room').h, /html_page_y\(struct page_out \*o, const void \*d\)/);
  assert.throws(() => compile('{{data none}}\n<p>{{x}}</p>', 'y.html', 'room'), /y\.html:2: .*no data/);
});

test('refused: the first line must declare the data', () => assert.throws(() => compile('<p></p>', 'z.html', 'room'), /z\.html:1: the first line/));
test('refused: places where no escaping is safe', () => {
  refused('<p title={{a}}></p>', /x\.html:2: put the value of title into quotes/);
  refused('<p title=a></p>', /quotes/);
  refused('<script>var a = {{a}}</script>', /no inline script/);
  refused('<style>{{a}}</style>', /no value inside <style>/);
  refused('<p onclick="{{a}}"></p>', /no onclick/);
  refused('<p onload></p>', /no onload/);
  refused('<p style="color: {{a}}"></p>', /no style attribute/);
  refused('<p {{a}}></p>', /quoted attribute only/);
  refused('<{{a}}></p>', /quoted attribute only/);
  refused('<a href="javascript:x()">x</a>', /no javascript:/);
  refused('<!-- x -->', /no HTML comments/);
});
test('refused: text where an address stands', () => {
  refused('<a href="{{t "Sign in"}}">x</a>', /cannot be an address/);
  refused('<p title="{{day d1}}"></p>', /text only/);
  refused('<p title="{{asset "a"}}"></p>', /whole address/);
});
test('refused: unknown tags and names', () => {
  refused('{{frob x}}', /unknown tag/);
  refused('{{Name}}', /unknown tag/);
  refused('{{#frob x}}{{/frob}}', /unknown block/);
  refused('{{t "%s and %s" a}}', /2 times %s, but 1 values/);
  refused('{{t "%d" a}}', /values/);
  refused('{{csrf}}', /belongs into a <form>/);
  refused('{{a', /never closed/);
});
test('refused: what does not balance', () => {
  refused('<p>\n<b></p>', /x\.html:3: <\/p> closes <b>/);
  refused('<p>', /<p> is never closed/);
  refused('{{#if a}}', /x\.html:2: {{#if}} is never closed/);
  refused('{{#if a}}<p>{{/if}}</p>', /does not balance/);
  refused('{{#if a}}<p>{{else}}<b>{{/if}}', /does not balance/);
  refused('<p title="{{#if a}}x"{{/if}}></p>', /does not balance/);
  refused('{{/if}}', /without its beginning/);
  refused('{{#each a as b}}{{/if}}', /closes {{#each}}/);
  refused('{{else}}', /without {{#if}}/);
  refused('{{#each a as b}}{{#each c as b}}{{/each}}{{/each}}', /name "b" is taken/);
  refused('<p title="x', /ends inside a tag/);
});
test('a line of a form is written out, with its label, hint and sentence', () => {
  const made = c('<form>{{input "born" "Date of \\"birth\\"" hint "For example 1984." short}}{{input "until" "Until" hint-of "born" digits}}</form>');
  for (const piece of ['<label class=\\"govuk-label\\" for=\\"born\\">', 'html_tr(o, STR("Date of \\"birth\\""));', 'id=\\"born-hint\\">', 'html_tr(o, STR("For example 1984."));', 'html_error(o, STR("born"));',
    'html_has_error(o, STR("born"))', 'govuk-input--width-10', 'html_put_attr(o, d->born);', 'html_put_attr(o, d->until);', 'inputmode=\\"numeric\\"', 'aria-describedby=\\"born-hint\\">']) assert.ok(made.includes(piece), piece);
  assert.equal(made.split('id=\\"born-hint\\"').length, 2, 'one hint for both');
  refused('<form>{{input "born"}}</form>', /names a field and its label/);
  refused('<form>{{input "born" "Birth" wide}}</form>', /\{\{input/);
  refused('<form>{{input "born" "Birth" hint "a" hint-of "b"}}</form>', /names a field/);
  refused('<p title="{{input "born" "Birth"}}"></p>', /text only/);
});
