// The tour of README.md, word for word: what stands there between <!--do--> and <!----> is done as it is written, what stands between <!--see--> and <!----> must
// then be seen: on the page that is open, or in what the last command printed. A command or an address of the tour outside such marks fails this test, and so
// does a step that no pattern below knows. Only the surroundings are put in: another folder, other ports, fewer people, the printed number for the word PIN.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, person, submit } from '../lib/browser.mjs';
import { NET, PORT, SEN, STORE, remember, until } from '../lib/nation.mjs';

const readme = readFileSync('README.md', 'utf8');
const tour = /^## A tour [^\n]*\n([\s\S]*?)^(?:\| \||## )/m.exec(readme)[1];
const password = /every password in the sandbox is `([^`]+)`/.exec(tour)[1];
const MARKED = /<!--(do|see)-->([\s\S]*?)<!---->/g;

let dir, browser, page;
const got = { pin: '', printed: '', all: '', saved: '', onPage: false };

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sen-tour-'));
  symlinkSync(dirname(SEN), join(dir, 'build'));
  symlinkSync(resolve('Makefile'), join(dir, 'Makefile'));
  browser = await launch();
  page = await person(browser, 'en');
});
after(async () => {
  await browser?.close();
  await shell('build/sen nation stop sandbox').catch(() => {});
  rmSync(dir, { recursive: true, force: true });
});

// place: the words of the tour in the surroundings of this test.
const place = (text) => text.replaceAll('127.0.7.', `${NET}.`).replace(/http:\/\/localhost:80(\d\d)/g, (_, n) => `http://localhost:${PORT + Number(n) - 80}`)
  .replace(/\bPIN\b/g, got.pin).replace(/\bFILE\b/g, got.saved);

// shell: as at a terminal; `make` finds what it builds already there.
function shell(text) {
  const env = { ...process.env, PEOPLE: '60', OPTIONS: `--net ${NET} --port ${PORT} --store ${STORE}`, SANDBOX: 'sandbox' };
  return new Promise((done, fail) => execFile('bash', ['-c', `make() { command make --no-print-directory -o build "$@"; }\n${text}`], { cwd: dir, env, maxBuffer: 16 << 20 },
    (error, stdout, stderr) => (error && error.code > 127 ? fail(new Error(`${text}\n${stdout}${stderr}`)) : done(stdout + stderr))));
}

async function run(command) {
  got.printed = await shell(place(command));
  got.all += got.printed;
  got.onPage = false;
  got.pin ||= /citizen1 +.+, (\d{12})$/m.exec(got.printed)?.[1] ?? '';
}

async function click(name) {
  const loaded = page.waitForEvent('load');
  await page.getByRole('link', { name, exact: true }).first().click();
  await loaded;
}

// What the tour tells people to do. Each pattern takes the whole phrase.
const STEPS = [
  [/^`([^`]+)`$/, (command) => run(command)],
  [/^```sh\n([\s\S]+)```$/, (commands) => run(commands)],
  [/^[Oo]pen <([^>]+)>$/, (url) => page.goto(place(url))],
  [/^sign in as `([^`]+)`$/, async (login) => {
    if (await page.getByRole('link', { name: 'Sign in', exact: true }).count()) await click('Sign in');
    await page.fill('[name=login]', login);
    await page.fill('[name=password]', password);
    await submit(page);
  }],
  [/^[Cc]hoose \*([^*]+)\*$/, async (name) => { await page.goto(new URL('/', page.url()).href); await click(name); }],
  [/^\*([^*]+)\*$/, async (name) => { await page.goto(new URL('/', page.url()).href); await click(name); }],
  [/^type the number that `make run` printed$/, () => page.getByLabel('Personal identification number').fill(got.pin)],
  [/^choose the purpose "([^"]+)"$/, async (name) => {
    const options = await page.getByLabel('Purpose').locator('option').allTextContents();
    await page.getByLabel('Purpose').selectOption({ label: options.find((o) => o.startsWith(name)) });
  }],
  [/^press \*([^*]+)\*$/, (name) => submit(page, `main button:text-is("${name}")`)],
  [/^[Ss]ave the proof$/, async () => {
    await page.locator('details summary').first().click();
    const proof = await page.evaluate(async (href) => (await fetch(href)).text(), await page.locator('a[download]').first().getAttribute('href'));
    got.saved = 'proof.json';
    writeFileSync(join(dir, got.saved), proof);
  }],
  [/^[Cc]hange the purpose to `([^`]+)`$/, (purpose) => run(got.command.replace(/--purpose \S+/, `--purpose ${purpose}`).split('\n').filter((l) => !l.startsWith('curl')).join('\n'))],
];

async function take(phrase) {
  const known = STEPS.find(([pattern]) => pattern.test(phrase));
  assert.ok(known, `no step of this test knows how to do: ${phrase}`);
  const words = known[0].exec(phrase).slice(1);
  const isPage = !/^`|^[Cc]hange/.test(phrase);
  if (phrase.startsWith('```')) got.command = words[0];
  await known[1](...words);
  got.onPage = isPage;
}

// see: on the page (which is asked again, since heads are published from time to time) or in the output; quotes and code marks are not part of it.
async function see(phrase) {
  const wanted = phrase.replace(/^["`*]|["`*]$/g, '').toLowerCase();
  if (!got.onPage) return assert.ok(got.printed.toLowerCase().includes(wanted), `${phrase} does not stand in the end of:\n${got.all}`);
  await until(`on the page: ${phrase}`, async () => {
    const text = await page.innerText('main');
    remember(page.url(), text);
    if (text.toLowerCase().includes(wanted)) return true;
    if (!/look-up/.test(page.url())) await page.reload({ waitUntil: 'networkidle' });
    return false;
  });
}

test('every command and address of the tour is marked, so that none goes untried', () => {
  const rest = tour.replace(MARKED, '');
  assert.doesNotMatch(rest, /```|<http|`(?:build\/|make |curl|sen )/, 'a command or an address without <!--do-->');
  assert.ok([...tour.matchAll(MARKED)].length > 15);
});

for (const [i, step] of tour.split(/^(?=\d+\. )/m).filter((s) => /^\d+\. /.test(s)).entries())
  test(`step ${i + 1}: ${step.replace(/<!--.*?-->/g, '').replace(/\s+/g, ' ').slice(3, 80)}`, async () => {
    for (const [, kind, words] of step.matchAll(MARKED)) {
      const phrase = words.replace(/^ {3}/gm, '').trim();
      if (kind === 'do') await take(phrase.startsWith('```') ? phrase : phrase.replace(/\s+/g, ' '));
      else await see(phrase.replace(/\s+/g, ' '));
    }
  });
