// Orders through Kafka while everything fails: two consumers killed again and again, one frozen and woken, the
// database and the broker away for a while. The totals are the same.
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertServes } from '../support/journeys.mjs';
import { Kafka } from '../support/kafka.mjs';
import { Postgres } from '../support/postgres.mjs';
import { isLong, messagesOf, sample } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const KILLS_EACH = isLong ? 5 : 1;
// How long the messages take to be sent: something must still be on its way when things fail.
const SENDING_SECONDS = isLong ? 240 : 20;
const TOPIC = 'orders';

describe('orders through Kafka with interruptions', { timeout: 1_800_000 }, () => {
  let postgres;
  let kafka;
  before(async () => {
    [postgres, kafka] = await Promise.all([Postgres.start({ durable: true }), Kafka.start()]);
  });
  after(() => Promise.all([postgres.stop(), kafka.stop()]));

  it(isLong ? 'kills, a freeze, PostgreSQL and Kafka away' : 'one kill each', async (test) => {
    const orders = await sample();
    await kafka.createTopic(TOPIC, 6);
    const service = await Service.init({
      postgres, kafka, topics: [TOPIC],
      settings: { INGEST__BATCH_MESSAGES: '100' },
      // A killed member is missed soon, not after 45 s.
      librdkafka: { 'session.timeout.ms': 6000, 'heartbeat.interval.ms': 1000 },
    });
    const consumers = [0, 1].map((number) => new Consumer(service, `ingest-${number}`));
    const sending = send(kafka, orders);
    sending.catch(() => {});

    await Promise.all(consumers.map((consumer) => consumer.suffer(KILLS_EACH)));
    if (isLong) {
      await frozen(consumers[0], 60_000);
      await postgres.pause();
      await delay(20_000);
      await postgres.resume();
      await kafka.stop();
      await kafka.resume();
    }
    await sending;
    await service.caughtUp(TOPIC, await kafka.ends(TOPIC), { ms: 300_000, running: consumers.map(({ running }) => running) });
    test.diagnostic(`killed ${consumers.map(({ kills }) => kills).join(' and ')} times`);
    await service.serve();
    test.diagnostic(await assertServes(service, orders.customers));
    await service.stop();
  });
});

/** An `ingest` process that is started again whenever it is killed. */
class Consumer {
  kills = 0;

  constructor(service, name) {
    this.start = () => service.start(['ingest'], { name });
    this.running = this.start();
  }

  async suffer(times) {
    while (this.kills < times) {
      await delay(1500 + Math.random() * 9000);
      this.running.signal('SIGKILL');
      await this.running.ended();
      this.kills += 1;
      this.running = this.start();
    }
  }
}

/** Stopped in the middle of things; the other takes over; then woken. */
async function frozen(consumer, ms) {
  consumer.running.signal('SIGSTOP');
  await delay(ms);
  consumer.running.signal('SIGCONT');
}

async function send(kafka, orders) {
  const producer = kafka.producer(TOPIC);
  const atOnce = Math.ceil(orders.counts.read / (SENDING_SECONDS * 10));
  let batch = [];
  for await (const message of messagesOf(orders.file)) {
    batch.push(message);
    if (batch.length < atOnce) continue;
    await producer.send(batch.splice(0));
    await delay(100);
  }
  await producer.send(batch);
  await producer.close();
}
