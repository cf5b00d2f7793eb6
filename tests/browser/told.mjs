// What a customer tells the shop, what they get, how they take it back and go dark: every page of it in a real browser,
// and the tests for dark patterns: nothing is ticked beforehand, no answer is larger than another, giving is never easier
// than taking back, and everything can be left empty.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { Service } from '../support/service.mjs';
import { System } from '../support/system.mjs';
import { Report, audit, tabTo, walk } from './audit.mjs';

const CUSTOMER = 'teller';
const screenshots = process.env.SCREENSHOTS ?? join(dirname(fileURLToPath(import.meta.url)), '../.cache/screenshots');
const SIGNED_IN = ['/purchases', '/apps', '/hidden', '/told', '/asks', '/contact', '/rights', '/download', '/erase', '/dark'];

const service = await Service.init();
const shipped = join(service.folder, 'shipped');
await service.json(['config-objects', 'export', shipped]);
await service.json(['config-objects', 'publish', ...readdirSync(shipped).map((name) => join(shipped, name)), '--by', 'anna']);
await service.serve();
const system = await System.register(service, { purposes: ['p1', 'p2'] });
const app = await App.register(service, { scope: 'volunteered:read volunteered:write' });

const report = new Report();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const complaints = [];
page.on('console', (message) => {
  if (!/status of 422/.test(message.text())) complaints.push(message.text());
});
page.on('pageerror', (error) => complaints.push(error.message));

const at = (path) => new URL(path, service.url).href;
const path = () => new URL(page.url()).pathname;

/** A page, looked at from every side and walked through with the keyboard. */
async function look(name, address) {
  if (address) await page.goto(at(address));
  await audit(report, page, `told-${name}`, screenshots);
  await report.check(`told-${name}: the keyboard reaches everything`, async () => {
    await page.evaluate(() => document.getElementById('main').focus());
    await page.evaluate(() => window.scrollTo(0, 0));
    if (address) await page.goto(at(address));
    await walk(page);
  });
}

/** What buttons look like, without what they say. */
const looks = (ids) => page.evaluate((all) => all.map((id) => {
  const button = document.getElementById(id);
  const { width, height } = button.getBoundingClientRect();
  const { fontSize, fontWeight, color, backgroundColor, borderColor, borderWidth } = getComputedStyle(button);
  return { kind: `${button.tagName} ${button.type} ${button.className}`, width, height, fontSize, fontWeight, color, backgroundColor, borderColor, borderWidth };
}), ids);

/** Presses a button or link, and counts it. */
let presses = 0;
async function press(selector) {
  presses += 1;
  await page.locator(selector).first().click();
}

try {
  await page.goto(at('/sign-in'));
  await page.fill('#customerId', CUSTOMER);
  await page.click('#sign-in');
  await page.waitForURL((url) => url.pathname === '/apps');

  for (const each of SIGNED_IN) {
    await report.check(`going dark is reachable from ${each}`, async () => {
      await page.goto(at(each));
      assert.equal(await page.locator('a[href="/dark"]').count() > 0, true);
    });
  }
  await look('nothing', '/told');
  await look('asks', '/asks');
  await report.check('every question can be left empty, and nothing in it is chosen beforehand', async () => {
    for (const ask of ['q1', 'q2', 'q3', 'q4', 'q5', 'q6']) {
      await page.goto(at(`/asks/${ask}`));
      assert.equal(await page.locator('[required], input:checked').count(), 0, ask);
      assert.ok((await page.locator('#ask-form input:not([type=hidden]), #ask-form select, #ask-form textarea').count()) > 0, ask);
    }
  });
  await report.check('what is offered, what a no costs and how long it is kept stand before the question', async () => {
    await page.goto(at('/asks/q1'));
    const [deal, form] = await page.evaluate(() => ['deal', 'ask-form'].map((id) => document.getElementById(id).getBoundingClientRect().top));
    assert.ok(deal < form);
    for (const id of ['offer', 'without', 'kept', 'recipients', 'end']) assert.ok((await page.textContent(`#${id}`)).trim(), id);
  });
  await report.check('the three answers are alike in kind, size and weight', async () => {
    const [yes, no, later] = await looks(['yes', 'no', 'later']);
    assert.deepEqual(no, yes);
    assert.deepEqual(later, yes);
  });
  for (const [name, ask] of [['ask', 'q1'], ['ask-coffee', 'q2'], ['ask-size', 'q3'], ['ask-form', 'q4'], ['ask-visit', 'q5'], ['ask-file', 'q6']]) {
    await look(name, `/asks/${ask}`);
  }
  await report.check('the terms and the notice can be read in full', async () => {
    await page.goto(at('/asks/q1'));
    for (const summary of await page.locator('.fold summary').all()) await summary.click();
    assert.match(await page.textContent('section:has(#before)'), /stays yours/);
  });
  await audit(report, page, 'told-ask-unfolded', screenshots);
  await report.check('what does not fit is told at the field, and what was filled in stays', async () => {
    await page.goto(at('/asks/q1'));
    await page.getByLabel('How much may it cost').fill('a lot');
    await page.getByLabel('How wide').fill('60');
    await page.click('#yes');
    assert.equal(await page.getByLabel('How much may it cost').getAttribute('aria-invalid'), 'true');
    assert.equal(await page.getByLabel('How wide').inputValue(), '60');
    assert.match(await page.title(), /^Error: /);
  });
  await audit(report, page, 'told-ask-flawed', screenshots);

  // Yes, by keyboard alone; and back, with no more presses.
  let given;
  await report.check('the keyboard alone says yes', async () => {
    await page.goto(at('/asks/q1'));
    await tabTo(page, 'answer-1-1');
    await page.keyboard.press('Space');
    await tabTo(page, 'yes');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/told');
    assert.match(await page.textContent('main'), /As soon as possible/);
  });
  await report.check('a press for each step to give', async () => {
    presses = 0;
    await page.goto(at('/apps'));
    await press('#nav-told');
    await press('#to-asks');
    await press('#open-q2');
    await page.getByText('Mild').click();
    await press('#yes');
    await page.waitForURL((url) => url.pathname === '/told');
    given = presses;
  });
  const { body } = await system.send('GET', '/v1/volunteered-items?purpose=p2');
  await report.check('a system of the shop reads it, and the page says so', async () => {
    assert.equal(body.data.filter(({ value }) => value).length, 1, JSON.stringify(body));
    await page.goto(at('/told'));
    assert.match(await page.textContent('main'), /Recommendations, on/);
  });
  await look('told', '/told');
  await report.check('an answer is changed', async () => {
    await page.locator('a[id^="change-vol"]').first().click();
    assert.equal(await page.isChecked('input[value=mild]'), true);
    await page.getByText('Strong', { exact: true }).click();
  });
  await audit(report, page, 'told-change', screenshots);
  await page.click('#save');
  await report.check('the change is told', async () => assert.match(await page.textContent('main'), /Changed\./));
  await report.check('the receipt of a consent is a zip', async () => {
    const link = await page.locator('a[id^="receipt-"]').first().getAttribute('href');
    const get = () => context.request.get(at(link));
    let response = await get();
    for (let turn = 0; response.status() === 503 && turn < 50; turn += 1) {
      await page.waitForTimeout(200);
      response = await get();
    }
    assert.equal(response.status(), 200);
    assert.equal((await response.body()).subarray(0, 2).toString(), 'PK');
  });
  await report.check('taking back takes no more presses than giving', async () => {
    presses = 0;
    await page.goto(at('/apps'));
    await press('#nav-told');
    await press('article:has-text("coffee") a[id^="back-vol"]');
    await page.waitForURL((url) => url.pathname.endsWith('/take-back'));
  });
  await audit(report, page, 'told-take-back', screenshots);
  await report.check('taken back: gone, and it says who has confirmed', async () => {
    await press('#back');
    await page.waitForURL((url) => url.pathname === '/told');
    assert.ok(presses <= given, `${presses} to take back, ${given} to give`);
    assert.match(await page.textContent('main'), /Gone from here since .* of 1 system has confirmed/s);
    assert.doesNotMatch(await page.textContent('main'), /Strong/);
  });
  await look('taken-back', '/told');

  // What an app sends, which waits for a yes
  const pending = await app.ask({
    authorization_details: JSON.stringify([{ type: 'volunteered', asks: [{ ask: 'q3', version: 1 }], access: ['write'] }]),
  });
  await look('consent-asks', pending.url.href);
  const customer = new Customer(service.url, CUSTOMER);
  const consent = await customer.signIn(await customer.open(pending.url));
  const { away } = await customer.submit(consent, '#consent-form', '#allow', { ask: ['q3'] });
  const connection = await app.redeem(pending, away);
  let item;
  await report.check('what an app sends waits for a yes', async () => {
    const response = await connection.request('/v1/volunteered', {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ask: 'q3', version: 1, value: { tops: 'XL', shoes: '42.5' } }),
    });
    assert.equal(response.status, 201);
    ({ data: item } = await response.json());
    await page.goto(at('/told'));
    assert.match(await page.textContent('section:has(#waiting)'), /has not read it/);
  });
  await audit(report, page, 'told-waiting-list', screenshots);
  await look('waiting', new URL(item.confirmUrl).pathname);
  await report.check('yes and no to what an app sent are alike in kind, size and weight', async () => {
    const [yes, no] = await looks(['yes', 'no']);
    assert.deepEqual(no, yes);
  });
  await report.check('the keyboard alone says yes to what an app sent', async () => {
    await tabTo(page, 'yes');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/told');
    assert.match(await page.textContent(`#${item.id}`), /XL/);
  });

  // A file, a later, a no
  await report.check('a file is read into the form before anything is sent', async () => {
    const file = join(temporaryFolder('told'), 'things.csv');
    writeFileSync(file, 'name,maker,bought\nKettle,Boil & Co,2024-05-06\n"Drill, blue",,\n');
    await page.goto(at('/asks/q6'));
    await page.setInputFiles('#file', file);
    await page.click('#read');
    assert.match(await page.textContent('#was-read'), /2 rows/);
    assert.equal(await page.locator('input[value="Drill, blue"]').count(), 1);
  });
  await audit(report, page, 'told-ask-imported', screenshots);
  await page.click('#yes');
  await page.waitForURL((url) => url.pathname === '/told');
  await report.check('no and later need nothing filled in, and change nothing else', async () => {
    for (const [ask, answer] of [['q4', 'no'], ['q5', 'later']]) {
      await page.goto(at(`/asks/${ask}`));
      await page.click(`#${answer}`);
      await page.waitForURL((url) => url.pathname === '/asks' && url.searchParams.get('done') === answer);
    }
  });
  await look('asks-answered', '/asks?done=no');
  await look('contact', '/contact');
  await report.check('a no to a way of reaching me is kept', async () => {
    await page.goto(at('/contact'));
    assert.equal(await page.locator('input:checked').count(), 0);
    await page.check('#channel-phone');
    await page.click('#save');
    assert.ok(await page.isChecked('#channel-phone'));
  });
  await audit(report, page, 'told-contact-saved', screenshots);
  await look('rights', '/rights');
  await report.check('the keyboard alone asks by right, and the day of the answer is named', async () => {
    await page.goto(at('/rights'));
    await page.focus('#ask-rectification > summary');
    await page.keyboard.press('Enter');
    await tabTo(page, 'detail-rectification');
    await page.keyboard.type('My street is spelt wrong.');
    await tabTo(page, 'send-rectification');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('done') === 'asked');
    assert.match(await page.textContent('article[id^="rgt_"]'), /You get an answer by/);
  });
  await audit(report, page, 'told-rights-asked', screenshots);
  await report.check('what is asked by right is never empty', async () => {
    await page.locator('#ask-access > summary').click();
    await page.click('#send-access');
    assert.equal(await page.locator('#ask-access').getAttribute('open'), '');
    assert.equal(await page.locator('#detail-access').getAttribute('aria-invalid'), 'true');
  });
  await audit(report, page, 'told-rights-flawed', screenshots);

  // Dark
  await look('dark', '/dark');
  await report.check('stopping apps is no part of going dark unless it is ticked', async () => {
    assert.equal(await page.locator('input[type=checkbox]').count(), 1);
    assert.equal(await page.locator('input[type=checkbox]:checked').count(), 0);
  });
  await report.check('going dark takes two presses from anywhere', async () => {
    presses = 0;
    await page.goto(at('/purchases'));
    await press('#nav-dark');
    await press('#go-dark');
    await page.waitForURL((url) => url.pathname === '/dark' && url.searchParams.has('systems'));
    assert.equal(presses, 2);
    assert.equal(await page.getByRole('status').count(), 1);
  });
  await audit(report, page, 'told-gone-dark', screenshots);
  await report.check('the app that was not ticked goes on', async () => {
    await page.goto(at('/apps'));
    assert.equal(await page.locator('.state-active').count(), 1);
  });
  for (const each of SIGNED_IN) {
    await report.check(`a banner while dark on ${each}`, async () => {
      await page.goto(at(each));
      assert.equal(await page.locator('#dark-banner').count(), 1);
    });
  }
  await look('dark-asks', '/asks');
  await look('dark-told', '/told');
  await report.check('what was said no to stays no', async () => {
    await page.goto(at('/contact'));
    assert.ok(await page.isChecked('#channel-phone'));
    assert.ok(await page.isChecked('#marketing'));
  });
  await report.check('starting again brings nothing back', async () => {
    await page.goto(at('/dark'));
    await page.click('#start-again');
    await page.waitForURL((url) => url.pathname === '/told');
    assert.equal(await page.locator('#dark-banner').count(), 0);
    assert.equal(await page.locator('.state-active').count(), 0);
  });
  await page.goto(at('/told?lang=de'));
  await audit(report, page, 'told-german', screenshots, { languages: ['de'] });
  await page.goto(at('/asks/q1'));
  await audit(report, page, 'told-ask-german', screenshots, { languages: ['de'] });
  await report.check('no console message, no broken policy', () => assert.deepEqual(complaints, []));
} catch (error) {
  report.failed += 1;
  console.log(`FAIL it broke off at ${path()}\n     ${error.message}`);
} finally {
  await browser.close();
  await service.stop();
}
console.log(report.summary());
process.exitCode = report.failed === 0 ? 0 : 1;
