// Translations: texts are found where they are written, the tables come out sorted, and this program has a translation for every text.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { compare, compile, parse, textsOfC, textsOfCsv, textsOfTemplate, textsOfYaml } from '../../tools/po.mjs';

const HEAD = 'msgid ""\nmsgstr ""\n"Language: vi\\n"\n"X-Language-Name: Tiếng Việt\\n"\n';

test('every text of the program is translated and no translation is left over', () => {
  execFileSync(process.execPath, [new URL('../../tools/po.mjs', import.meta.url).pathname, 'check'], { stdio: 'pipe' });
});
test('texts of templates', () => assert.deepEqual(textsOfTemplate('{{t "A"}} {{t name}} {{t "B %s \\"x\\"" c}} {{! t "C" }}'), ['A', 'B %s "x"']));
test('texts of C: TR, call_fail, labels; not comments, not other strings', () => {
  const found = textsOfC('/* TR("no") */ x = TR("One" " two"); // TR("no")\ncall_note(c, "room", "No one.");\n' +
    'return call_fail(c, ST_INVALID, "field", wide ? "Too wide, (really)." : "Too\\"narrow\\".", v);\n{ "f", .label = "Label" },', 'x.c');
  assert.deepEqual(found, ['One two', 'Too wide, (really).', 'Too"narrow".', 'Label']);
});
test('texts that a function or a macro of the file hands on', () => {
  const source = '#define WRONG(k, s) \\\n    call_fail(k, ST_INVALID, "", s)\nstatic enum status refuse(struct call *c, const char *why)\n{\n    return call_fail(c, ST_DENIED, "", why);\n}\n' +
    'static void other(const char *why)\n{\n    log(why);\n}\nx = refuse(c, "Do this instead."); WRONG(c, "Do that instead."); other("Not for people at all.");\nFAULT("code", ST_DENIED, "Faults too.")';
  assert.deepEqual(textsOfC(source, 'x.c'), ['Do this instead.', 'Do that instead.', 'Faults too.']);
});
test('texts of country files', () => {
  assert.deepEqual(textsOfCsv('code,label,basis\na,Work,x\nb,,y\n'), ['Work']);
  assert.deepEqual(textsOfCsv('code,name\n01,Kinh\n'), []);
  assert.deepEqual(textsOfYaml('# name: no\n  - code: a\n    name: Register a birth, marriage\n', 'country/vn/purposes.yaml'), ['Register a birth, marriage']);
  assert.deepEqual(textsOfYaml('label: Sex  # remark\n- {login: a, name: B, label: "C d"}\n', 'country/vn/registers/x.yaml'), ['Sex', 'C d']);
});
test('tables are sorted by bytes and leave out what is not translated', () => {
  const c = compile([{ file: 'vi.po', source: `${HEAD}\nmsgid "b"\nmsgstr "hai"\n\nmsgid "a"\nmsgstr ""\n\nmsgid "B"\nmsgstr "một"\n` }]);
  assert.ok(c.indexOf('"B"') < c.indexOf('"b"') && !c.includes('"a"'));
});
test('missing, left over and broken translations are told', () => {
  const entries = parse('msgid "a %s"\nmsgstr "x"\n\nmsgid "old"\nmsgstr "y"\n', 'vi.po');
  assert.deepEqual(compare(new Map([['a %s', 'f.c'], ['new', 'g.c']]), entries).map(l => l.split(':')[0]), ['no translation', 'no longer used', 'not as many %s']);
  assert.throws(() => parse('msgid "a"\nnonsense\n', 'vi.po'), /vi\.po:2/);
});
