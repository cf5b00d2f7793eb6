// What the retailer's systems are told: relays and readers are killed, stand still and begin again, Kafka compacts, and
// every reader ends in the right state.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { Chance } from '../support/chance.mjs';
import { Kafka } from '../support/kafka.mjs';
import { Postgres } from '../support/postgres.mjs';
import { freePort, until } from '../support/process.mjs';
import { Service } from '../support/service.mjs';

const PARTITIONS = 2;
const MONTH = 30 * 86_400_000;
const COMPACTED = { 'cleanup.policy': 'compact', 'delete.retention.ms': MONTH, 'max.compaction.lag.ms': MONTH };
// Compaction at once: it leaves the newest segment alone, so segments are short.
const AT_ONCE = {
  'cleanup.policy': 'compact', 'segment.ms': 500, 'min.cleanable.dirty.ratio': 0.001, 'delete.retention.ms': 500,
  'min.compaction.lag.ms': 0, 'max.compaction.lag.ms': 1000,
};

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** An id as the service writes it. */
function identifier(prefix, bytes) {
  let [text, bits, value] = ['', 0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31];
  }
  if (bits) text += BASE32[(value << (5 - bits)) & 31];
  return `${prefix}_${text}`;
}

/** A record with its customer; `put` adds a state of it to the outbox, as the acts do. */
class Told {
  version = 0;
  isGone = false;

  constructor(topic) {
    Object.assign(this, { topic, pseudonym: randomBytes(16), record: randomBytes(16) });
    this.key = `${identifier('psn', this.pseudonym)}/${identifier('rec', this.record)}`;
  }

  next(isGone = false) {
    this.version += 1;
    this.isGone = isGone;
    const body = JSON.stringify({ data: { version: this.version, ...(isGone ? { deleted: true } : { state: this.version * 7 }) } });
    const bytes = (buffer) => `'\\x${buffer.toString('hex')}'::bytea`;
    return `('${this.topic}', ${bytes(this.pseudonym)}, ${bytes(this.record)}, ${this.version}, '${body}'::bytea, ${isGone}, 0, `
      + `now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`;
  }
}

/** A reader that does what the contract says: it keeps the highest version of each key. */
class Reader {
  offsets = new Map();
  states = new Map();

  take({ partition, offset, headers, key, value }) {
    if (partition !== undefined) this.offsets.set(partition, offset + 1);
    const version = Number(headers.version);
    const known = this.states.get(key);
    // The null that follows a tombstone has its version.
    if (known && (known.version > version || (known.version === version && value !== null))) return;
    if (value !== null) assert.equal(value.data.version, version, 'the header says what the data says');
    this.states.set(key, { version, isGone: value === null || value.data.deleted === true, state: value?.data.state });
  }

  /** What it believes to stand. */
  get standing() {
    const standing = [...this.states].filter(([, { isGone }]) => !isGone);
    return new Map(standing.map(([key, { version, state }]) => [key, `${version}:${state}`]).sort());
  }

  copy() {
    const copy = new Reader();
    Object.assign(copy, { offsets: new Map(this.offsets), states: new Map(this.states) });
    return copy;
  }
}

describe('telling the retailer\'s systems', { timeout: 1_200_000 }, () => {
  let postgres;
  let kafka;
  before(async () => {
    [postgres, kafka] = await Promise.all([
      Postgres.start(), Kafka.start({ settings: { 'log.cleaner.backoff.ms': 200 } }),
    ]);
  });
  after(() => Promise.all([postgres.stop(), kafka.stop()]));

  let number = 0;
  /** A realm whose relay writes to topics of its own. */
  async function realm(settings) {
    number += 1;
    const topics = { consents: `consents-${number}`, volunteered: `volunteered-${number}` };
    for (const topic of Object.values(topics)) await kafka.createTopic(topic, PARTITIONS, settings);
    const service = await Service.init({
      postgres, kafka,
      settings: {
        RELAY__ENABLED: true, RELAY__CONSENTS_TOPIC: topics.consents, RELAY__VOLUNTEERED_TOPIC: topics.volunteered,
        RELAY__TRANSACTIONAL_ID: `relay-${number}`,
      },
    });
    return { service, topics };
  }

  const put = (service, rows) => service.sql(
    `INSERT INTO outbox (topic, pseudonym, record, version, body, is_tombstone, tries, put_at, due_at) VALUES ${rows.join(', ')}`);
  const count = async (service, condition) => Number((await service.sql(`SELECT count(*) FROM outbox WHERE ${condition}`))[0]);
  const allSent = (service, relays = []) => until('everything is sent', async () => {
    const dead = relays.find(({ how }) => how !== undefined);
    assert.equal(dead, undefined, dead?.tail());
    return await count(service, 'body IS NOT NULL') === 0;
  }, { ms: 120_000 });
  // As if the lease had run out: whoever takes it must be safe from whoever had it.
  const expireLease = (service) => service.sql(
    `UPDATE leases SET expires_at = '2020-01-01' WHERE name = 'relay'; UPDATE outbox SET claimed_until = '2020-01-01' WHERE claimed_until IS NOT NULL`);

  async function everything(topic) {
    const parts = await Promise.all(Array.from({ length: PARTITIONS }, async (_, partition) =>
      (await kafka.read(topic, partition)).map((message) => ({ partition, ...message }))));
    return parts.flat();
  }

  const expected = (records) => new Map(records.filter(({ version, isGone }) => version && !isGone)
    .map(({ key, version }) => [key, `${version}:${version * 7}`]).sort());

  async function assertAgree(messages, records, says) {
    const reader = new Reader();
    for (const message of messages) reader.take(message);
    assert.deepEqual(reader.standing, expected(records), says);
  }

  it('ends in the right state, whatever is killed, before and after compaction', async (test) => {
    const seed = Number(process.env.COUNTERFOIL_TEST_SEED ?? Date.now() % 2 ** 32);
    test.diagnostic(`seed ${seed}`);
    const chance = new Chance(seed);
    const upTo = (most) => chance.integer(0, most);
    const { service, topics } = await realm({ ...COMPACTED, 'max.compaction.lag.ms': 2 * MONTH, 'min.compaction.lag.ms': MONTH });
    const records = { consents: [], volunteered: [] };
    for (const topic of Object.keys(records)) records[topic] = Array.from({ length: 30 }, () => new Told(topic));
    const all = [...records.consents, ...records.volunteered];
    const following = Object.fromEntries(Object.keys(topics).map((topic) => [topic, new Reader()]));

    /** A reader goes on where it had got to, is killed in the midst, and has lost what it did last. */
    async function follow(topic) {
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const reader = following[topic];
        const reading = kafka.reader(topics[topic], partition, reader.offsets.get(partition) ?? 0, { idle: 1500 });
        const how = await Promise.race([reading.ended(), reading.until(upTo(39) + 1).then(() => 'killed', () => 'ended')]);
        if (how === 'killed') await reading.kill();
        const messages = reading.messages();
        const kept = messages.slice(0, messages.length - (how === 'killed' ? upTo(messages.length) : 0));
        for (const message of kept) reader.take({ partition, ...message });
      }
    }

    let kills = 0;
    for (let round = 0; round < 8; round += 1) {
      const relay = service.start(['relay'], { name: `relay-${round}` });
      for (let batch = 0; batch < 4; batch += 1) {
        const rows = [];
        for (let row = 0; row < 120; row += 1) {
          const told = chance.pick(all);
          if (!told.isGone) rows.push(told.next(round > 3 && chance.happens(1 / 40)));
        }
        await put(service, rows);
      }
      // Somewhere between claiming, sending, committing and settling.
      await until('it has begun', async () => await count(service, 'body IS NOT NULL') < 470 || relay.how !== undefined, { every: 5 });
      await new Promise((resolve) => setTimeout(resolve, upTo(150)));
      relay.signal('SIGKILL');
      await relay.ended();
      kills += 1;
      await expireLease(service);
      await follow(round % 2 ? 'consents' : 'volunteered');
    }
    const relay = service.start(['relay'], { name: 'relay-last' });
    await allSent(service, [relay]);
    const last = {};
    for (const [topic, name] of Object.entries(topics)) {
      last[topic] = await everything(name);
      await assertAgree(last[topic], records[topic], `${topic} from the beginning`);
      // The one that was killed all along reads the rest.
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        for (const message of await kafka.read(name, partition, following[topic].offsets.get(partition) ?? 0)) following[topic].take(message);
      }
      assert.deepEqual(following[topic].standing, expected(records[topic]), `${topic} by a reader that was killed`);
      // In any order, and some of it twice.
      const shuffled = chance.shuffled([...last[topic], ...last[topic].filter(() => chance.happens(1 / 3))]);
      await assertAgree(shuffled, records[topic], `${topic} out of order`);
      // In its own order, but for what a relay that was killed sent again, each key only goes up.
      const sent = new Set();
      for (const { key, headers } of last[topic]) sent.add(`${key} ${headers.version}`);
      const versions = records[topic].reduce((sum, { version }) => sum + version, 0);
      test.diagnostic(`${topic}: ${versions} versions, ${last[topic].length} messages read, ${sent.size} different`);
    }
    const gone = all.filter(({ isGone }) => isGone);
    assert.ok(gone.length > 3, 'some are gone');
    assert.equal(await count(service, 'body IS NULL'), gone.length, 'thirty days later they come as nothing');

    // Now Kafka compacts, and gets new segments, so that it can.
    for (const name of Object.values(topics)) await kafka.alterTopic(name, AT_ONCE);
    const compacted = (topic, isDone, says) => until(says, async () => {
      await put(service, records[topic].filter(({ isGone }) => !isGone).slice(0, 4).map((told) => told.next()));
      await allSent(service, [relay]);
      const messages = await everything(topics[topic]);
      return isDone(messages) && messages;
    }, { ms: 180_000 });
    for (const topic of Object.keys(topics)) {
      const messages = await compacted(topic, (found) => found.length < last[topic].length / 4, `${topic} is compacted`);
      await assertAgree(messages, records[topic], `${topic} after compaction`);
      assert.ok(messages.some(({ value }) => value?.data.deleted), 'tombstones stand');
      test.diagnostic(`${topic}: ${last[topic].length} messages became ${messages.length}`);
    }
    await service.sql(`UPDATE outbox SET due_at = '2020-01-01' WHERE body IS NULL`);
    await until('the nulls are sent', async () => await count(service, 'true') === 0);
    for (const topic of Object.keys(topics)) {
      const keys = new Set(records[topic].filter(({ isGone }) => isGone).map(({ key }) => key));
      const messages = await compacted(topic, (found) => !found.some(({ key }) => keys.has(key)), `${topic} lets go of what is gone`);
      await assertAgree(messages, records[topic], `${topic} when the keys are gone`);
    }
    test.diagnostic(`${kills} relays killed, ${gone.length} of ${all.length} records gone`);
    await service.stop();
  });

  it('a relay that dies between sending and settling lets no older version win', async () => {
    const { service, topics } = await realm(COMPACTED);
    // Whoever settles waits for this lock, which the test holds.
    await service.sql(`
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN OLD; END';
      CREATE TRIGGER wait BEFORE DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION wait()`);
    const holding = service.sql('BEGIN; SELECT pg_advisory_xact_lock(42); SELECT pg_sleep(300)').catch(() => []);
    await until('the lock is held', async () => (await service.sql(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted`))[0] === '1');
    const told = new Told('consents');
    await put(service, [told.next()]);
    const first = service.start(['relay'], { name: 'first' });
    await first.until('the first version is there', async () => (await everything(topics.consents)).length === 1);
    first.signal('SIGKILL');
    await first.ended();
    assert.equal(await count(service, 'body IS NOT NULL'), 1, 'it was not settled');
    await put(service, [told.next()]);
    await service.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()`);
    await holding;
    await service.sql('DROP TRIGGER wait ON outbox');
    const second = service.start(['relay'], { name: 'second' });
    // Without being helped: the dead one's lease runs out.
    await allSent(service, [second]);
    const messages = await everything(topics.consents);
    assert.deepEqual(messages.map(({ headers }) => headers.version), ['1', '1', '2'], 'sent again, in order');
    await assertAgree(messages, [told], 'the newer version stands');
    await service.stop();
  });

  it('a relay that stood still while another took over sends nothing any more', async () => {
    const { service, topics } = await realm(COMPACTED);
    const first = service.start(['relay'], { name: 'first' });
    await until('it sends', async () => (await service.sql(`SELECT count(*) FROM leases WHERE name = 'relay'`))[0] === '1');
    const told = new Told('volunteered');
    await put(service, [told.next()]);
    await allSent(service, [first]);
    // The second version is claimed and on its way, when both stand still.
    kafka.freeze();
    await put(service, [told.next()]);
    await until('it is claimed', () => count(service, 'claimed_by IS NOT NULL'), { every: 10 });
    first.signal('SIGSTOP');
    kafka.thaw();
    await put(service, [told.next()]);
    await expireLease(service);
    const second = service.start(['relay'], { name: 'second' });
    await allSent(service, [second]);
    first.signal('SIGCONT');
    await first.until('it notices', () => first.output.includes('the retailer\'s systems are not told'));
    await put(service, [told.next()]);
    await allSent(service, [first, second]);
    const messages = await everything(topics.volunteered);
    assert.deepEqual(messages.map(({ headers }) => headers.version), ['1', '2', '3', '4'], 'each once, in order');
    await assertAgree(messages, [told], 'the newest version stands');
    await service.stop();
  });

  it('tells how it is, and every alert names what there is', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const { service } = await realm(COMPACTED);
    const relay = service.start(['relay'], { settings: { METRICS__LISTEN: listen } });
    const metrics = () => fetch(`http://${listen}/metrics`).then((response) => response.text(), () => '');
    await put(service, [new Told('consents').next()]);
    const text = await relay.until('it has sent', async () => {
      const found = await metrics();
      return /^counterfoil_relay_sent_total 1$/m.test(found) && found;
    });
    for (const line of ['active 1', 'waiting 0', 'failed_total 0']) assert.match(text, new RegExp(`^counterfoil_relay_${line}$`, 'm'));
    const rules = parse(readFileSync(new URL('../../deploy/alerts/relay.yaml', import.meta.url), 'utf8'));
    const alerts = rules.groups.flatMap(({ rules: all }) => all);
    assert.ok(alerts.length >= 3);
    for (const { alert, expr } of alerts) {
      for (const [name] of expr.matchAll(/counterfoil_\w+/g)) assert.match(text, new RegExp(`^${name} `, 'm'), `${alert}: ${name}`);
    }
    await service.stop();
  });

  it('a topic that does not take messages keeps them waiting', async () => {
    const { service, topics } = await realm(COMPACTED);
    const relay = service.start(['relay'], { settings: { RELAY__VOLUNTEERED_TOPIC: 'later' } });
    const [one, other] = [new Told('volunteered'), new Told('consents')];
    await put(service, [one.next()]);
    await until('it was tried', () => count(service, 'tries > 0'), { ms: 60_000 });
    await put(service, [other.next(), one.next()]);
    await until('what can be sent is sent', async () => await count(service, `topic = 'consents'`) === 0);
    await assertAgree(await everything(topics.consents), [other], 'the other topic goes on');
    await kafka.createTopic('later', PARTITIONS, COMPACTED);
    await allSent(service, [relay]);
    assert.deepEqual((await everything('later')).map(({ headers }) => headers.version), ['1', '2']);
    await service.stop();
  });

  it('the doctor looks at the topics', async () => {
    const { service } = await realm(COMPACTED);
    const look = async (settings) => {
      const { code, stdout } = await service.attempt(['doctor', '--json'], { settings });
      const { verdict, checks } = JSON.parse(stdout);
      return { code, verdict, relay: checks.filter(({ check }) => check === 'relay').map((found) => found.verdict) };
    };
    assert.deepEqual(await look(), { code: 1, verdict: 'fault', relay: ['good', 'good'] }, 'commits of the tests are not durable');
    await service.sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$`);
    // It was never verified.
    assert.deepEqual(await look(), { code: 0, verdict: 'warning', relay: ['good', 'good'] });
    await kafka.createTopic('deleting', 1, { 'cleanup.policy': 'delete' });
    assert.deepEqual(await look({ RELAY__CONSENTS_TOPIC: 'deleting', RELAY__VOLUNTEERED_TOPIC: 'missing' }),
      { code: 1, verdict: 'fault', relay: ['fault', 'warning', 'warning', 'fault'] });
    const { code, stdout } = await service.attempt(['doctor'], { settings: { RELAY__BROKERS: '127.0.0.1:1' } });
    assert.equal(code, 1);
    assert.match(stdout, /^✓ database: PostgreSQL/m);
    assert.match(stdout, /^✗ relay: Kafka at 127\.0\.0\.1:1/m);
    const wrong = await service.attempt(['doctor', '--json'], { settings: { RELAY__CONFIRM_HOURS: '0' } });
    assert.equal(wrong.code, 1);
    assert.match(JSON.parse(wrong.stdout).checks[0].says, /relay\.confirm_hours/);
  });
});
