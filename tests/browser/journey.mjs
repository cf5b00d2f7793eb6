// One customer's way in a real browser: signs in, lets an app in with the keyboard alone, looks, stops sharing.
//
//   BASE_URL       where the pages are
//   AUTHORIZE_URL  an authorization URL of an app, not used yet (argument 1 may stand for it)
//   REFUSE_URL     another one, to be refused (optional)
//   CANCEL_URL     a third one, to be cancelled at the sign-in page (optional)
//   CUSTOMER_ID    who signs in at the demo login
//   SCREENSHOTS    a folder for pictures (optional)
//   CHROMIUM       the browser's path (default /usr/bin/chromium)
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { Report, audit, tabTo } from './audit.mjs';

const base = new URL(process.env.BASE_URL ?? 'http://127.0.0.1:8080');
const authorize = process.argv[2] ?? process.env.AUTHORIZE_URL;
const { REFUSE_URL: refuse, CANCEL_URL: cancel, SCREENSHOTS: screenshots } = process.env;
const customer = process.env.CUSTOMER_ID;
assert.ok(authorize && customer, 'AUTHORIZE_URL and CUSTOMER_ID must be set');

const report = new Report();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
page.setDefaultTimeout(10_000);

// The app: whatever leads away from the pages is answered here and remembered.
const returns = [];
await context.route((url) => url.origin !== base.origin, async (route) => {
  returns.push(new URL(route.request().url()));
  await route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>The app</title><h1>Back at the app</h1>' });
});
// What a customer presses on each way, signing in included; coming from the app is a press there.
const presses = { allow: 1, stop: 1 };
const complaints = [];
page.on('console', (message) => {
  if (/content security policy|refused to/i.test(message.text())) complaints.push(message.text());
});
page.on('pageerror', (error) => complaints.push(error.message));

const at = (path) => new URL(path, base).href;
const path = () => new URL(page.url()).pathname;
const lastReturn = () => {
  const url = returns.at(-1);
  assert.ok(url, 'the app was not returned to');
  return url.searchParams;
};

try {
  // In: sign in
  await page.goto(authorize);
  await report.check('the app leads to the sign-in page', () => assert.equal(path(), '/sign-in'));
  await audit(report, page, '1-sign-in', screenshots);
  await report.check('an empty sign-in says what is missing, at the field', async () => {
    await page.click('#sign-in');
    const described = await page.getAttribute('#customerId', 'aria-describedby');
    assert.ok(described.split(' ').includes('customerId-error'));
    assert.equal(await page.getAttribute('#customerId', 'aria-invalid'), 'true');
  });
  await audit(report, page, '2-sign-in-error', screenshots);
  await report.check('signing in with the keyboard leads to the consent page', async () => {
    await page.goto(authorize);
    await tabTo(page, 'customerId');
    await page.keyboard.type(customer);
    await page.keyboard.press('Enter');
    presses.allow += 1;
    await page.waitForURL((url) => url.pathname === '/consent');
  });

  // In: consent
  await audit(report, page, '3-consent', screenshots);
  await report.check('nothing optional is ticked', async () => {
    assert.equal(await page.locator('input[type=checkbox]:checked').count(), 0);
  });
  await report.check('both answers are alike in kind, size and weight', async () => {
    const looks = await page.evaluate(() =>
      ['allow', 'refuse'].map((id) => {
        const button = document.getElementById(id);
        const { width, height } = button.getBoundingClientRect();
        const { fontSize, fontWeight, color, backgroundColor, borderColor, borderWidth } = getComputedStyle(button);
        const kind = `${button.tagName} ${button.type} ${button.className}`;
        return { kind, width, height, fontSize, fontWeight, color, backgroundColor, borderColor, borderWidth };
      }),
    );
    assert.deepEqual(looks[0], looks[1]);
  });
  await report.check('a date that cannot be is refused at the field, and the answers are kept', async () => {
    await page.check('#from-date');
    await page.check('#duration-P30D');
    await page.click('#allow');
    assert.equal(await page.getAttribute('#fromDate', 'aria-invalid'), 'true');
    assert.ok(await page.isChecked('#from-date'));
    assert.ok(await page.isChecked('#duration-P30D'));
  });
  await audit(report, page, '4-consent-error', screenshots);
  await report.check('the keyboard alone lets the app in', async () => {
    await page.goto(authorize);
    await page.waitForURL((url) => url.pathname === '/consent');
    const first = await page.locator('input[type=checkbox]').first().getAttribute('id');
    if (first) {
      await tabTo(page, first);
      await page.keyboard.press('Space');
      assert.ok(await page.isChecked(`#${first}`));
    }
    await tabTo(page, 'from-all');
    await page.keyboard.press('ArrowDown');
    assert.ok(!(await page.isChecked('#from-all')));
    await tabTo(page, 'allow');
    await page.keyboard.press('Enter');
    presses.allow += 1;
    await page.getByRole('heading', { name: 'Back at the app' }).waitFor();
  });
  await report.check('the app gets a code and the issuer', () => {
    const answer = lastReturn();
    assert.ok(answer.get('code'), `no code in ${[...answer.keys()]}`);
    assert.equal(answer.get('error'), null);
    assert.equal(new URL(answer.get('iss')).origin, base.origin);
  });
  await report.check('the same request cannot be answered again', async () => {
    const before = returns.length;
    const response = await page.goto(authorize);
    assert.ok(response.status() >= 400 || returns.length > before, `${response.status()} at ${page.url()}`);
    assert.ok(returns.slice(before).every((url) => !url.searchParams.has('code')));
  });

  // In between: look
  await page.goto(at('/apps'));
  await report.check('connected apps lists the app', async () => {
    assert.equal(path(), '/apps');
    assert.ok((await page.locator('.state-active').count()) >= 1);
  });
  await audit(report, page, '5-apps', screenshots);

  // In between: change what it sees, leave out, hide
  await page.locator('a[id^="change-"]').first().click();
  await report.check('changing shows what is shared now', async () => {
    assert.match(path(), /^\/apps\/gra_[a-z2-7]{26}\/change$/);
    assert.equal(await page.isChecked('#keep-totals'), false);
  });
  await page.click('#kinds summary');
  await audit(report, page, '6-change', screenshots);
  await report.check('the keyboard alone leaves a kind out and saves', async () => {
    await page.goto(page.url());
    await tabTo(page, 'save');
    await page.goto(page.url());
    await page.focus('#kinds summary');
    await page.keyboard.press('Enter');
    const kind = await page.locator('#kinds input').first().getAttribute('id');
    await tabTo(page, kind);
    await page.keyboard.press('Space');
    await tabTo(page, 'save');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('saved') === 'yes');
    assert.ok(await page.isChecked(`#${kind}`));
    assert.equal(await page.getByRole('status').count(), 1);
  });
  await audit(report, page, '7-changed', screenshots);
  await page.click('#purchases');
  await report.check('a single purchase is left out', async () => {
    await page.locator('button[value="leave-out"]').first().click();
    await page.locator('button[value="put-back"]').first().waitFor();
  });
  await audit(report, page, '8-left-out', screenshots);
  await page.click('#nav-hidden');
  await report.check('a purchase is hidden from every app, and shown again', async () => {
    assert.equal(path(), '/hidden');
    await page.locator('button[value="hide"]').first().click();
    await page.locator('button[value="show"]').first().waitFor();
    await page.locator('button[value="show"]').first().click();
    await page.locator('button[value="show"]').first().waitFor({ state: 'detached' });
    await page.locator('button[value="hide"]').first().click();
    await page.locator('button[value="show"]').first().waitFor();
  });
  await audit(report, page, '9-hidden', screenshots);
  await page.goto(at('/apps'));

  // Out
  const active = await page.locator('a[id^="stop-"]').count();
  await page.locator('a[id^="stop-"]').first().click();
  presses.stop += 1;
  await report.check('stopping asks once', () => assert.match(path(), /^\/apps\/gra_[a-z2-7]{26}\/stop$/));
  await audit(report, page, '10-stop', screenshots);
  await report.check('the keyboard alone stops it', async () => {
    await page.goto(page.url());
    await tabTo(page, 'stop');
    await page.keyboard.press('Enter');
    presses.stop += 1;
    await page.waitForURL((url) => url.pathname.endsWith('/stopped'));
    assert.ok(Number.isFinite(Date.parse(await page.getAttribute('time', 'datetime'))));
  });
  await audit(report, page, '11-stopped', screenshots);
  await report.check('stopping takes no more presses than allowing', () => {
    assert.ok(presses.stop <= presses.allow, `${presses.stop} to stop, ${presses.allow} to allow`);
  });
  await page.goto(at('/apps'));
  await report.check('the app is listed as ended', async () => {
    assert.equal(await page.locator('a[id^="stop-"]').count(), active - 1);
    assert.ok((await page.locator('.state:not(.state-active)').count()) >= 1);
  });
  await audit(report, page, '12-apps-ended', screenshots);

  // Saying no
  if (refuse) {
    await report.check('“Don’t allow” answers the app with access_denied', async () => {
      await page.goto(refuse);
      await page.click('#refuse');
      await page.getByRole('heading', { name: 'Back at the app' }).waitFor();
      assert.equal(lastReturn().get('error'), 'access_denied');
      assert.equal(lastReturn().get('code'), null);
    });
  }
  await report.check('signing out ends the session', async () => {
    await page.goto(at('/apps'));
    await page.click('#sign-out');
    await page.goto(at('/apps'));
    assert.equal(path(), '/sign-in');
  });
  if (cancel) {
    await report.check('“Cancel” at the sign-in page answers the app with access_denied', async () => {
      await page.goto(cancel);
      await page.click('#cancel');
      await page.getByRole('heading', { name: 'Back at the app' }).waitFor();
      assert.equal(lastReturn().get('error'), 'access_denied');
    });
  }

  // Things that explain
  await page.goto(at('/error?code=request_unknown&title=%3Cb%3Ereflected%3C/b%3E'));
  await report.check('an error page shows nothing of the address', async () => {
    assert.ok(!(await page.content()).includes('reflected'));
    assert.ok((await page.textContent('#reference')).trim().length >= 6);
  });
  await audit(report, page, '13-error', screenshots);
  await page.goto(at('/problems/invalid_token'));
  await audit(report, page, '14-problem', screenshots);

  await report.check('a customer without apps gets an empty page that says so', async () => {
    await page.goto(at('/sign-in'));
    await page.fill('#customerId', `${customer}-nobody`);
    await page.click('#sign-in');
    await page.waitForURL((url) => url.pathname === '/apps');
    assert.equal(await page.locator('article').count(), 0);
  });
  await audit(report, page, '15-apps-empty', screenshots);
  await report.check('no page broke its own content security policy', () => assert.deepEqual(complaints, []));
} catch (error) {
  report.failed += 1;
  console.log(`FAIL the journey broke off at ${page.url().split('?')[0]}\n     ${error.message}`);
} finally {
  await browser.close();
}
console.log(report.summary());
process.exitCode = report.failed === 0 ? 0 : 1;
