// The database and the broker go away and come back. What waits goes on by itself, without being started again.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { Kafka } from '../support/kafka.mjs';
import { Postgres } from '../support/postgres.mjs';
import { until } from '../support/process.mjs';
import { generated, messagesOf } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';
import { served } from '../support/totals.mjs';

const TOPIC = 'orders';

describe('things that come back', { timeout: 600_000 }, () => {
  let postgres;
  let kafka;
  before(async () => {
    [postgres, kafka] = await Promise.all([Postgres.start({ durable: true }), Kafka.start()]);
  });
  after(() => Promise.all([postgres.stop(), kafka.stop()]));

  it('serve answers again after each restart of PostgreSQL', async () => {
    const orders = await generated({ customers: 3, orders: 100 });
    const service = await Service.init({ postgres });
    await service.ingestFile(orders.file);
    const { address } = await service.serve();
    const app = await App.register(service);
    const [[customerId, figures]] = orders.customers;
    const connection = await app.connect(new Customer(service.url, customerId));
    for (let time = 0; time < 3; time += 1) {
      // Several connections are in the pool, and each of them is cut.
      await Promise.all(Array.from({ length: 8 }, () => connection.request('/v1/purchases')));
      await postgres.pause();
      const { status } = await connection.request('/v1/purchases');
      assert.equal(status, 503);
      assert.equal((await fetch(`${address}/health/live`)).status, 200);
      assert.equal((await fetch(`${address}/health/ready`)).status, 503);
      await postgres.resume();
      await until('reading works again', async () => (await connection.request('/v1/purchases')).status === 200, { ms: 20_000 });
      const answers = await Promise.all(Array.from({ length: 16 }, () => connection.request('/v1/purchases')));
      assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200], 'no connection stays cut');
    }
    assert.deepEqual(await served(connection.purchases()), figures);
    await service.stop();
  });

  it('ingest goes on after PostgreSQL and Kafka were away', async () => {
    const orders = await generated({ customers: 20, orders: 600 });
    const messages = [];
    for await (const message of messagesOf(orders.file)) messages.push(message);
    await kafka.createTopic(TOPIC, 3);
    const service = await Service.init({ postgres, kafka, topics: [TOPIC], settings: { INGEST__BATCH_MESSAGES: '20' } });
    const ingest = service.start(['ingest']);
    const part = () => messages.splice(0, Math.ceil(orders.counts.read / 4));
    const taken = async () => service.caughtUp(TOPIC, await kafka.ends(TOPIC), { running: [ingest], ms: 60_000 });
    await kafka.send(TOPIC, part());
    await taken();
    await postgres.pause();
    await kafka.send(TOPIC, part());
    await ingest.until('it says that it waits', () => /the database/.test(ingest.output));
    await postgres.resume();
    await taken();
    await kafka.stop();
    await kafka.resume();
    await kafka.send(TOPIC, part());
    await taken();
    await kafka.send(TOPIC, part());
    await taken();
    const { read, duplicates } = await service.stopIngest(ingest);
    assert.deepEqual({ read, duplicates }, { read: orders.counts.read, duplicates: orders.counts.duplicates });
    await service.stop();
  });
});
