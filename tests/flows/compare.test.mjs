// What is stored against the shops' own books, which are worked out here from the orders that were sent.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import Big from 'big.js';
import { Postgres } from '../support/postgres.mjs';
import { generated, messagesOf, sample } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

/** The newest revision of each order, without the lines of the file that are in quarantine. */
async function newestOrders(file, quarantined) {
  const newest = new Map();
  let number = 0;
  for await (const { value } of messagesOf(file)) {
    number += 1;
    if (quarantined.has(number)) continue;
    const { type, data } = JSON.parse(value);
    if (type !== 'order.recorded.v1') continue;
    if (!(newest.get(data.orderId)?.revision >= data.revision)) newest.set(data.orderId, data);
  }
  return newest.values();
}

/** Books as a shop keeps them: a line per day, shop and currency. */
async function booksOf(file, quarantined) {
  const lines = new Map();
  for (const { placedAt, businessDate, location, currency, totals } of await newestOrders(file, quarantined)) {
    const key = [businessDate ?? placedAt.slice(0, 10), location?.storeId ?? '', currency].join();
    const { purchases = 0, sum = Big(0) } = lines.get(key) ?? {};
    lines.set(key, { purchases: purchases + 1, sum: sum.plus(totals.grandTotal) });
  }
  return lines;
}

function csv(lines) {
  const rows = [...lines].sort().map(([key, { purchases, sum }]) => `${key},${purchases},${sum.toFixed()}`);
  return `date,shop,currency,purchases,grandTotal\n${rows.join('\n')}\n`;
}

async function compare(service, text, ...flags) {
  const file = join(service.folder, 'books.csv');
  writeFileSync(file, text);
  return service.attempt(['compare', '--expected', file, ...flags]);
}

async function linesInQuarantine(service) {
  return new Set((await service.json(['quarantine', 'list'])).map(({ offset }) => offset));
}

describe('compare', { timeout: 1_200_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  for (const database of ['SQLite', 'PostgreSQL']) {
    it(`finds the books of the sample in the record, on ${database}`, async (test) => {
      const orders = await sample();
      const service = await Service.init({ postgres: database === 'PostgreSQL' ? postgres : undefined });
      await service.ingestFile(orders.file);
      const books = await booksOf(orders.file, await linesInQuarantine(service));
      const equal = await compare(service, csv(books), '--format', 'json');
      assert.equal(equal.code, 0, equal.stderr + equal.stdout.slice(0, 2_000));
      const report = JSON.parse(equal.stdout);
      test.diagnostic(`${orders.name}: ${books.size} days of shops, ${report.equal} equal`);
      assert.deepEqual({ ...report, withoutOrder: 0 }, {
        isEqual: true, equal: books.size, missing: [], extra: [], differing: [], guests: 0, waiting: 0, withoutOrder: 0,
      });

      // A purchase more on one day, a day that the books do not have, and one that is not stored.
      const [[changed, line], [left]] = books;
      books.set(changed, { purchases: line.purchases + 1, sum: line.sum });
      books.delete(left);
      books.set('2001-01-01,330,USD', { purchases: 1, sum: Big('0.50') });
      const different = await compare(service, csv(books), '--format', 'json');
      assert.equal(different.code, 1, 'a difference is exit code 1');
      const { isEqual, missing, extra, differing } = JSON.parse(different.stdout);
      assert.deepEqual([isEqual, missing.length, extra.length, differing.length], [false, 1, 1, 1]);
      const [date, shop, currency] = changed.split(',');
      const figures = (purchases) => ({ purchases, grandTotal: line.sum.toFixed(2) });
      assert.deepEqual(differing, [
        { date, shop, currency, expected: figures(line.purchases + 1), stored: figures(line.purchases) },
      ]);
      assert.deepEqual(missing[0].expected, { purchases: 1, grandTotal: '0.50' });
      const table = await compare(service, csv(books));
      assert.equal(table.code, 1);
      for (const word of ['missing', 'extra', 'differing']) {
        assert.match(table.stdout, new RegExp(`^${word} +\\d{4}-`, 'm'));
      }
    });
  }

  it('counts several currencies, and guests apart', async () => {
    const orders = await generated({ customers: 25, orders: 1_500 });
    const service = await Service.init();
    await service.ingestFile(orders.file);
    const guest = {
      specversion: '1.0', id: 'g-1', source: '/shop', type: 'order.recorded.v1', time: '2026-03-01T09:00:00Z',
      data: {
        orderId: 'g-1', revision: 1, channel: 'store', placedAt: '2026-03-01T09:00:00Z', currency: 'EUR',
        lines: [{ lineId: '1', sku: 's-1', name: 'A kettle', quantity: 1, net: '30.00' }], totals: { grandTotal: '30.00' },
      },
    };
    const file = join(service.folder, 'guest.ndjson');
    writeFileSync(file, `\t${JSON.stringify(guest)}\n`);
    await service.ingestFile(file);
    const books = await booksOf(orders.file, new Set());
    const { code, stdout, stderr } = await compare(service, csv(books), '--format', 'json');
    assert.equal(code, 0, stderr + stdout.slice(0, 2_000));
    const { equal, guests } = JSON.parse(stdout);
    assert.deepEqual([equal, guests], [books.size, 1]);
  });

  it('says where the books cannot be read', async () => {
    const service = await Service.init();
    const header = 'date,shop,purchases,grandTotal\n';
    for (const [text, told] of [
      [`${header}2026-01-31,1,1,1.00\n2026-01-32,1,1,1.00\n`, /books\.csv: line 3, column date: /],
      [`${header}2026-01-31,1,one,1.00\n`, /books\.csv: line 2, column purchases: /],
      ['date,shop,purchases\n', /books\.csv: line 1, column grandTotal: /],
    ]) {
      const { code, stdout, stderr } = await compare(service, text);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, told);
    }
    const absent = await service.attempt(['compare', '--expected', 'nowhere.csv']);
    assert.equal(absent.code, 2, 'not the code of a difference');
  });
});
