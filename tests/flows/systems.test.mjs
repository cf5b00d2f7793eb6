// The retailer's own systems: they ask and fetch for the purposes that they are registered with, and for nothing else.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'openid-client';
import { App } from '../support/client.mjs';
import { checkedFetch } from '../support/contract.mjs';
import { Customer } from '../support/customer.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';
import { System } from '../support/system.mjs';

const PURPOSE = (id) => `
kind = "purpose"
id = "${id}"
title.en = "Recipes"
says.en = "We choose recipes for you."
purpose = "https://w3id.org/dpv#ProvidePersonalisedRecommendations"
lawful_basis = "eu-gdpr:A6-1-a"
retention = "k1"
recipients = ["rc1"]
controller = "r1"
notice = "n1"
terms = "t1"
jurisdiction = ["DE", "EU"]
storage_locations = ["DE"]
rights = ["eu-gdpr:A7-3", "eu-gdpr:A17"]
personal_data = [{ type = "https://w3id.org/dpv/pd#Preference", optional = true }]
withdrawal_method = { url = "/apps", says.en = "Press Stop." }
`;
const TERMS = `
kind = "terms"
id = "t1"
title.en = "Terms"
text.en = "It stays yours."
`;

describe('the retailer\'s own systems', { timeout: 300_000 }, () => {
  let service;
  let system;
  let customerId;
  before(async () => {
    const orders = await generated({ customers: 2, orders: 20 });
    service = await Service.init();
    await service.ingestFile(orders.file);
    const files = { 'terms.toml': TERMS, 'recipes.toml': PURPOSE('p7'), 'other.toml': PURPOSE('p8') };
    const paths = Object.entries(files).map(([name, text]) => {
      const path = join(service.folder, name);
      writeFileSync(path, text);
      return path;
    });
    await service.json(['config-objects', 'publish', ...paths]);
    await service.serve();
    system = await System.register(service, { purposes: ['p7'] });
    [customerId] = orders.customers.keys();
  });
  after(() => service.stop());

  it('are told why not, for each customer that they ask about', async () => {
    assert.deepEqual(await system.decide(customerId, 'p7'), { permitted: false, reason: 'no_consent' });
    assert.deepEqual(await system.decide('nobody-knows', 'p7'), { permitted: false, reason: 'unknown_customer' });
  });

  it('fetch nothing where nobody told anything, and report no use of what they never had', async () => {
    const page = await system.send('GET', '/v1/volunteered-items?purpose=p7');
    assert.deepEqual([page.status, page.body.data, page.body.hasMore], [200, [], false]);
    const uses = [{ id: `vol_${'a'.repeat(26)}`, at: new Date().toISOString(), says: 'A recipe was chosen' }];
    const used = await system.send('POST', '/v1/uses', { purpose: 'p7', uses });
    assert.deepEqual([used.status, used.body.code, used.body.errors[0].pointer.startsWith('/uses/0')], [422, 'invalid_answer', true]);
    const given = await system.send('POST', `/v1/exchanges/exc_${'a'.repeat(26)}/delivered`, { reference: '1' });
    assert.deepEqual([given.status, given.body.code], [404, 'not_found']);
  });

  it('are held to their purposes', async () => {
    const cases = [
      ['POST', '/v1/decisions', { customerId, purpose: 'p8' }, 403, 'purpose_not_allowed'],
      ['POST', '/v1/decisions', { customerId, purpose: 'p9' }, 403, 'purpose_not_allowed'],
      ['GET', '/v1/volunteered-items?purpose=p8', undefined, 403, 'purpose_not_allowed'],
      ['GET', '/v1/volunteered-items', undefined, 400, 'invalid_parameter'],
      ['GET', '/v1/volunteered-items?purpose=p7&limit=0', undefined, 400, 'limit_out_of_range'],
      ['GET', '/v1/volunteered-items?purpose=p7&why=1', undefined, 400, 'unknown_parameter'],
      ['POST', '/v1/decisions', { customerId }, 400, 'invalid_request'],
      ['POST', '/v1/decisions', { customerId, purpose: 'p7', more: 1 }, 400, 'invalid_request'],
      ['POST', '/v1/uses', { purpose: 'p7', uses: [] }, 400, 'invalid_request'],
    ];
    for (const [method, path, body, status, code] of cases) {
      const answer = await system.send(method, path, body);
      assert.deepEqual([answer.status, answer.body.code], [status, code], `${method} ${path} ${JSON.stringify(body)}`);
    }
    const { code, stderr } = await service.attempt([
      'apps', 'add', '--name', 'X', '--purpose', 'p99', '--jwks', join(service.folder, 'terms.toml'),
    ]);
    assert.equal(code, 4, stderr);
  });

  it('have no customer\'s data, and apps have none of this', async () => {
    const app = await App.register(service);
    const connection = await app.connect(new Customer(service.url, customerId));
    const theirs = await connection.request('/v1/volunteered-items?purpose=p7');
    assert.deepEqual([theirs.status, (await theirs.json()).code], [401, 'invalid_token']);
    const purchases = await system.send('GET', '/v1/purchases');
    assert.deepEqual([purchases.status, purchases.body.code], [401, 'invalid_token']);
    await assert.rejects(oauth.clientCredentialsGrant(app.config, {}, { DPoP: connection.proofs }), { error: 'unauthorized_client' });
    await assert.rejects(oauth.buildAuthorizationUrlWithPAR(system.config, { scope: 'purchases:read' }), ({ error }) => error !== undefined);
  });

  it('need the key of their token, and lose everything when they are stopped', async () => {
    const bare = await checkedFetch(`${service.url}/v1/decisions`, {
      method: 'POST', headers: { authorization: `DPoP ${system.tokens.access_token}` },
    });
    assert.deepEqual([bare.status, (await bare.json()).code], [401, 'invalid_dpop_proof']);
    await service.json(['apps', 'suspend', system.clientId, '--reason', 'a test']);
    const stopped = await system.send('POST', '/v1/decisions', { customerId, purpose: 'p7' });
    assert.deepEqual([stopped.status, stopped.body.code], [403, 'app_suspended']);
    await service.json(['apps', 'reinstate', system.clientId]);
    await system.renew();
    await oauth.tokenRevocation(system.config, system.tokens.access_token);
    const revoked = await system.send('POST', '/v1/decisions', { customerId, purpose: 'p7' });
    assert.deepEqual([revoked.status, revoked.body.code], [401, 'invalid_token']);
  });

  it('is whole in the ledger', async () => {
    assert.deepEqual(await service.json(['ledger', 'rebuild', '--check']), { differences: [] });
  });
});
