// Every operation of the contract: closed to those without a token, open to those with one, and answered as written.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'openid-client';
import { App } from '../support/client.mjs';
import { check, checkedFetch, isSecured, operations, seen } from '../support/contract.mjs';
import { Customer } from '../support/customer.mjs';
import { generated } from '../support/sample.mjs';
import { until } from '../support/process.mjs';
import { Service } from '../support/service.mjs';

const isForSystem = ({ security }) => security?.some((way) => 'system' in way) ?? false;
const isVolunteered = ({ tags }) => tags?.includes('Volunteered') ?? false;
const isForStaff = ({ security }) => security?.some((way) => 'staff' in way) ?? false;

describe('the contract', { timeout: 300_000 }, () => {
  let service;
  let app;
  let customerId;

  before(async () => {
    const orders = await generated({ customers: 3, orders: 200 });
    service = await Service.init();
    await service.ingestFile(orders.file);
    await service.serve();
    app = await App.register(service);
    [customerId] = orders.customers.keys();
    const size = await until('the consent log is published', async () => {
      const { logs } = await (await fetch(`${service.url}/ledger`)).json();
      return logs.find(({ log }) => log === 'consent').size;
    });
    examples.tile = `entries/000.p/${size}`;
  });
  after(() => service.stop());

  const examples = { id: `pur_${'a'.repeat(26)}`, log: 'consent', generation: '1' };
  const address = (path) => service.url + path.replace(/\{(\w+)\}/g, (_, name) => examples[name]);

  for (const { path, method, operation } of operations.filter(({ operation }) => isSecured(operation))) {
    it(`${method} ${path} needs a token${isForStaff(operation) ? ' or a session' : ''}`, async () => {
      const response = await checkedFetch(address(path), { method: method.toUpperCase() });
      assert.equal(response.status, 401);
      const [scheme, code] = isForStaff(operation) ? [/^Cookie /, 'not_signed_in'] : [/^DPoP /, 'invalid_token'];
      assert.match(response.headers.get('www-authenticate'), scheme);
      assert.equal((await response.json()).code, code);
    });
  }
  for (const { path, operation } of operations.filter(({ path, method }) => method === 'post' && path.startsWith('/oauth/'))) {
    it(`post ${path} needs a client's authentication`, async () => {
      const response = await checkedFetch(address(path), { method: 'POST', body: new URLSearchParams({ client_id: app.clientId }) });
      assert.equal(response.status, 401, operation.operationId);
      assert.equal((await response.json()).error, 'invalid_client');
    });
  }
  it('what is not in the contract is not there', async () => {
    for (const path of ['/v1', '/v1/', '/v1/purchases/', '/v1/orders', '/v2/purchases', '/oauth', '/metrics', '/.well-known/none']) {
      const { status } = await fetch(service.url + path);
      assert.equal(status, 404, path);
    }
    const { status } = await fetch(`${service.url}/oauth/par`);
    assert.equal(status, 405);
  });

  it('every operation succeeds for those who may', async () => {
    for (const { path } of operations.filter(({ path, method }) => method === 'get' && !path.startsWith('/v1'))) {
      const expected = path === '/ledger/{log}/checkpoint' ? 302 : 200;
      if (path !== '/oauth/authorize') assert.equal((await checkedFetch(address(path), { redirect: 'manual' })).status, expected, path);
    }
    const connection = await app.connect(new Customer(service.url, customerId));
    assert.equal((await connection.fetch('/v1/grant')).status, 200);
    const list = await (await connection.fetch('/v1/purchases?limit=3')).json();
    assert.equal(list.meta.grant, connection.grantId);
    const one = `/v1/purchases/${list.data[0].id}`;
    const first = await connection.fetch(one);
    assert.deepEqual((await first.json()).data, list.data[0]);
    const again = await connection.fetch(one, { headers: { 'if-none-match': first.headers.get('etag') } });
    assert.equal(again.status, 304);
    const empty = await connection.fetch('/v1/purchases?purchasedTo=1999-12-31');
    assert.deepEqual((await empty.json()).data, []);
    const changes = await (await connection.fetch('/v1/changes?limit=3')).json();
    assert.equal(changes.data.length, 3);
    assert.equal((await connection.fetch(`/v1/changes?include=ids&cursor=${changes.nextCursor}`)).status, 200);
    const { data: summary } = await (await connection.fetch('/v1/summary')).json();
    assert.ok(summary.years.length > 0);

    assert.equal((await connection.fetch(`/v1/grants/${connection.grantId}/receipt`)).status, 200);

    await connection.refresh();
    assert.equal((await connection.fetch('/v1/grant')).status, 200);
    const introspected = await oauth.tokenIntrospection(app.config, connection.tokens.access_token);
    assert.ok(introspected.active);
    assert.equal(introspected.grant_id, connection.grantId);
    await oauth.tokenRevocation(app.config, connection.tokens.access_token);
    assert.equal((await connection.request('/v1/grant')).status, 401);
    await connection.refresh();
    assert.equal((await connection.fetch('/v1/grant', { method: 'DELETE' })).status, 204);

    const succeeded = new Set([...seen.keys()].filter((name) => / [23]\d\d$/.test(name)).map((name) => name.slice(0, -4)));
    // Staff sign in at an identity provider: audit.test.mjs. The retailer's own systems: systems.test.mjs. What customers
    // volunteer: volunteered.test.mjs.
    const isElsewhere = (operation) => isForStaff(operation) || isForSystem(operation) || isVolunteered(operation);
    const all = operations.filter(({ operation }) => !isElsewhere(operation)).map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    assert.deepEqual(all.filter((name) => !succeeded.has(name)), [], 'each has succeeded at least once');
  });

  it('filters and pages agree with the whole', async () => {
    const connection = await app.connect(new Customer(service.url, customerId));
    const collect = async (query) => {
      const all = [];
      for await (const purchase of connection.purchases(query)) all.push(purchase);
      return all;
    };
    const all = await collect('limit=500');
    const ids = (purchases) => purchases.map(({ id }) => id);
    assert.deepEqual(ids(await collect('limit=7')), ids(all));
    const times = all.map(({ purchasedAt }) => Date.parse(purchasedAt));
    assert.deepEqual(times, [...times].sort((a, b) => b - a), 'newest first');
    for (const channel of ['store', 'online', 'app']) {
      const expected = all.filter((purchase) => purchase.channel === channel);
      assert.deepEqual(ids(await collect(`channel=${channel}&limit=5`)), ids(expected));
    }
    const back = all.filter(({ refunds }) => refunds.some(({ status }) => status !== 'failed'));
    assert.deepEqual(ids(await collect('hasRefund=true')), ids(back));
    assert.deepEqual(ids(await collect('hasRefund=false')), ids(all.filter((purchase) => !back.includes(purchase))));
  });

  it('an error keeps the request id that came with it', async () => {
    const response = await fetch(`${service.url}/v1/grant`, { headers: { 'x-request-id': 'mine-1' } });
    await check('GET', `${service.url}/v1/grant`, response);
    assert.equal(response.headers.get('x-request-id'), 'mine-1');
    const { requestId, type } = await response.json();
    assert.equal(requestId, 'mine-1');
    assert.equal((await fetch(type)).status, 200, 'the problem has a page');
  });
});
