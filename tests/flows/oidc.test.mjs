// Customers sign in at a retailer's own OpenID provider; nothing but a whole, fresh sign-in of this browser lets them in.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuthorizationResponseError } from 'openid-client';
import { App } from '../support/client.mjs';
import { IdentityProvider, Member, NUMBER_CLAIM } from '../support/provider.mjs';
import { generated, messagesOf } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const ACCOUNT = 'account-7d1f';

describe('sign-in at an OpenID provider', { timeout: 120_000 }, () => {
  let provider;
  let service;
  let numbered;
  let purchases;
  let ann;
  let ben;
  before(async () => {
    const orders = await generated({ customers: 4, orders: 80 });
    purchases = await ordersByCustomer(orders.file);
    [ann, ben] = [...purchases.keys()].sort((one, other) => purchases.get(other).length - purchases.get(one).length);
    provider = await IdentityProvider.listen();
    [service, numbered] = await Promise.all([
      Service.init({ settings: provider.settings() }),
      Service.init({ settings: provider.settings(NUMBER_CLAIM) }),
    ]);
    provider.numbers.set(ACCOUNT, ben);
    await Promise.all([service, numbered].map((each) => each.ingestFile(orders.file)));
    await Promise.all([provider.admit(service, numbered), service.serve(), numbered.serve()]);
  });
  after(async () => {
    await Promise.all([service?.stop(), numbered?.stop()]);
    await provider?.stop();
  });

  const member = (account, at = service) => new Member(at.url, provider, account);

  it('gives an app the purchases of who signed in, and no other', async (test) => {
    const app = await App.register(service);
    for (const account of [ann, ben]) {
      assert.deepEqual(await read(await app.connect(member(account))), purchases.get(account));
    }
    test.diagnostic(`${[ann, ben].map((account) => purchases.get(account).length).join(' and ')} purchases of two of ${purchases.size} customers`);
  });

  it('asks the provider again after signing out, where one sign-in goes on', async () => {
    const customer = member(ann);
    for (const time of ['first', 'second']) {
      await customer.signIn(await customer.open('/sign-in'));
      await assertSignedIn(customer);
      assert.deepEqual(customer.answered, ['login', 'consent'], `questions of the provider up to the ${time} sign-in`);
      await signOut(customer);
      await assertSignedOut(customer);
    }
  });

  it('takes the customer id from the configured claim', async () => {
    const app = await App.register(numbered);
    assert.deepEqual(await read(await app.connect(member(ACCOUNT, numbered))), purchases.get(ben));
  });

  it('lets nobody in whose account lacks that claim, whatever its sub', async () => {
    const customer = member(ann, numbered);
    assertPage(await customer.signIn(await customer.open('/sign-in')), 502, 'We could not sign you in');
    await assertSignedOut(customer);
  });

  for (const prompt of ['login', 'consent']) {
    it(`shows a page when the customer turns back at the provider's ${prompt}, and the app may still be let in`, async () => {
      const app = await App.register(service);
      const customer = member(ann);
      const pending = await app.ask();
      const back = await customer.cancelThere(await customer.depart(await customer.open(pending.url)), prompt);
      assert.equal(back.searchParams.get('error'), 'access_denied');
      const page = await customer.open(back);
      assertPage(page, 400, 'You are not signed in');
      assert.doesNotMatch(page.$.html(), /End-User aborted/, 'the words of the provider are not ours');
      await assertSignedOut(customer);
      const connection = await app.redeem(pending, await customer.answer(pending.url));
      assert.deepEqual(await read(connection), purchases.get(ann));
    });
  }

  it('tells the app when the customer turns back here', async () => {
    const app = await App.register(service);
    const customer = member(ann);
    const pending = await app.ask();
    await assert.rejects(app.redeem(pending, await customer.cancel(pending.url)), (error) =>
      error instanceof AuthorizationResponseError && error.error === 'access_denied');
    await assertSignedOut(customer);
  });

  it('lets a callback address sign in once', async () => {
    const customer = member(ann);
    const back = await customer.proveThere(await customer.depart(await customer.open('/sign-in')));
    await customer.open(back);
    await assertSignedIn(customer);
    assertPage(await customer.open(back), 400, 'Signing in took too long');
    await signOut(customer);
    assertPage(await customer.open(back), 400, 'Signing in took too long');
    await assertSignedOut(customer);
  });

  it("refuses another browser's state, in a browser with a sign-in of its own and in one without", async () => {
    for (const hasBegun of [true, false]) {
      const [victim, thief] = [member(ann), member(ben)];
      const back = await victim.proveThere(await victim.depart(await victim.open('/sign-in')));
      if (hasBegun) await thief.depart(await thief.open('/sign-in'));
      assertPage(await thief.open(back), 400, 'Signing in took too long');
      await assertSignedOut(thief);
    }
  });

  it("refuses a code under a state that it was not made for: another's unused one, and one's own used one", async () => {
    const [victim, thief] = [member(ann), member(ben)];
    const stolen = await victim.proveThere(await victim.depart(await victim.open('/sign-in')));
    const used = await thief.proveThere(await thief.depart(await thief.open('/sign-in')));
    await thief.open(used);
    await signOut(thief);
    for (const { searchParams } of [stolen, used]) {
      const back = await thief.proveThere(await thief.depart(await thief.open('/sign-in')));
      back.searchParams.set('code', searchParams.get('code'));
      assertPage(await thief.open(back), 502, 'We could not sign you in');
      await assertSignedOut(thief);
    }
  });

  it('refuses an answer in the name of another issuer', async () => {
    const customer = member(ann);
    const back = await customer.proveThere(await customer.depart(await customer.open('/sign-in')));
    assert.equal(back.searchParams.get('iss'), provider.url);
    back.searchParams.set('iss', 'https://login.example');
    assertPage(await customer.open(back), 502, 'We could not sign you in');
    await assertSignedOut(customer);
  });

  it('has nobody typing a customer id', async () => {
    const customer = member(ann);
    const page = await customer.open('/sign-in');
    assert.equal(page.$('input[name=customerId]').length, 0);
    page.$('#sign-in-form').append('<button id="forged" name="answer" value="sign-in">');
    const { response } = await customer.submit(page, '#sign-in-form', '#forged', { customerId: ann });
    assert.equal(response.status, 400);
    await assertSignedOut(customer);
  });
});

/** Ids of the orders in a file, sorted, by customer. */
async function ordersByCustomer(file) {
  const found = new Map();
  for await (const { value } of messagesOf(file)) {
    const { type, data } = JSON.parse(value);
    if (type !== 'order.recorded.v1') continue;
    if (!found.has(data.customerId)) found.set(data.customerId, new Set());
    found.get(data.customerId).add(data.orderId);
  }
  return new Map([...found].map(([customer, ids]) => [customer, [...ids].sort()]));
}

/** Ids of the orders that an app reads, sorted. */
async function read(connection) {
  const ids = [];
  for await (const { orderId } of connection.purchases()) ids.push(orderId);
  return ids.sort();
}

async function signOut(customer) {
  return customer.submit(await customer.open('/apps'), 'form[action="/sign-out"]', '#sign-out');
}

async function assertSignedIn(customer) {
  assert.equal((await customer.open('/apps')).url.pathname, '/apps');
}

async function assertSignedOut(customer) {
  assert.equal((await customer.open('/apps')).url.pathname, '/sign-in');
}

function assertPage({ url, response, $ }, status, title) {
  assert.equal(url.pathname, '/sign-in/callback');
  assert.equal(response.status, status, $.text());
  assert.equal($('h1').text(), title);
}
