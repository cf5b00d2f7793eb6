// A customer is erased, and stays so: what was before comes back by no file, no topic read again, no consumer group; what
// is bought after is a new person's. Their key is gone, their app is told, their browser is signed out.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Chance } from '../support/chance.mjs';
import { App, problemOf } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { Feed } from '../support/feed.mjs';
import { Kafka } from '../support/kafka.mjs';
import { assertContiguous, readLedger } from '../support/ledger.mjs';
import { Postgres } from '../support/postgres.mjs';
import { filesWith, filesWithBytes } from '../support/search.mjs';
import { Service } from '../support/service.mjs';

const secret = () => randomBytes(15).toString('base64url');
const [BEFORE, ERASED, AFTER] = ['2025-03-01T10:00:00Z', '2025-06-01T10:00:00Z', '2025-09-01T10:00:00Z'];
const BACK = '2025-03-09T10:00:00Z';

function event(type, data) {
  const value = JSON.stringify({ specversion: '1.0', id: secret(), source: '/shop', type, time: ERASED, data: { revision: 1, ...data } });
  return { key: data.customerId ?? data.orderId, value };
}
const order = (customerId, placedAt, name = secret()) => {
  const orderId = secret();
  const lines = [{ lineId: '1', sku: 's-1', name, quantity: 1, net: '30.00' }];
  const data = { orderId, customerId, channel: 'store', placedAt, currency: 'EUR', lines, totals: { grandTotal: '30.00' } };
  return { orderId, name, ...event('order.recorded.v1', data) };
};
const returned = (about, returnedAt, name = secret()) => {
  const lines = [{ returnLineId: '1', lineId: '1', sku: 's-1', name, quantity: 1, amount: '30.00' }];
  return { name, ...event('return.recorded.v1', { returnId: secret(), status: 'completed', returnedAt, lines, ...about }) };
};
const erasureOf = (customerId) => ({
  key: customerId,
  value: JSON.stringify({ specversion: '1.0', id: secret(), source: '/crm', type: 'customer.erased.v1', time: ERASED, data: { customerId } }),
});
const several = (count, make) => Array.from({ length: count }, make);

/** What there is of a customer: from before, with all that came back of it, and from after. */
function shopping(customerId) {
  const orders = several(6, () => order(customerId, BEFORE));
  const partOf = orders.slice(0, 3).map(({ orderId }) => returned({ orderId }, AFTER));
  const withoutReceipt = several(2, () => returned({ customerId }, BACK));
  const since = several(3, () => order(customerId, AFTER));
  return { orders, partOf, withoutReceipt, since, all: [...orders, ...partOf, ...withoutReceipt, ...since] };
}

describe('an erased customer', { timeout: 600_000 }, () => {
  let postgres;
  let kafka;
  before(async () => {
    [postgres, kafka] = await Promise.all([Postgres.start(), Kafka.start()]);
  });
  after(() => Promise.all([postgres.stop(), kafka.stop()]));

  it('on SQLite', (test) => stayErased(test, { kafka, topic: 'erased-sqlite' }));
  it('on PostgreSQL', (test) => stayErased(test, { kafka, postgres, topic: 'erased-postgres' }));
});

async function stayErased(test, { kafka, postgres, topic }) {
  const [gone, other] = [secret(), secret()];
  const [theirs, others] = [shopping(gone), shopping(other)];
  const messages = [...theirs.all, ...others.all];
  await kafka.createTopic(topic, 3);
  await kafka.send(topic, messages);
  const service = await Service.init({ postgres, kafka, topics: [topic], settings: { LOG__FILTER: 'debug' } });
  let ingest = service.start(['ingest']);
  const caughtUp = async () => service.caughtUp(topic, await kafka.ends(topic), { running: [ingest] });
  await caughtUp();

  await service.serve();
  const appName = secret();
  const app = await App.register(service, { name: appName });
  const [browser, otherBrowser] = [gone, other].map((id) => new Customer(service.url, id));
  const [connection, otherConnection] = [await app.connect(browser), await app.connect(otherBrowser)];
  const ids = async (reader) => {
    const all = [];
    for await (const { orderId, returns } of reader.purchases()) all.push(orderId ?? returns[0].id);
    return all.sort();
  };
  const [count, othersBefore] = [(await ids(connection)).length, await ids(otherConnection)];
  assert.equal(count, 6 + 2 + 3);
  const feed = new Feed((path) => connection.request(path), new Chance(1)).follow();
  const wrapped = await wrappedKeys(service);
  assert.ok(wrapped.length >= 2);

  await kafka.send(topic, [erasureOf(gone)]);
  await caughtUp();
  await feed.finish();
  assert.equal(feed.ended, 'grant_revoked');
  assert.deepEqual(await problemOf(await connection.request('/v1/purchases')), { status: 403, code: 'grant_revoked' });
  assert.equal((await browser.open('/apps')).url.pathname, '/sign-in', 'their browser is signed out');
  assert.equal((await otherBrowser.open('/apps')).url.pathname, '/apps');
  assert.deepEqual(await ids(otherConnection), othersBefore, 'nobody else loses anything');
  assert.deepEqual(await service.sql('SELECT count(*) FROM person_keys WHERE purchases IS NULL', { keystore: true }), ['1']);
  const left = new Set(await wrappedKeys(service));
  const destroyed = wrapped.filter((key) => !left.has(key));
  assert.equal(destroyed.length, 1, 'their key is gone from its row');

  const first = await service.stopIngest(ingest);
  assert.equal(first.suppressed, 0);
  assert.equal(first.stored, messages.length + 1);

  // By a file; then by the topic again from offset 0, for which neither the offsets nor the group are known any more.
  const file = join(service.folder, 'again.ndjson');
  await writeFile(file, messages.map(({ key, value }) => `${key}\t${value}\n`).join(''));
  const byFile = await service.ingestFile(file);
  assertNothingNew(byFile, theirs, messages.length);
  await service.sql('DELETE FROM ingest_offsets');
  service.settings.INGEST__GROUP = 'a-fresh-one';
  ingest = service.start(['ingest']);
  await caughtUp();
  const byTopic = await service.stopIngest(ingest);
  assertNothingNew(byTopic, theirs, messages.length + 1);
  test.diagnostic(`again by file: ${JSON.stringify(byFile)}`);
  test.diagnostic(`again by topic: ${JSON.stringify(byTopic)}`);
  assert.deepEqual(await ids(otherConnection), othersBefore);

  // What was bought since is there for whoever signs in by that name, and what comes later joins it.
  const anew = await app.connect(new Customer(service.url, gone));
  const since = theirs.since.map(({ orderId }) => orderId);
  assert.deepEqual(await ids(anew), [...since].sort());
  const [late, fresh] = [order(gone, BEFORE), order(gone, AFTER)];
  await writeFile(file, [late, fresh].map(({ key, value }) => `${key}\t${value}\n`).join(''));
  const { stored, suppressed } = await service.ingestFile(file);
  assert.deepEqual({ stored, suppressed }, { stored: 1, suppressed: 1 });
  assert.deepEqual(await ids(anew), [...since, fresh.orderId].sort());
  assert.equal((await connection.request('/v1/grant')).status, 403, 'the old grant stays what it is');

  const ledger = await readLedger(service);
  assertContiguous(ledger);
  await service.stop();
  if (postgres) await service.sql('CHECKPOINT');
  const names = [gone, ...[...theirs.orders, ...theirs.partOf, ...theirs.withoutReceipt].map(({ name }) => name)];
  const places = [service.data, service.logs, ...(postgres ? [postgres.folder] : [])];
  assert.ok((await filesWith([appName], ...places)).length > 0, 'the search finds what is there');
  assert.deepEqual(await filesWith(names, ...places), []);
  // PostgreSQL overwrites a row's place when it needs it, SQLite at once.
  if (!postgres) {
    assert.ok(filesWithBytes(Buffer.from([...left][0], 'hex'), service.data).length > 0, 'keys that stand are found');
    assert.deepEqual(filesWithBytes(Buffer.from(destroyed[0], 'hex'), service.data), [], 'their key is in no file');
  }
}

/** The purchases keys as they are kept, in hex. */
async function wrappedKeys(service) {
  const hex = service.settings.KEYS__URL ? "encode(purchases, 'hex')" : 'lower(hex(purchases))';
  return service.sql(`SELECT ${hex} FROM person_keys WHERE purchases IS NOT NULL`, { keystore: true });
}

/** Everything again changes nothing; of the erased, what was before is told to have been dropped. */
function assertNothingNew(counts, { orders, withoutReceipt, partOf }, read) {
  assert.deepEqual([counts.read, counts.stored, counts.quarantined], [read, 0, 0]);
  assert.equal(counts.suppressed + counts.duplicates + counts.stale, read);
  const [least, most] = [orders.length + withoutReceipt.length, orders.length + withoutReceipt.length + partOf.length];
  assert.ok(counts.suppressed >= least && counts.suppressed <= most, `${counts.suppressed} suppressed, of ${least} to ${most}`);
}
