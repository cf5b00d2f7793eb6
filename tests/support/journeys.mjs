// What many tests do: customers let an app in, and what it then reads is what it should be.
import assert from 'node:assert/strict';
import { App } from './client.mjs';
import { Customer } from './customer.mjs';
import { chosen } from './sample.mjs';
import { served } from './totals.mjs';

const AT_ONCE = 4;

/** Reads customers' purchases with an app of their choice; fails unless each one's figures are as expected. */
export async function assertServes(service, customers, who = chosen(customers)) {
  const app = await App.register(service);
  const waiting = [...who];
  const begun = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let customer = waiting.pop(); customer !== undefined; customer = waiting.pop()) {
      const connection = await app.connect(new Customer(service.url, customer));
      const figures = await served(connection.purchases('limit=100'));
      assert.deepEqual(figures, customers.get(customer), `customer ${customer}`);
    }
  }));
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  return `${who.length} of ${customers.size} customers let an app in and it read what was expected, in ${seconds} s`;
}
