// npm openid-client, a strict client of OAuth 2.0, PAR, PKCE, private_key_jwt, DPoP and RFC 9207, along the whole way.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'openid-client';
import { App, ALL_SCOPES } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const DETAILS = [{
  type: 'purchase_history', datasets: ['purchases', 'lines', 'location'], from: '2020-01-01', duration: 'P30D', statedUse: 'budgeting',
}];

describe('openid-client', { timeout: 300_000 }, () => {
  let service;
  let app;
  let customer;
  before(async () => {
    const orders = await generated({ customers: 2, orders: 60 });
    service = await Service.init();
    await service.ingestFile(orders.file);
    await service.serve();
    app = await App.register(service);
    customer = new Customer(service.url, [...orders.customers.keys()][0]);
  });
  after(() => service.stop());

  it('finds metadata that it accepts', () => {
    const metadata = app.config.serverMetadata();
    assert.equal(metadata.issuer, service.url);
    assert.ok(metadata.supportsPKCE());
    assert.equal(metadata.require_pushed_authorization_requests, true);
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  });
  it('gets tokens for scopes alone: all history for ninety days', async () => {
    const { tokens } = await app.connect(customer);
    assert.equal(tokens.token_type, 'dpop');
    assert.deepEqual(tokens.scope.split(' ').sort(), ALL_SCOPES.split(' ').sort());
    assert.match(tokens.grant_id, /^gra_/);
    const [granted] = tokens.authorization_details;
    assert.equal(granted.duration, 'P90D');
    const days = tokens.authorization_expires_in / 86_400;
    assert.ok(days > 89.9 && days <= 90, `${days} days`);
    assert.ok(tokens.expires_in <= 600);
  });
  it('gets what the customer granted, not what was asked for', async () => {
    const { tokens } = await app.connect(customer, { datasets: ['lines'], from: '2025-01-31', duration: 'P30D' });
    const [granted] = tokens.authorization_details;
    assert.deepEqual([...granted.datasets].sort(), ['lines', 'purchases']);
    assert.equal(granted.from, '2025-01-31');
    assert.equal(granted.duration, 'P30D');
    assert.deepEqual(tokens.scope.split(' ').sort(), ['purchases.lines:read', 'purchases:read']);
  });
  it('asks by authorization_details', async () => {
    const pending = await app.ask({ scope: '', authorization_details: JSON.stringify(DETAILS) });
    const { tokens, ...connection } = await app.redeem(pending, await customer.answer(pending.url));
    const [granted] = tokens.authorization_details;
    assert.deepEqual({ ...granted, datasets: [...granted.datasets].sort() }, { ...DETAILS[0], datasets: [...DETAILS[0].datasets].sort() });
    assert.ok(connection.grantId);
  });
  it('refreshes again and again with one refresh token', async () => {
    const connection = await app.connect(customer);
    const { refresh_token: first } = connection.tokens;
    for (let time = 0; time < 3; time += 1) {
      await connection.refresh();
      assert.equal(connection.tokens.refresh_token, first);
      assert.equal((await connection.fetch('/v1/purchases')).status, 200);
    }
  });
  it('may come back to any port of a loopback address', async () => {
    const native = await App.register(service, { redirectUri: 'http://127.0.0.1/callback' });
    native.redirectUri = 'http://127.0.0.1:49152/callback';
    const connection = await native.connect(customer);
    assert.equal((await connection.fetch('/v1/grant')).status, 200);
  });
  it('takes "no" for an answer', async () => {
    const pending = await app.ask();
    const away = await customer.answer(pending.url, { answer: 'refuse' });
    await assert.rejects(app.redeem(pending, away), (error) => error instanceof oauth.AuthorizationResponseError && error.error === 'access_denied');
  });
  it('learns by introspection that a token is dead', async () => {
    const connection = await app.connect(customer);
    const { access_token: token, refresh_token: refresh } = connection.tokens;
    assert.equal((await oauth.tokenIntrospection(app.config, token)).active, true);
    await oauth.tokenRevocation(app.config, refresh);
    assert.deepEqual(await oauth.tokenIntrospection(app.config, token), { active: false });
    const foreign = await App.register(service);
    const other = await foreign.connect(customer);
    assert.deepEqual(await oauth.tokenIntrospection(app.config, other.tokens.access_token), { active: false });
  });
});
