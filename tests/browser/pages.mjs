// Every page of a customer with 5,000 purchases, some of them from a hostile catalogue: accessibility, the keyboard
// alone, what the page weighs, and how long the server takes for it. Prints a table.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { Service } from '../support/service.mjs';
import { Report, audit, walk } from './audit.mjs';

const CUSTOMER = 'heavy';
const PURCHASES = 5_000;
const TIMES = 7;
const HOUR = 3_600_000;
const screenshots = process.env.SCREENSHOTS ?? join(dirname(fileURLToPath(import.meta.url)), '../.cache/screenshots');

/** What a catalogue may hold and a page must only show. */
const HOSTILE = [
  '<script>document.title = "run"</script>',
  '"><img src=x onerror="document.title = \'run\'">',
  '\u05d7\u05dc\u05d1 \u202egnp.exe',
  '👩‍👩‍👧‍👦 Party set 🎉 e\u0301',
  'W'.repeat(1_024),
  '{{ 7 * 7 }} {% include "base.html" %} %3Cb%3E &lt;b&gt;',
];

function orderOf(number) {
  const hostile = HOSTILE[number];
  const placedAt = new Date(Date.parse('2026-11-20T10:00:00Z') - number * 5 * HOUR).toISOString();
  const lines = Array.from({ length: 4 }, (_, line) => ({
    lineId: String(line + 1), sku: `s-${line}`, name: hostile ?? `Thing number ${line + 1}`, quantity: 1, net: '2.50',
    category: [hostile ?? 'Household', 'Paper'],
  }));
  const data = {
    orderId: `o-${number}`, revision: 1, customerId: CUSTOMER, channel: 'store', placedAt, currency: number % 9 === 8 ? 'CHF' : 'EUR',
    location: { storeId: '1', name: hostile ?? 'Shop on the corner', city: hostile ?? 'Augsburg' }, lines,
    tenders: [{ method: 'card', amount: '10.00', last4: '4417' }], totals: { grandTotal: '10.00' },
  };
  return event('order.recorded.v1', `o-${number}`, placedAt, data);
}

function returnOf(number) {
  const returnedAt = new Date(Date.parse('2026-11-21T10:00:00Z') - number * 5 * HOUR).toISOString();
  const data = {
    returnId: `r-${number}`, revision: 1, orderId: `o-${number}`, status: 'completed', returnedAt,
    lines: [{ returnLineId: '1', lineId: '1', sku: 's-0', quantity: 1, amount: '2.50', reason: HOSTILE[number % HOSTILE.length] }],
  };
  return event('return.recorded.v1', `r-${number}`, returnedAt, data);
}

function event(type, id, time, data) {
  return `${CUSTOMER}\t${JSON.stringify({ specversion: '1.0', id, source: '/shop', type, time, data })}\n`;
}

/** The median time of an answer, from the request to its last byte, and what the page weighs. */
async function measure(context, url) {
  const times = [];
  let weight = 0;
  for (let time = 0; time < TIMES; time += 1) {
    const begun = performance.now();
    const response = await context.request.get(url);
    weight = (await response.body()).length;
    times.push(performance.now() - begun);
  }
  return { ms: times.sort((one, other) => one - other)[Math.floor(TIMES / 2)], kb: weight / 1024 };
}

const orders = join(temporaryFolder('heavy'), 'orders.tsv');
writeFileSync(orders, [
  ...Array.from({ length: PURCHASES }, (_, number) => orderOf(number)),
  ...Array.from({ length: 40 }, (_, number) => returnOf(number)),
].join(''));
const service = await Service.init({ settings: { HTTP__REQUESTS_PER_MINUTE: '100000' } });
assert.equal((await service.ingestFile(orders)).quarantined, 0);
await service.serve();
const app = await App.register(service, { name: HOSTILE[0].slice(0, 60) });
const connection = await app.connect(new Customer(service.url, CUSTOMER));
await connection.request('/v1/purchases');
const { grant } = (await (await connection.request('/v1/purchases?limit=1')).json()).meta;

const report = new Report();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
page.setDefaultTimeout(20_000);
const complaints = [];
page.on('console', (message) => complaints.push(message.text()));
page.on('pageerror', (error) => complaints.push(error.message));
page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));

const rows = [];
const at = (path) => new URL(path, service.url).href;

/** `open` leads to the page where it has no address of its own. */
async function look(name, address = page.url(), open = () => page.goto(address)) {
  const failed = report.failed;
  await open();
  await audit(report, page, `pages-${name}`, screenshots);
  const axe = report.failed === failed ? 'passed' : 'FAILED';
  await open();
  const before = report.failed;
  let stops = 0;
  await report.check(`pages-${name}: the keyboard reaches everything`, async () => {
    stops = await walk(page);
  });
  await report.check(`pages-${name}: nothing of a name runs`, async () => {
    assert.doesNotMatch(await page.title(), /^run/);
    assert.equal(await page.locator('main script, main img').count(), 0);
  });
  rows.push({ name, axe, keyboard: report.failed === before ? `${stops} stops` : 'FAILED', ...(await measure(context, address)) });
}

try {
  await look('sign-in', (await app.ask()).url.href);
  await page.fill('#customerId', CUSTOMER);
  await page.click('#sign-in');
  await page.waitForURL((url) => url.pathname === '/consent');
  await look('consent');
  await look('apps', at('/apps'));
  await look('app', at(`/apps/${grant}`));
  await look('change', at(`/apps/${grant}/change`));
  await look('left-out', at(`/apps/${grant}/purchases`));
  await look('hidden', at('/hidden'));
  await look('purchases', at('/purchases'));
  const purchase = await page.locator('a[href^="/purchases/pur_"]').first().getAttribute('href');
  for (const [name, words] of [['search', 'Party'], ['nothing-found', 'nothing of this name']]) {
    await look(name, at('/purchases'), async () => {
      await page.goto(at('/purchases'));
      await page.fill('#words', words);
      await page.click('#search');
    });
  }
  await look('purchase', at(purchase));
  await report.check('a hostile name is shown as it is', async () => {
    assert.ok((await page.textContent('main')).includes(HOSTILE[0]), 'the name of the first order');
  });
  await look('download', at('/download'));
  await look('stop-all', at('/apps/stop-all'));
  await look('stop', at(`/apps/${grant}/stop`));
  await page.goto(at(`/apps/${grant}/stop`));
  await page.click('#stop');
  await look('stopped', at(`/apps/${grant}/stopped`));
  await look('app-ended', at(`/apps/${grant}`));
  const complained = complaints.length;
  await look('error', at('/error?code=request_unknown'));
  // Chromium reports the page's own status.
  complaints.splice(complained, Infinity, ...complaints.slice(complained).filter((text) => !/status of 400/.test(text)));
  await look('styleguide', at('/styleguide'));
  const { kb } = await measure(context, at('/assets/app.css'));
  const tokens = await measure(context, at('/assets/tokens.css'));
  rows.push({ name: '(style sheets)', axe: '', keyboard: '', kb: kb + tokens.kb, ms: tokens.ms });
  await report.check('no console message, no broken policy, no dialog', () => assert.deepEqual(complaints, []));
} catch (error) {
  report.failed += 1;
  console.log(`FAIL the pages broke off at ${page.url().split('?')[0]}\n     ${error.message}`);
} finally {
  await browser.close();
  await service.stop();
}
console.log(`\npage             axe     keyboard        kB   ms   (SQLite, ${PURCHASES} purchases, median of ${TIMES})`);
for (const { name, axe, keyboard, kb, ms } of rows) {
  console.log(`${name.padEnd(16)} ${axe.padEnd(7)} ${keyboard.padEnd(10)} ${kb.toFixed(1).padStart(7)} ${ms.toFixed(0).padStart(4)}`);
}
console.log(report.summary());
process.exitCode = report.failed === 0 ? 0 : 1;
