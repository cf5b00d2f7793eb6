// Every key is wrapped anew under another master key while the service answers and orders come in; the command is killed in
// the middle and done again. The old master key opens nothing then.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { keysOf } from '../support/keystore.mjs';
import { assertContiguous, readLedger } from '../support/ledger.mjs';
import { Postgres } from '../support/postgres.mjs';
import { Service } from '../support/service.mjs';

const CUSTOMERS = process.env.COUNTERFOIL_TEST_LONG === '1' ? 50_000 : 6_000;

const newMaster = () => randomBytes(32).toString('hex');

function order(customerId, number) {
  const data = {
    orderId: `o-${customerId}-${number}`, revision: 1, customerId, channel: 'store', placedAt: '2025-03-01T10:00:00Z', currency: 'EUR',
    lines: [{ lineId: '1', sku: 's', name: 'Milk', quantity: 1, net: '1.00' }], totals: { grandTotal: '1.00' },
  };
  const value = { specversion: '1.0', id: `${customerId}-${number}`, source: '/shop', type: 'order.recorded.v1', time: data.placedAt, data };
  return `${customerId}\t${JSON.stringify(value)}\n`;
}

describe('rotating the master key', { timeout: 900_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  it('under load on SQLite', (test) => rotate(test));
  it('under load on PostgreSQL', (test) => rotate(test, postgres));
});

async function rotate(test, postgres) {
  const service = await Service.init({ postgres });
  const [present, previous] = ['master.key', 'master.key.previous'].map((name) => join(service.data, name));
  const [old, fresh, alien] = ['old.key', 'fresh.key', 'alien.key'].map((name) => join(service.folder, name));
  await Promise.all([writeFile(old, readFileSync(present)), writeFile(fresh, `${newMaster()}\n`), writeFile(alien, newMaster())]);
  const ingest = async (name, lines) => {
    await writeFile(join(service.folder, name), lines.join(''));
    return service.ingestFile(join(service.folder, name));
  };
  const customers = Array.from({ length: CUSTOMERS }, (_, index) => `c-${index}`);
  await ingest('first', customers.map((id) => order(id, 1)));
  await service.serve();
  const app = await App.register(service);
  const connection = await app.connect(new Customer(service.url, 'c-0'));
  const before = await keysOf(service, old);
  assert.ok(before.length >= 3 * CUSTOMERS);

  if (!postgres) {
    const copy = join(service.folder, 'keys-copy.db');
    assert.equal((await service.json(['keys', 'backup', '--to', copy])).keepAtMostDays, 30);
    assert.equal((await service.attempt(['keys', 'backup', '--to', copy])).code, 1, 'it replaces nothing');
  } else {
    const refused = await service.attempt(['keys', 'backup', '--to', join(service.folder, 'copy')]);
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /pg_dump/);
  }
  await writeFile(join(service.folder, 'broken.key'), 'abc');
  assert.equal((await service.attempt(['keys', 'rotate', '--new-master', join(service.folder, 'broken.key')])).code, 2);

  let isOver = false;
  const statuses = new Map();
  const count = (status) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const readers = [0, 1].map(async () => {
    while (!isOver) count((await connection.request('/v1/purchases?limit=1')).status);
  });
  // Sign-ins of customers whom this process has not met yet: their keys must be unwrapped, or made.
  const visitors = [0, 1].map(async (first) => {
    for (let n = first; !isOver; n += 2) {
      const customer = new Customer(service.url, n % 4 < 2 ? `c-${CUSTOMERS - 1 - n}` : `new-${n}`);
      count((await customer.signIn(await customer.open('/purchases'))).response.status);
    }
  });
  const writer = (async () => {
    for (let n = 0; !isOver; n += 1) {
      const lines = Array.from({ length: 20 }, (_, each) => order(`late-${n}-${each}`, 1));
      assert.equal((await ingest(`late-${n}`, lines)).stored, 20);
    }
    return 'wrote';
  })();

  const killed = service.start(['keys', 'rotate', '--new-master', fresh], { name: 'rotate' });
  await killed.until('it is in the middle', () => killed.output.includes('keys are wrapped anew'), { every: 5 });
  killed.signal('SIGKILL');
  assert.equal(await killed.ended(), 'SIGKILL');
  const [half, rest] = [(await keysOf(service, fresh)).length, (await keysOf(service, old)).length];
  test.diagnostic(`killed with ${half} keys under the new master key, ${rest} under the old one`);
  assert.ok(half > 0 && rest > 0);
  assert.equal((await service.attempt(['keys', 'rotate', '--new-master', alien])).code, 4, 'one at a time');
  const done = await service.json(['keys', 'rotate', '--new-master', fresh], { ms: 600_000 });
  assert.ok(done.rewrapped > 0 && done.rewrapped < 3 * (done.persons + 100), JSON.stringify(done));
  const again = await service.json(['keys', 'rotate', '--new-master', fresh], { ms: 600_000 });
  assert.equal(again.rewrapped, 0, 'one pass finds all, whatever is made meanwhile');
  rmSync(previous);
  await new Promise((resolve) => { setTimeout(resolve, 500); });
  isOver = true;
  await Promise.all([...readers, ...visitors]);
  assert.equal(await writer, 'wrote');
  test.diagnostic(`answers: ${JSON.stringify([...statuses])}`);
  assert.deepEqual([...statuses.keys()], [200], 'every request was answered');
  assert.ok(statuses.get(200) > 20);

  assert.deepEqual(await keysOf(service, old), [], 'the old master key opens nothing');
  const now = new Map((await keysOf(service, fresh)).map(({ kind, owner, key }) => [`${kind} ${owner}`, key.toString('hex')]));
  for (const { kind, owner, key } of before) assert.equal(now.get(`${kind} ${owner}`), key.toString('hex'), 'the keys are what they were');
  const refused = await service.attempt(['ledger', 'head'], { settings: { KEYS__MASTER_FILE: old } });
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /master key/);
  const ledger = await readLedger(service);
  assertContiguous(ledger);
  const rotated = ledger.consent.filter(({ header }) => header?.type === 'key.rotated');
  assert.equal(rotated.length, 1);
  assert.equal((await connection.request('/v1/purchases?limit=1')).status, 200);
  await service.stop();
}
