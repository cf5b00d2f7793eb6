// The loop that a newcomer sees: the demo is started, the app connected, a purchase appears while one looks, sharing is
// stopped at the shop, and the app is refused. Two products in one browser; the pages of the app are looked at as well.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { temporaryFolder } from '../support/folder.mjs';
import { Running, freePort, succeed } from '../support/process.mjs';
import { BINARY } from '../support/service.mjs';
import { Report, audit, walk } from './audit.mjs';

const CUSTOMER = 'customer-001';
const screenshots = process.env.SCREENSHOTS ?? join(dirname(fileURLToPath(import.meta.url)), '../.cache/screenshots');

const report = new Report();
const complaints = [];
const folder = temporaryFolder('demo');
const [port, storePort] = [await freePort(), await freePort()];
const [shop, store] = [port, storePort].map((each) => `http://127.0.0.1:${each}`);
const { PATH, HOME } = process.env;
const flags = ['--dir', join(folder, 'data'), '--port', String(port), '--store-port', String(storePort)];
let demo;
let browser;

const begun = performance.now();
const seconds = () => ((performance.now() - begun) / 1000).toFixed(1);
const step = (what) => console.log(`     ${seconds().padStart(6)} s  ${what}`);

/** Starts the demo; gives the milliseconds until both of its pages were answered. */
async function start(name) {
  const started = performance.now();
  demo = new Running(BINARY, ['demo', ...flags], { log: join(folder, `${name}.log`), cwd: folder, env: { PATH, HOME } });
  for (const page of [`${shop}/sign-in`, `${store}/`]) {
    await demo.until(page, () => fetch(page).then(({ ok }) => ok, () => false), { every: 10 });
  }
  return performance.now() - started;
}

/** A page of the app, held still: what is new is not put in while it is looked at. */
async function inApp(page, name) {
  await page.route('**/live?*', () => {});
  await page.reload();
  await audit(report, page, `app-${name}`, screenshots, { scripts: 1 });
  await page.reload();
  await report.check(`app-${name}: the keyboard reaches everything`, () => walk(page));
  await page.unroute('**/live?*');
}

try {
  const first = await start('first');
  step(`both answer, ${first.toFixed(0)} ms after the start, the schema made`);
  await demo.stop();
  const again = await start('again');
  const memory = Number(await succeed('ps', ['-o', 'rss=', '-p', String(demo.pid)])) / 1024;
  step(`started again: both answer after ${again.toFixed(0)} ms; ${memory.toFixed(0)} MB`);

  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));

  await page.goto(`${store}/`);
  await audit(report, page, 'app-welcome', screenshots);
  await page.click('#connect');
  await page.waitForURL((url) => url.origin === shop && url.pathname === '/sign-in');
  step('the app leads to the shop');
  await report.check('the sign-in page suggests customers', async () => {
    assert.ok((await page.locator('datalist option').count()) >= 7);
  });
  await page.fill('#customerId', CUSTOMER);
  await page.click('#sign-in');
  await page.waitForURL((url) => url.pathname === '/consent');
  await report.check('each thing that is asked for comes with an example of one’s own', async () => {
    assert.ok((await page.getByText(/^Like: /).count()) >= 3, await page.textContent('main'));
  });
  await audit(report, page, 'demo-consent', screenshots);
  for (const box of await page.locator('input[name=dataset]').all()) await box.check();
  await page.click('#allow');
  await page.waitForURL((url) => url.origin === store && url.pathname !== '/callback');
  step('allowed, back at the app');
  await page.goto(`${store}/purchases`);
  await page.locator('[data-purchase]').first().waitFor();
  step('the first purchases are shown');
  const count = async () => Number.parseInt(await page.textContent('#live .quiet'), 10);
  for (let [before, now] = [-1, 0]; before !== now; [before, now] = [now, await count()]) await page.waitForTimeout(2_500);
  step(`${await count()} purchases are there: the whole past year`);
  await page.goto(`${store}/purchases`);
  await page.locator('[data-purchase]').first().waitFor();

  const known = new Set(await page.locator('[data-purchase]').evaluateAll((all) => all.map(({ dataset }) => dataset.purchase)));
  await report.check('a new purchase appears while one looks', async () => {
    await page.waitForFunction(() => document.querySelector('.tag-new') !== null, undefined, { timeout: 60_000 });
    const newest = await page.locator('[data-purchase]').first().getAttribute('data-purchase');
    assert.ok(!known.has(newest));
  });
  step('a new purchase has appeared');
  await inApp(page, 'purchases');
  await page.goto(`${store}/purchases`);
  await page.locator('[data-purchase] a').first().click();
  await inApp(page, 'purchase');
  for (const name of ['spending', 'came-back', 'covered', 'connection']) {
    await page.goto(`${store}/${name}`);
    await inApp(page, name);
  }
  await report.check('the app finds that everything adds up', async () => {
    await page.goto(`${store}/connection`);
    await page.click('#fetch');
    await page.goto(`${store}/spending`);
    await page.locator('.check-right').first().waitFor();
    assert.equal(await page.locator('.check-wrong').count(), 0);
  });

  await page.goto(`${shop}/apps`);
  await report.check('the shop tells what the app has looked at', async () => {
    await page.locator('a[id^="open-"]').first().click();
    assert.match(new URL(page.url()).pathname, /^\/apps\/gra_[a-z2-7]{26}$/);
    assert.match(await page.textContent('main'), /purchases/);
  });
  await audit(report, page, 'demo-app', screenshots);
  await page.goto(`${shop}/apps`);
  await page.locator('a[id^="stop-gra"]').first().click();
  await page.click('#stop');
  await page.waitForURL((url) => url.pathname.endsWith('/stopped'));
  step('sharing stopped at the shop');
  await page.goto(`${store}/connection`);
  await report.check('the app is refused, and says so', async () => {
    await page.waitForFunction(() => document.getElementById('connect') !== null, undefined, { timeout: 40_000 });
    assert.match(await page.textContent('main'), /stopped|ended/i);
  });
  step('the app says that it gets nothing any more');
  await audit(report, page, 'app-ended', screenshots);
  await page.goto(`${store}/purchases`);
  await report.check('what it has, it keeps', async () => assert.ok((await page.locator('[data-purchase]').count()) > 0));
  await report.check('no console message, no broken policy', () => assert.deepEqual(complaints, []));
} catch (error) {
  report.failed += 1;
  console.log(`FAIL the loop broke off after ${seconds()} s\n     ${error.message}\n${demo?.tail() ?? ''}`);
} finally {
  await browser?.close();
  await demo?.stop();
}
console.log(report.summary());
process.exitCode = report.failed === 0 ? 0 : 1;
