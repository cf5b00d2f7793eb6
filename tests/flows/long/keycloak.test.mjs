// Customers sign in at Keycloak, as many retailers have it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { App } from '../../support/client.mjs';
import { Keycloak, KeycloakMember } from '../../support/keycloak.mjs';
import { generated } from '../../support/sample.mjs';
import { Service } from '../../support/service.mjs';

describe('sign-in at Keycloak', { timeout: 900_000 }, () => {
  let keycloak;
  let service;
  let customers;
  before(async () => {
    const orders = await generated({ customers: 4, orders: 80 });
    customers = [...orders.customers.keys()].sort();
    keycloak = await Keycloak.prepare();
    service = await Service.init({ settings: keycloak.settings() });
    await service.ingestFile(orders.file);
    await keycloak.admit(customers, service);
    await service.serve();
  });
  after(async () => {
    await service?.stop();
    await keycloak?.stop();
  });

  it('gives an app the purchases of who signed in, and no other', async (test) => {
    const app = await App.register(service);
    const counts = [];
    const seen = new Set();
    for (const account of customers.slice(0, 2)) {
      const connection = await app.connect(new KeycloakMember(service.url, keycloak, account));
      let count = 0;
      for await (const { id } of connection.purchases()) {
        assert.ok(!seen.has(id), 'nobody has another one’s purchase');
        seen.add(id);
        count += 1;
      }
      assert.ok(count > 0, `${account} has purchases`);
      counts.push(count);
    }
    test.diagnostic(`${counts.join(' and ')} purchases of two customers who signed in at Keycloak`);
  });
});
