// A whole run on customers, products and tokens with random names; then every file of the database, its log of writes,
// the keystore and the logs are searched for them. Nothing is there in clear.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { Postgres } from '../support/postgres.mjs';
import { succeed } from '../support/process.mjs';
import { generated, messagesOf } from '../support/sample.mjs';
import { filesWith } from '../support/search.mjs';
import { Service } from '../support/service.mjs';
import { served } from '../support/totals.mjs';

const SHORTEST = 16;
const READERS = 10;

describe('nothing in clear', { timeout: 600_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  it('with SQLite', (test) => searchedRun(test, {}));
  it('with PostgreSQL', (test) => searchedRun(test, { postgres }));
});

async function searchedRun(test, { postgres }) {
  const orders = await generated({ customers: 60, orders: 2000, randomIds: true });
  const secrets = new Set(await addOddities(orders.file));
  for await (const { value } of messagesOf(orders.file)) {
    for (const secret of namesIn(value)) secrets.add(secret);
  }
  const service = await Service.init({ postgres, settings: { LOG__FILTER: 'debug' } });
  const summary = await service.ingestFile(orders.file);
  assert.equal(summary.quarantined, 1);
  await service.serve();
  for (const secret of await read(service, [...orders.customers.keys()].slice(0, READERS))) secrets.add(secret);

  const places = [service.data, service.logs, ...(postgres ? [postgres.folder] : [])];
  assert.ok(secrets.size > 300, `${secrets.size} secrets`);
  for (const secret of secrets) assert.ok(secret.length >= SHORTEST, 'long enough to be found by no chance');
  assert.ok((await filesWith(secrets, orders.file)).length > 0, 'the search finds what is there');
  assert.deepEqual(await filesWith(secrets, ...places), [], 'while it runs');
  await service.stop();
  assert.deepEqual(await filesWith(secrets, ...places), [], 'after it has ended');
  test.diagnostic(`${secrets.size} secrets in no file of ${(await succeed('du', ['-shc', ...places])).trim().split('\n').at(-1)}`);
}

/** A message that cannot be read, a return that waits for its order, a guest's order; gives what they hold. */
async function addOddities(file) {
  const secret = () => randomBytes(15).toString('base64url');
  const event = (type, data) => JSON.stringify({
    specversion: '1.0', id: secret(), source: '/retailer/odd', type, time: '2026-03-01T09:00:00Z', data,
  });
  const [customer, name, guest, waiting] = [secret(), secret(), secret(), secret()];
  const order = (changes) => ({
    orderId: secret(), revision: 1, channel: 'store', placedAt: '2026-03-01T09:00:00Z', currency: 'EUR',
    lines: [{ lineId: '1', sku: 's-1', name, quantity: 1, net: '3.00' }], totals: { grandTotal: '3.00' }, ...changes,
  });
  const back = { returnId: secret(), revision: 1, orderId: secret(), status: 'completed', returnedAt: '2026-03-01T09:00:00Z' };
  const lines = [
    event('order.recorded.v1', order({ customerId: customer, totals: { grandTotal: 'three' } })),
    event('order.recorded.v1', { ...order({}), lines: [{ lineId: '1', sku: 's-1', name: guest, quantity: 1, net: '3.00' }] }),
    event('return.recorded.v1', { ...back, lines: [{ returnLineId: '1', sku: 's-1', name: waiting, quantity: 1, amount: '1.00' }] }),
  ];
  await appendFile(file, lines.map((line) => `${customer}\t${line}\n`).join(''));
  return [customer, name, guest, waiting];
}

/** Customer ids and product names of a message. */
function namesIn(message) {
  const { data } = JSON.parse(message);
  return [data.customerId, ...(data.lines ?? []).map(({ name }) => name)].filter((name) => name?.length >= SHORTEST);
}

/** Lets an app read for these customers, in all ways; gives the tokens, codes and keys that went over the wire. */
async function read(service, customers) {
  const app = await App.register(service);
  const secrets = [];
  for (const customerId of customers) {
    const customer = new Customer(service.url, customerId);
    const pending = await app.ask();
    const away = await customer.answer(pending.url);
    const connection = await app.redeem(pending, away);
    await served(connection.purchases('limit=50'));
    secrets.push(connection.tokens.access_token, connection.tokens.refresh_token);
    await connection.refresh();
    secrets.push(connection.tokens.access_token, away.searchParams.get('code'), ...(await customer.cookies()));
    secrets.push(pending.url.searchParams.get('request_uri').split(':').at(-1), pending.verifier);
    await connection.request('/v1/purchases?limit=0');
    await customer.stop(connection.grantId);
    await connection.request('/v1/purchases');
  }
  return secrets;
}
