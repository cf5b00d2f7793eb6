// The same orders through Kafka, six partitions: keyed by customer, and with what comes back keyed by order, so that
// a return or refund may be read before its order.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertServes } from '../support/journeys.mjs';
import { Kafka } from '../support/kafka.mjs';
import { Postgres } from '../support/postgres.mjs';
import { messagesOf, sample } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const KEYS = {
  'keyed by customer': (message) => message,
  'with returns and refunds keyed by order': (message) =>
    /"type":"(return|refund)\./.test(message.value) ? { ...message, key: orderOf(message) } : message,
};

// A broken message has no order to be keyed by.
function orderOf({ key, value }) {
  try {
    return JSON.parse(value).data.orderId ?? key;
  } catch {
    return key;
  }
}

describe('orders through Kafka', { timeout: 1_500_000 }, () => {
  let postgres;
  let kafka;
  before(async () => {
    [postgres, kafka] = await Promise.all([Postgres.start(), Kafka.start()]);
  });
  after(() => Promise.all([postgres.stop(), kafka.stop()]));

  for (const [name, rekey] of Object.entries(KEYS)) {
    it(name, async (test) => {
      const orders = await sample();
      const topic = `orders-${name.replaceAll(' ', '-')}`;
      await kafka.createTopic(topic, 6);
      const messages = [];
      for await (const message of messagesOf(orders.file)) messages.push(rekey(message));
      await kafka.send(topic, messages);
      const ends = await kafka.ends(topic);
      assert.equal([...ends.values()].reduce((sum, end) => sum + end, 0), orders.counts.read);
      assert.ok([...ends.values()].every((end) => end > 0), 'every partition has some');

      const service = await Service.init({ postgres, kafka, topics: [topic] });
      const ingest = service.start(['ingest']);
      await service.caughtUp(topic, ends, { running: [ingest] });
      const counts = await service.stopIngest(ingest);
      test.diagnostic(`${orders.name}: ${JSON.stringify(counts)}`);
      const { read, duplicates, quarantined } = counts;
      assert.deepEqual({ read, duplicates, quarantined }, {
        read: orders.counts.read, duplicates: orders.counts.duplicates, quarantined: orders.counts.quarantined,
      });
      const listed = await service.json(['quarantine', 'list']);
      assert.equal(listed.length, orders.counts.quarantined);
      for (const { reason, pointer } of listed) assert.ok(reason && typeof pointer === 'string', 'each has its reason and place');
      await service.serve();
      test.diagnostic(await assertServes(service, orders.customers, [...orders.customers.keys()]));
      await service.stop();
    });
  }

  it('in both envelopes, with null values and types that nobody knows', async () => {
    const topic = 'envelopes';
    await kafka.createTopic(topic, 2);
    const order = (orderId) => ({
      orderId, revision: 1, customerId: 'c-1', channel: 'online', placedAt: '2026-03-01T10:00:00+01:00', currency: 'EUR',
      lines: [{ lineId: '1', sku: 's-1', name: 'A kettle', quantity: 1, net: '30.00' }], totals: { grandTotal: '30.00' },
    });
    const attributes = (id, type) => ({ specversion: '1.0', id, source: '/shop', type, time: '2026-03-01T09:00:00Z' });
    const binary = (id, type, data) => ({
      key: 'c-1', value: JSON.stringify(data),
      headers: {
        'content-type': 'application/json',
        ...Object.fromEntries(Object.entries(attributes(id, type)).map(([name, value]) => [`ce_${name}`, value])),
      },
    });
    const structured = (id, type, data, headers) => ({ key: 'c-1', value: JSON.stringify({ ...attributes(id, type), data }), headers });
    await kafka.send(topic, [
      structured('e-1', 'order.recorded.v1', order('o-1')),
      structured('e-2', 'order.recorded.v1', order('o-2'), { 'content-type': 'application/cloudevents+json' }),
      binary('e-3', 'order.recorded.v1', order('o-3')),
      binary('e-3', 'order.recorded.v1', order('o-3')),
      structured('e-4', 'parcel.lost.v7', { any: 'thing' }),
      { key: 'c-1' },
    ]);
    const service = await Service.init({ kafka, topics: [topic] });
    const ingest = service.start(['ingest']);
    await service.caughtUp(topic, await kafka.ends(topic), { running: [ingest] });
    assert.deepEqual(await service.stopIngest(ingest), {
      read: 6, stored: 3, duplicates: 1, stale: 0, suppressed: 0, quarantined: 0, skipped: 1, tombstones: 1,
    });
    await service.serve();
    const figures = {
      purchases: 3, lines: 3, returns: 0, grandTotal: { EUR: '90.00' }, refunded: {}, returnedQuantity: '0',
    };
    await assertServes(service, new Map([['c-1', figures]]));
    await service.stop();
  });
});
