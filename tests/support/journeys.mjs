// What many tests do: customers let an app in, and what it then reads is what it should be.
import assert from 'node:assert/strict';
import { Chance } from './chance.mjs';
import { App } from './client.mjs';
import { Customer } from './customer.mjs';
import { Feed } from './feed.mjs';
import { chosen } from './sample.mjs';
import { served } from './totals.mjs';

const AT_ONCE = 4;

/** Does something for each of a list, for some of them at a time. */
export async function atOnce(list, work) {
  const waiting = [...list].reverse();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (waiting.length > 0) await work(waiting.pop());
  }));
}

/**
 * Reads customers' purchases with an app of their choice, by the list and by the change feed; fails unless each one's
 * figures are as expected both ways.
 */
export async function assertServes(service, customers, who = chosen(customers)) {
  const app = await App.register(service);
  const begun = performance.now();
  await atOnce(who, async (customer) => {
    const connection = await app.connect(new Customer(service.url, customer));
    assert.deepEqual(await served(connection.purchases('limit=100')), customers.get(customer), `the list of ${customer}`);
    const feed = new Feed((path) => connection.request(path), new Chance(who.length), { pauses: false });
    assert.deepEqual(await served(await feed.finish()), customers.get(customer), `the feed of ${customer}`);
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  return `${who.length} of ${customers.size} customers let an app in and it read what was expected, by list and by feed, in ${seconds} s`;
}
