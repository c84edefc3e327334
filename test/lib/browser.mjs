// A real browser for the stories: Debian's Chromium, driven by Playwright; without a window where that is installed, for then it needs a third of the work.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PASSWORD } from './nation.mjs';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const PATIENCE = 90000; // for a machine with other work

const PROGRAM = process.env.CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(existsSync);

export const launch = () => chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS });

// person: a page of a browser of its own (own cookies); page.problems collects what the console complained about.
export async function person(browser, locale, options = {}) {
  const context = await browser.newContext({ locale, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.problems = [];
  page.on('console', (m) => { if (m.type() === 'error') page.problems.push(m.text()); });
  page.on('pageerror', (e) => page.problems.push(String(e)));
  return page;
}

// submit: presses the page's button and waits until the answer is there, redirects included; whatever asks the page next asks the new one.
export async function submit(page, button = 'main button[type=submit]') {
  const answered = page.waitForEvent('load');
  await page.click(button);
  await answered;
}

export async function signIn(page, node, login) {
  await page.goto(`${node.pages}/sign-in`);
  await page.fill('[name=login]', login);
  await page.fill('[name=password]', PASSWORD);
  await submit(page);
}

// shot: a picture of the page at both widths when SEN_SHOTS names a folder. Answers by how many pixels the page scrolls sideways at its worst.
export async function shot(page, name) {
  let sideways = 0;
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
    sideways = Math.max(sideways, await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
    if (!process.env.SEN_SHOTS) continue;
    mkdirSync(process.env.SEN_SHOTS, { recursive: true });
    await page.screenshot({ path: join(process.env.SEN_SHOTS, `${name}-${width}.png`), fullPage: true });
  }
  return sideways;
}
