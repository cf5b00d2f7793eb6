// Orders from a file, on both databases, read by the customers' apps: what comes out is what went in.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertServes } from '../support/journeys.mjs';
import { Postgres } from '../support/postgres.mjs';
import { generated, sample } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

describe('orders from a file', { timeout: 1_500_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  for (const database of ['SQLite', 'PostgreSQL']) {
    it(`on ${database}`, async (test) => {
      const orders = await sample();
      const service = await Service.init({ postgres: database === 'PostgreSQL' ? postgres : undefined });
      const summary = await service.ingestFile(orders.file);
      test.diagnostic(`${orders.name}: ${JSON.stringify(summary)}`);
      assertCounts(summary, orders.counts);
      await assertQuarantined(service, orders.counts.quarantined);
      await service.serve();
      test.diagnostic(await assertServes(service, orders.customers, [...orders.customers.keys()]));
      await service.stop();
    });
  }

  it('with taxes, several currencies, deposits and deliveries', async (test) => {
    const orders = await generated({ customers: 25, orders: 1500 });
    const service = await Service.init();
    const summary = await service.ingestFile(orders.file);
    assertCounts(summary, orders.counts);
    assert.equal(summary.stale, orders.counts.stale);
    await service.serve();
    test.diagnostic(await assertServes(service, orders.customers));
    await service.stop();
  });

  it('checked only, writes nothing; taken in twice, changes nothing', async () => {
    const orders = await generated({ customers: 5, orders: 200 });
    const service = await Service.init();
    await service.command(['ingest', 'check', orders.file, '--key-separator', 'TAB']);
    const first = await service.ingestFile(orders.file);
    assertCounts(first, orders.counts);
    const second = await service.ingestFile(orders.file);
    assert.equal(second.stored, 0);
    assert.equal(second.read, first.read);
    await service.serve();
    await assertServes(service, orders.customers);
    await service.stop();
  });
});

function assertCounts(summary, expected) {
  const { read, duplicates, quarantined } = summary;
  assert.deepEqual({ read, duplicates, quarantined }, {
    read: expected.read, duplicates: expected.duplicates, quarantined: expected.quarantined,
  });
  const { stored, stale, suppressed, skipped, tombstones } = summary;
  const all = stored + duplicates + stale + suppressed + quarantined + skipped + tombstones;
  assert.equal(read, all, 'every message is accounted for');
  assert.equal(suppressed, 0);
  assert.equal(summary.unlinked + summary.waiting, 0, 'nothing waits');
}

async function assertQuarantined(service, count) {
  const listed = await service.json(['quarantine', 'list']);
  assert.equal(listed.length, count);
  for (const { reason, pointer } of listed) assert.ok(reason && typeof pointer === 'string', 'each has its reason and place');
}
