// On PostgreSQL the service runs with a role that cannot change the schema, nor what the ledger has written.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { assertContiguous, readLedger } from '../support/ledger.mjs';
import { Postgres } from '../support/postgres.mjs';
import { run, succeed } from '../support/process.mjs';
import { Service } from '../support/service.mjs';

const ROLES = join(dirname(fileURLToPath(import.meta.url)), '../../deploy/postgres/roles.sql');
const [DATABASE, KEYSTORE] = ['DATABASE__URL', 'KEYS__URL'];

const FORBIDDEN = [
  "UPDATE entries SET recorded_at = '2000-01-01'",
  'UPDATE entries SET commitment = record',
  'UPDATE entries SET seq = seq + 1',
  'UPDATE entries SET header = NULL, sealed_by = 3',
  'DELETE FROM entries',
  'TRUNCATE entries',
  'TRUNCATE customers',
  'DROP TABLE entries',
  'ALTER TABLE entries DISABLE TRIGGER ALL',
  'ALTER TABLE entries ADD COLUMN note TEXT',
  'DROP TRIGGER entries_append_only ON entries',
  'CREATE TABLE more (a INT)',
  'CREATE OR REPLACE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
  'INSERT INTO __diesel_schema_migrations (version) VALUES (99)',
  'SET session_replication_role = replica; DELETE FROM entries',
];

describe('roles on PostgreSQL', { timeout: 300_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  it('let the service serve and forget, and nothing more', async () => {
    const asRole = (url, role) => url.replace('postgres@', `counterfoil_${role}@`);
    const urls = {};
    for (const [key, name] of [[DATABASE, 'roles'], [KEYSTORE, 'roles_keys']]) {
      urls[key] = await postgres.createDatabase(name);
      await apply(urls[key]);
    }
    const settings = (role) => Object.fromEntries(Object.entries(urls).map(([key, url]) => [key, asRole(url, role)]));
    const service = await Service.init({ settings: settings('owner') });
    for (const url of Object.values(urls)) await apply(url);
    Object.assign(service.settings, settings('service'));

    const data = { orderId: 'o-1', revision: 1, customerId: 'c-1', channel: 'store', placedAt: '2025-03-01T10:00:00Z', currency: 'EUR',
      lines: [{ lineId: '1', sku: 's', name: 'Milk', quantity: 1, net: '1.00' }], totals: { grandTotal: '1.00' } };
    const event = { specversion: '1.0', id: '1', source: '/shop', type: 'order.recorded.v1', time: '2025-03-01T10:00:00Z', data };
    const file = join(service.folder, 'orders.ndjson');
    await writeFile(file, `c-1\t${JSON.stringify(event)}\n`);
    assert.equal((await service.ingestFile(file)).stored, 1);
    await service.serve();
    const app = await App.register(service, { name: 'Roles' });
    const connection = await app.connect(new Customer(service.url, 'c-1'));
    assert.equal((await connection.request('/v1/purchases')).status, 200);
    const before = await service.sql('SELECT log, seq, commitment, header FROM entries ORDER BY log, seq');
    assert.ok(before.length >= 3);

    for (const statement of FORBIDDEN) {
      const { code, stderr } = await run('psql', [service.settings[DATABASE], '-v', 'ON_ERROR_STOP=1', '-qtAc', statement]);
      assert.notEqual(code, 0, statement);
      assert.match(stderr, /permission denied|must be owner/, statement);
    }
    const changed = await run('psql', [service.settings[DATABASE], '-qtAc', "UPDATE entries SET header = '\\x00'"]);
    assert.match(changed.stderr, /append-only/, 'what the role may touch the trigger keeps');
    assert.deepEqual(await service.sql('SELECT log, seq, commitment, header FROM entries ORDER BY log, seq'), before);

    // What it may: forget.
    const asked = await service.json(['erase', 'request', '--customer', 'c-1', '--by', 'anna', '--reason', 'a letter']);
    await service.json(['erase', 'approve', asked.request, '--by', 'ben']);
    assert.deepEqual(await service.sql('SELECT count(*) FROM entries WHERE header IS NOT NULL AND sealed_by = 1'), ['0']);
    assert.equal((await service.attempt(['erase', 'verify'])).code, 0);
    assertContiguous(await readLedger(service));
    await service.stop();
  });
});

const apply = (url) => succeed('psql', [url, '-v', 'ON_ERROR_STOP=1', '-qf', ROLES]);
