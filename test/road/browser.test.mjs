// The main story in a real browser: sign-in, look-up, "Who read my data" with the proof checked by the page's own script; and every page by screenshot.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, person as visitor, shot as picture, signIn, submit } from '../lib/browser.mjs';
import { Nation, until } from '../lib/nation.mjs';
import { citizen, pinOf } from '../lib/people.mjs';

let nation, browser;
before(async () => {
  nation = await Nation.start();
  browser = await launch();
});
after(async () => { await browser?.close(); await nation?.stop(); });

const person = (locale, options) => visitor(browser, locale, options);
const shot = async (page, name) => assert.equal(await picture(page, name), 0, `${name} scrolls sideways`);

for (const lang of ['vi', 'en']) {
  test(`the road in a browser, ${lang}`, async () => {
    const who = citizen(nation, 1);
    const lan = await person(lang);
    await lan.goto(`${nation.hanoi.pages}/sign-in`);
    await shot(lan, `hanoi-sign-in-${lang}`);
    await lan.fill('[name=login]', 'lan');
    await lan.fill('[name=password]', 'wrong password');
    await submit(lan);
    assert.ok(await lan.locator('.govuk-error-summary').isVisible());
    await shot(lan, `hanoi-sign-in-wrong-${lang}`);
    await signIn(lan, nation.hanoi, 'lan');
    await lan.goto(`${nation.hanoi.pages}/people/look-up`);
    assert.equal(await lan.evaluate(() => document.documentElement.lang), lang);
    assert.equal(await lan.locator('h1').count(), 1);
    await shot(lan, `hanoi-look-up-${lang}`);
    await lan.fill('[name=key]', '12');
    await submit(lan);
    await shot(lan, `hanoi-look-up-wrong-${lang}`);
    await lan.fill('[name=key]', pinOf(who));
    await lan.selectOption('[name=purpose]', 'residence.register');
    await lan.fill('[name=issue]', 'H26-261122-0007');
    await submit(lan);
    assert.ok((await lan.textContent('main')).includes(who.fullName));
    assert.ok(!lan.url().includes(pinOf(who)));
    await shot(lan, `hanoi-record-${lang}`);

    const citizenPage = await person(lang);
    await citizenPage.goto(nation.operator.pages);
    await shot(citizenPage, `portal-home-${lang}`);
    await signIn(citizenPage, nation.operator, 'citizen1');
    await shot(citizenPage, `portal-signed-in-${lang}`);
    await citizenPage.goto(`${nation.operator.pages}/my/record`);
    assert.ok((await citizenPage.textContent('main')).includes(who.fullName));
    await shot(citizenPage, `portal-record-${lang}`);
    await until('proofs checked by the page itself', async () => {
      await citizenPage.goto(`${nation.operator.pages}/my/readers`);
      await citizenPage.waitForLoadState('networkidle');
      return (await citizenPage.locator('[data-proof-state="good"]').count()) > 0;
    });
    assert.equal(await citizenPage.locator('[data-proof-state="bad"]').count(), 0);
    assert.ok((await citizenPage.textContent('main')).includes('thành phố Hà Nội'));
    await shot(citizenPage, `portal-readers-${lang}`);
    await citizenPage.goto(`${nation.operator.pages}/no-such-page`);
    await shot(citizenPage, `portal-not-found-${lang}`);
    await lan.goto(`${nation.operator.pages}/sign-in`);
    await shot(lan, `portal-sign-in-${lang}`);
    for (const p of [lan, citizenPage]) assert.deepEqual(p.problems.filter((t) => !/422|404|Failed to load resource/.test(t)), []);
  });
}

test('everything works without script', async () => {
  const page = await person('vi', { javaScriptEnabled: false });
  await signIn(page, nation.operator, 'citizen1');
  await page.goto(`${nation.operator.pages}/my/readers`);
  assert.match(await page.textContent('main'), /sen journal verify/);
});

test('the first view is small', async () => {
  const page = await person('vi');
  const sizes = [];
  page.on('requestfinished', (r) => { if (!/woff2/.test(r.url())) sizes.push(r.sizes()); });
  await page.goto(nation.operator.pages, { waitUntil: 'networkidle' });
  const bytes = (await Promise.all(sizes)).reduce((sum, s) => sum + s.responseBodySize, 0);
  assert.ok(bytes > 1000 && bytes <= 35 * 1024, `${bytes} bytes without fonts`);
});
