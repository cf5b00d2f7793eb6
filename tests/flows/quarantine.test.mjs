// What cannot be read is set aside, shown and tried again; a broken producer stops its own partition only.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertServes } from '../support/journeys.mjs';
import { Kafka } from '../support/kafka.mjs';
import { until } from '../support/process.mjs';
import { Service } from '../support/service.mjs';

function order(number, changes = {}) {
  const data = {
    orderId: `o-${number}`, revision: 1, customerId: 'c-1', channel: 'store', placedAt: '2026-03-01T09:00:00Z', currency: 'EUR',
    lines: [{ lineId: '1', sku: 's-1', name: 'A kettle', quantity: 1, net: '30.00' }], totals: { grandTotal: '30.00' }, ...changes,
  };
  const value = JSON.stringify({
    specversion: '1.0', id: `e-${number}`, source: '/shop', type: 'order.recorded.v1', time: '2026-03-01T09:00:00Z', data,
  });
  return { key: 'c-1', value };
}

const figuresOf = (purchases) => new Map([['c-1', {
  purchases, lines: purchases, returns: 0, grandTotal: { EUR: (30 * purchases).toFixed(2) }, refunded: {}, returnedQuantity: '0',
}]]);

describe('quarantine', { timeout: 600_000 }, () => {
  let kafka;
  before(async () => {
    kafka = await Kafka.start();
  });
  after(() => kafka.stop());

  it('lists, shows and replays', async () => {
    const topic = 'odd';
    await kafka.createTopic(topic, 1);
    await kafka.send(topic, [
      order(1),
      order(2, { placedAt: '2026-03-01T09:00:00' }),
      order(3, { placedAt: '2026-03-02T09:00:00' }),
      order(4, { totals: { grandTotal: 'a lot' } }),
      { key: 'c-1', value: '{"specversion":"1.0","type":"order.recorded.v1","data":{' },
      order(5),
    ]);
    const service = await Service.init({ kafka, topics: [topic] });
    const ingest = service.start(['ingest']);
    await service.caughtUp(topic, await kafka.ends(topic), { running: [ingest] });
    await service.stopIngest(ingest);

    const listed = await service.json(['quarantine', 'list']);
    assert.deepEqual(listed.map(({ offset }) => Number(offset)).sort(), [1, 2, 3, 4]);
    const noOffset = listed.filter(({ reason }) => reason === 'no_offset');
    assert.deepEqual(noOffset.map(({ pointer }) => pointer), ['/data/placedAt', '/data/placedAt']);
    const money = listed.find(({ pointer }) => pointer === '/data/totals/grandTotal');
    assert.ok(money, 'the field that is wrong is named');
    const groups = await service.json(['quarantine', 'list', '--group']);
    assert.equal(groups.find(({ reason }) => reason === 'no_offset').count, 2);

    const shown = await service.command(['quarantine', 'show', `${topic}/0/3`]);
    assert.match(shown, /a lot/);
    await assert.rejects(service.command(['quarantine', 'show', `${topic}/0/0`]), 'what was stored is not there');

    // Nothing has changed: what is tried again comes back.
    await service.command(['quarantine', 'replay', '--reason', 'no_offset']);
    assert.equal((await service.json(['quarantine', 'list'])).length, 4);
    const settings = { INGEST__DEFAULT_SOURCE__TIMEZONE: 'Europe/Berlin' };
    await service.command(['quarantine', 'replay', '--reason', 'no_offset'], { settings });
    const left = await service.json(['quarantine', 'list']);
    assert.deepEqual(left.map(({ offset }) => Number(offset)).sort(), [3, 4]);
    await service.serve();
    await assertServes(service, figuresOf(4));
    await service.stop();
  });

  it('pauses a partition of which too much fails, until it is resumed', async (test) => {
    const topic = 'broken';
    await kafka.createTopic(topic, 1);
    const broken = order(0, { currency: 'euros' });
    const mixed = Array.from({ length: 600 }, (_, number) => (number % 3 === 2 ? broken : order(number)));
    await kafka.send(topic, mixed);
    const service = await Service.init({ kafka, topics: [topic], settings: { INGEST__BATCH_MESSAGES: '50' } });
    const ingest = service.start(['ingest']);
    const state = async () => (await service.json(['ingest', 'status'])).find((each) => each.topic === topic);
    const paused = await ingest.until('the partition pauses', async () => {
      const now = await state();
      return now?.paused && now;
    });
    assert.ok(paused.nextOffset >= 200 && paused.nextOffset < 600, `paused at ${paused.nextOffset}`);
    test.diagnostic(`paused at ${paused.nextOffset}`);
    const quarantined = (await service.json(['quarantine', 'list'])).length;
    // A batch may have been on its way when the partition was paused.
    const { nextOffset } = await state();
    assert.ok(quarantined <= Math.ceil(nextOffset / 3), `${quarantined} of ${nextOffset}`);

    // It stays so, also for the next process.
    await service.stopIngest(ingest);
    const next = service.start(['ingest'], { name: 'ingest-2' });
    await kafka.send(topic, [order(1000)]);
    await next.until('the next process has taken over', async () => /assigned/i.test(next.output) || (await state()).paused);
    assert.equal((await state()).nextOffset, paused.nextOffset);

    // Who resumes it takes what comes; if too much fails again, it pauses again.
    await until('everything is taken in', async () => {
      const now = await state();
      if (now.paused) await service.command(['ingest', 'resume', `${topic}/0`]);
      return now.nextOffset === 601;
    }, { ms: 120_000, every: 500 });
    await service.serve();
    await assertServes(service, figuresOf(401));
    await service.stop();
  });
});
