// The past is brought in at its pace beside what happens now; how far the present is behind is always known.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka } from '../support/kafka.mjs';
import { Postgres } from '../support/postgres.mjs';
import { freePort, until } from '../support/process.mjs';
import { Service } from '../support/service.mjs';

// A lag below this is none: ends are told once a second, and a machine that does other things may be late.
const NEAR_ZERO_MS = 4_000;
const PER_SECOND = 400;

function event(name, changes = {}) {
  return JSON.stringify({
    specversion: '1.0', id: `e-${name}`, source: '/shop', type: 'order.recorded.v1', time: '2026-03-01T09:00:00Z',
    data: {
      orderId: name, revision: 1, customerId: 'c-1', channel: 'store', placedAt: '2026-03-01T09:00:00Z', currency: 'EUR',
      lines: [{ lineId: '1', sku: 's-1', name: 'A kettle', quantity: 1, net: '30.00' }], totals: { grandTotal: '30.00' },
      ...changes,
    },
  });
}

const orders = (prefix, count) => Array.from({ length: count }, (_, n) => ({ key: `k-${n}`, value: event(`${prefix}-${n}`) }));

describe('the past and the present', { timeout: 600_000 }, () => {
  let postgres;
  let kafka;
  before(async () => {
    [postgres, kafka] = await Promise.all([Postgres.start(), Kafka.start()]);
  });
  after(() => Promise.all([postgres.stop(), kafka.stop()]));

  const statesOf = async (service, topic) =>
    (await service.json(['ingest', 'status'])).filter((state) => state.topic === topic);

  /** The lag of a live topic: that of the partition that is furthest behind; not known while it is of none. */
  const lagOf = async (service, topic, partitions) => {
    const lags = (await statesOf(service, topic)).map(({ lagMs }) => lagMs);
    return lags.length < partitions || lags.includes(null) ? Infinity : Math.max(...lags);
  };

  it('brings in the past at its pace, beside orders of today', async (test) => {
    const count = 2_400;
    await Promise.all([kafka.createTopic('past', 2), kafka.createTopic('orders', 2)]);
    await kafka.send('past', orders('old', count));
    const service = await Service.init({
      postgres, kafka, topics: ['orders'],
      settings: { INGEST__HISTORY__TOPICS: 'past', INGEST__HISTORY__MESSAGES_PER_SECOND: String(PER_SECOND) },
    });
    const past = service.start(['ingest', '--history'], { name: 'ingest-history' });
    await past.until('the past is loading', async () => (await statesOf(service, 'past')).some(({ nextOffset }) => nextOffset > 0));
    const begun = Date.now();
    const states = await statesOf(service, 'past');
    assert.ok(states.every(({ kind, loading }) => kind === 'history' && loading), JSON.stringify(states));
    assert.equal(states.reduce((sum, { endOffset }) => sum + endOffset, 0), count, 'where it ends is known');
    assert.ok(states.every((state) => !('lagMs' in state)), 'the past is never late');

    // What happens now does not wait for it.
    const metrics = `127.0.0.1:${await freePort()}`;
    const ingest = service.start(['ingest'], { settings: { METRICS__LISTEN: metrics } });
    await kafka.send('orders', orders('new', 10));
    await ingest.until('the present is recorded', async () => (await lagOf(service, 'orders', 2)) < NEAR_ZERO_MS);
    const now = await statesOf(service, 'orders');
    assert.equal(now.reduce((sum, { nextOffset }) => sum + nextOffset, 0), 10);
    assert.ok(now.every((state) => state.kind === 'live' && !('loading' in state)), JSON.stringify(now));
    assert.ok((await statesOf(service, 'past')).some(({ loading }) => loading), 'the past is still loading');

    await past.until('the past is complete', async () => (await statesOf(service, 'past')).every(({ loading }) => !loading));
    const seconds = (Date.now() - begun) / 1_000;
    test.diagnostic(`${count} messages of the past in ${seconds.toFixed(1)} s`);
    assert.ok(seconds > (count / PER_SECOND) * 0.8, `faster than it may be: ${seconds} s`);
    const { stored } = await service.stopIngest(past);
    assert.equal(stored, count);

    // Its own process tells its lag, also to a monitor.
    const text = await (await fetch(`http://${metrics}/metrics`)).text();
    const told = [...text.matchAll(/^counterfoil_ingest_lag_seconds\{partition="(\d)",topic="orders"\} (.*)$/gm)];
    assert.equal(told.length, 2, text);
    for (const [, , lag] of told) assert.ok(Number(lag) < NEAR_ZERO_MS / 1_000, lag);
    await service.stop();
  });

  it('falls behind when nobody reads, and catches up', async (test) => {
    const topic = 'standing-still';
    await kafka.createTopic(topic, 3);
    const service = await Service.init({ postgres, kafka, topics: [topic] });
    const ingest = service.start(['ingest']);
    // Also of partitions that have never had a message.
    await ingest.until('an empty topic is fresh', async () => (await lagOf(service, topic, 3)) < NEAR_ZERO_MS);
    await kafka.send(topic, orders('first', 5));
    await ingest.until('orders are recorded', async () => {
      const states = await statesOf(service, topic);
      return states.reduce((sum, { nextOffset }) => sum + nextOffset, 0) === 5;
    });
    const lags = [];
    for (let look = 0; look < 5; look += 1) {
      await delay(700);
      lags.push(await lagOf(service, topic, 3));
    }
    test.diagnostic(`${lags.join(', ')} ms behind while there is nothing to read`);
    assert.ok(Math.max(...lags) < NEAR_ZERO_MS, 'fresh as long as it is at the end');

    ingest.signal('SIGSTOP');
    const stopped = Date.now();
    const before = await lagOf(service, topic, 3);
    await kafka.send(topic, orders('second', 1));
    await delay(3_000);
    const [behind, waited] = [await lagOf(service, topic, 3), Date.now() - stopped];
    assert.ok(behind >= before + 3_000 && behind <= waited + NEAR_ZERO_MS, `${behind} ms behind after ${waited} ms`);
    test.diagnostic(`${behind} ms behind after standing still for ${waited} ms`);
    await delay(2_000);
    assert.ok((await lagOf(service, topic, 3)) >= behind + 2_000, 'further and further');
    ingest.signal('SIGCONT');
    await ingest.until('it has caught up', async () => (await lagOf(service, topic, 3)) < NEAR_ZERO_MS);
    const states = await statesOf(service, topic);
    assert.equal(states.reduce((sum, { nextOffset }) => sum + nextOffset, 0), 6);
    await service.stop();
  });

  it('knows the end of what a transaction wrote', async () => {
    await Promise.all([kafka.createTopic('past-by-transaction', 1), kafka.createTopic('by-transaction', 1)]);
    const values = orders('t', 20).map(({ value }) => value);
    await kafka.sendInTransaction('past-by-transaction', values);
    await kafka.sendInTransaction('by-transaction', values.slice(0, 10));
    assert.equal((await kafka.ends('by-transaction')).get(0), 11, 'its mark is an offset too');
    const service = await Service.init({
      postgres, kafka, topics: ['by-transaction'],
      settings: { INGEST__HISTORY__TOPICS: 'past-by-transaction', INGEST__HISTORY__MESSAGES_PER_SECOND: '0' },
    });
    const [live, past] = [service.start(['ingest']), service.start(['ingest', '--history'], { name: 'ingest-history' })];
    await past.until('the past is complete', async () => {
      const [state] = await statesOf(service, 'past-by-transaction');
      return state?.nextOffset === 20 && !state.loading;
    });
    await live.until('all ten are recorded', async () => (await statesOf(service, 'by-transaction'))[0]?.nextOffset === 10);
    // Its messages are older by now than what counts as no lag: only the end that was reached makes it fresh.
    await delay(NEAR_ZERO_MS + 1_000);
    await live.until('it is fresh', async () => (await lagOf(service, 'by-transaction', 1)) < NEAR_ZERO_MS);
    await service.stop();
  });

  it('pauses who would fill quarantine', async () => {
    const topic = 'unreadable';
    await kafka.createTopic(topic, 1);
    const broken = Array.from({ length: 12 }, (_, n) => ({ key: 'k', value: event(`b-${n}`, { currency: 'no such' }) }));
    await kafka.send(topic, broken);
    const service = await Service.init({
      kafka, topics: [topic], settings: { QUARANTINE__MAX_ROWS: '4', INGEST__BATCH_MESSAGES: '5' },
    });
    const ingest = service.start(['ingest']);
    const state = await ingest.until('the partition pauses', async () => (await statesOf(service, topic)).find(({ paused }) => paused));
    // After the batch that was too much, and the one that was ready behind it.
    assert.ok(state.paused === 'quarantine_full' && state.nextOffset <= 10, JSON.stringify(state));
    assert.equal((await service.json(['quarantine', 'list'])).length, state.nextOffset);
    await delay(2_500);
    const [later] = await statesOf(service, topic);
    assert.ok(later.lagMs === null || later.lagMs > state.lagMs + 2_000, 'a partition that is paused falls behind');
    await service.stop();
  });

  it('brings in a file of the past', async () => {
    const service = await Service.init({ postgres });
    const file = join(service.folder, 'past.ndjson');
    writeFileSync(file, orders('filed', 300).map(({ key, value }) => `${key}\t${value}\n`).join(''));
    const began = Date.now();
    const running = service.start(
      ['ingest', 'file', file, '--key-separator', 'TAB', '--history', '--messages-per-second', '100'],
      { name: 'ingest-file' },
    );
    const state = async () => (await service.json(['ingest', 'status'])).find(({ topic }) => topic.startsWith('past.ndjson#'));
    const loading = await running.until('the file is loading', state);
    assert.deepEqual([loading.kind, loading.loading, loading.nextOffset, loading.endOffset], ['history', true, 0, 1]);
    await until('the file is done', () => running.how !== undefined);
    assert.equal(running.how, 0, running.tail());
    assert.ok(Date.now() - began > 2_000, 'at its pace');
    assert.equal((await state()).loading, false);
    await service.stop();
  });
});
