// Everybody can use every page: axe-core finds nothing, the keyboard reaches everything and sees where it is, nothing needs script. The pages are found
// by following every link that each kind of person is shown, so a new page is judged as soon as something leads to it.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, person, shot, signIn, submit } from '../lib/browser.mjs';
import { Nation, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let nation, browser;
before(async () => {
  nation = await Nation.start();
  // Quick reports, so that the operator's pages have something to show.
  await nation.sen(['nation', 'stop', nation.dir]);
  for (const n of [nation.operator, nation.police, nation.hanoi]) appendFileSync(join(n.dir, 'node.yaml'), 'monitor:\n  report_s: 2\n');
  await nation.sen(['nation', 'start', nation.dir]);
  browser = await launch();
});
after(async () => { await browser?.close(); await nation?.stop(); });

async function axeFinds(page) {
  await page.evaluate(axe); // through the debugger: the page's own policy allows no foreign script, and keeps doing so
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
}

// keyboard: Tab walks over all that can be used, and each place shows that it has the focus. The page itself notes where the focus comes by.
async function keyboard(page) {
  const wanted = await page.evaluate(() => {
    const usable = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
      .filter((e) => !e.disabled && e.checkVisibility() && !(e.type === 'radio' && !e.checked && [...document.getElementsByName(e.name)].some((o) => o !== e)));
    document.activeElement?.blur();
    window.getSelection()?.removeAllRanges();
    const seen = new Set(), faint = [];
    document.addEventListener('focusin', ({ target: e }) => {
      const s = getComputedStyle(e);
      seen.add(e);
      if (!(s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) && s.boxShadow === 'none') faint.push(e.outerHTML.slice(0, 100));
    });
    window.walked = () => ({ missed: usable.filter((e) => !seen.has(e)).map((e) => e.outerHTML.slice(0, 100)), faint });
    return usable.length;
  });
  for (let i = 0; i < wanted + 3; i++) await page.keyboard.press('Tab');
  return page.evaluate(() => window.walked());
}

// judge: in Vietnamese on a wide screen and by keyboard, in English on a phone: together every page in every way but four times as fast as all of each.
async function judge(page, name) {
  const wide = name.endsWith('-vi') || name.includes('-vi-');
  assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`);
  assert.equal(await shot(page, name), 0, `${name} scrolls sideways`);
  await page.setViewportSize(wide ? { width: 1280, height: 900 } : { width: 360, height: 740 });
  assert.deepEqual(await axeFinds(page), [], `axe-core on ${name}`);
  if (!wide) return;
  const { missed, faint } = await keyboard(page);
  assert.deepEqual(missed, [], `${name}: not reached by keyboard`);
  assert.deepEqual(faint, [], `${name}: focus not shown`);
}

// walk: every page that links lead this person to on this node, each shape of address once (numbers and ids in it do not count).
async function walk(page, node, name, from = '/') {
  const todo = [from], shapes = new Set();
  const shape = (path) => path.replace(/\?.*/, '').replace(/(\/monitor\/nodes)\/.*/, '$1/N').replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, 'N');
  while (todo.length) {
    const path = todo.shift();
    if (shapes.has(shape(path))) continue;
    shapes.add(shape(path));
    const kind = (await page.request.get(node.pages + path)).headers()['content-type'] ?? '';
    if (!kind.startsWith('text/html')) continue; // a proof, data
    const answer = await page.goto(node.pages + path);
    assert.ok(answer.status() < 400, `${path}: ${answer.status()}`);
    await judge(page, `${name}${shape(path).replaceAll('/', '-')}`);
    const links = await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((a) => a.href));
    for (const l of links) if (l.startsWith(`${node.pages}/`) && !/#|\/static\/|sign-out|language/.test(l)) todo.push(l.slice(node.pages.length));
  }
  return shapes;
}

// find: sends the form "Find a person by name".
async function find(page, { name, born = '', purpose = 'residence.register' }) {
  await page.goto(`${nation.hanoi.pages}/people/find`);
  await page.fill('[name=name]', name);
  await page.fill('[name=born]', born);
  await page.selectOption('[name=purpose]', purpose);
  await submit(page);
}
// signedIn: this person's page; signed in once, since a browser that starts afresh costs as much as judging ten pages.
const pages = new Map();
async function signedIn(node, login, lang) {
  const key = `${node.name} ${login} ${lang}`;
  if (pages.has(key)) return pages.get(key);
  const page = await person(browser, lang);
  await signIn(page, node, login);
  pages.set(key, page);
  return page;
}
const nameAndYear = (p) => ({ name: p.fullName, born: String(p.core.birth_date ?? p.core[0].birth_date).slice(0, 4) });

for (const lang of ['vi', 'en']) {
  test(`the portal for citizens, ${lang}`, async () => {
    const page = await person(browser, lang);
    await walk(page, nation.operator, `access-visitor-${lang}`);
    await signIn(page, nation.operator, 'citizen1');
    const shapes = await walk(page, nation.operator, `access-citizen-${lang}`);
    for (const path of ['/', '/my/record', '/my/readers']) assert.ok(shapes.has(path), `${path} is linked`);
    await page.goto(`${nation.operator.pages}/no-such-page`);
    await judge(page, `access-no-such-page-${lang}`);
  });

  test(`an official's pages, ${lang}`, async () => {
    const page = await person(browser, lang);
    await page.goto(`${nation.hanoi.pages}/sign-in`);
    await page.fill('[name=login]', 'lan');
    await page.fill('[name=password]', 'wrong password');
    await submit(page);
    await judge(page, `access-sign-in-refused-${lang}`);
    await page.close();
    const lan = await signedIn(nation.hanoi, 'lan', lang);
    const shapes = await walk(lan, nation.hanoi, `access-official-${lang}`);
    for (const path of ['/people/look-up', '/people/find']) assert.ok(shapes.has(path), `${path} is linked`);
    await lan.goto(`${nation.hanoi.pages}/people/look-up`);
    await lan.fill('[name=key]', '12');
    await submit(lan);
    await judge(lan, `access-look-up-refused-${lang}`);
    await lan.fill('[name=key]', pinOf(citizen(nation, 1)));
    await lan.selectOption('[name=purpose]', 'residence.register');
    await submit(lan);
    await judge(lan, `access-record-${lang}`);
  });

  test(`finding a person: what was not right, who was found, nobody, ${lang}`, async () => {
    const page = await signedIn(nation.hanoi, 'lan', lang);
    await find(page, { name: '', born: '31/31/1984', purpose: '' });
    await judge(page, `access-find-refused-${lang}`);
    await find(page, nameAndYear(citizen(nation, 1)));
    assert.ok((await page.locator('main').innerText()).includes(pinOf(citizen(nation, 1))), 'the person is found');
    await judge(page, `access-found-${lang}`);
    await find(page, { name: citizen(nation, 1).fullName, born: '1885' });
    assert.equal(await page.locator('.sen-facts').count(), 0);
    await judge(page, `access-found-nobody-${lang}`);
  });

  test(`the operator's pages, ${lang}`, async () => {
    const page = await signedIn(nation.operator, 'operator', lang);
    await until('messages in the picture', async () => (await (await page.request.get(`${nation.operator.pages}/monitor/traffic`)).text()).includes('<svg'));
    const shapes = await walk(page, nation.operator, `access-operator-${lang}`);
    for (const path of ['/monitor', '/monitor/nodes/N', '/monitor/faults', '/monitor/traffic']) assert.ok(shapes.has(path), `${path} is linked`);
    const own = await signedIn(nation.hanoi, 'son', lang);
    await own.goto(`${nation.hanoi.pages}/monitor`);
    assert.match(own.url(), /\/monitor\/here$/);
    await judge(own, `access-monitor-here-${lang}`);
  });

  test(`the message log, ${lang}`, async () => {
    const son = await signedIn(nation.hanoi, 'son', lang);
    const shapes = await walk(son, nation.hanoi, `access-archivist-${lang}`);
    for (const path of ['/messages', '/messages/N']) assert.ok(shapes.has(path), `${path} is linked`);
    await son.goto(`${nation.hanoi.pages}/messages?since=yesterday`);
    await judge(son, `access-messages-refused-${lang}`);
    await son.goto(`${nation.hanoi.pages}/messages?party=VN/GOV/H26`);
    await son.locator('main table a').first().click();
    await son.selectOption('[name=purpose]', 'residence.register');
    await submit(son);
    await judge(son, `access-message-opened-${lang}`);
    const minh = await person(browser, lang);
    await signIn(minh, nation.police, 'minh');
    await minh.goto(`${nation.police.pages}/messages`);
    await minh.goto(await minh.locator('main a[href="/messages/person"]').evaluate((a) => a.href));
    await minh.fill('[name=number]', pinOf(citizen(nation, 1)));
    await minh.selectOption('[name=purpose]', 'residence.register');
    await submit(minh);
    await judge(minh, `access-messages-person-${lang}`);
  });
}

test('nothing needs script: finding a person, opening the record, watching the nodes', async () => {
  const lan = await person(browser, 'en', { javaScriptEnabled: false });
  await signIn(lan, nation.hanoi, 'lan');
  await lan.getByRole('link', { name: 'Find a person by name' }).click();
  await find(lan, nameAndYear(citizen(nation, 1)));
  await submit(lan, `main form:has([name=key][value="${pinOf(citizen(nation, 1))}"]) button`);
  await lan.getByRole('heading', { name: 'Record of a person' }).waitFor();
  assert.ok((await lan.locator('main').innerText()).includes(citizen(nation, 1).fullName));
  const operator = await person(browser, 'en', { javaScriptEnabled: false });
  await signIn(operator, nation.operator, 'operator');
  await until('the look-up among the messages', async () => (await (await operator.request.get(`${nation.operator.pages}/monitor/traffic?span=24h`)).text()).includes('population/person<'));
  await operator.getByRole('link', { name: 'State of the nodes' }).click();
  await operator.getByRole('link', { name: 'Who talks to whom' }).click();
  await operator.getByRole('link', { name: 'Last 24 hours' }).click();
  await operator.locator('svg[role=img]').waitFor();
  assert.ok((await operator.locator('table').innerText()).includes('VN/GOV/G01/population/person'));
});
