// `ledger verify` by the command line on logs that somebody damaged, with the rights of an administrator: its exit codes,
// and that it names what is wrong and where.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { Postgres } from '../support/postgres.mjs';
import { until } from '../support/process.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

describe('a ledger that was damaged', { timeout: 900_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  it('is told by an exit code, the layer and the entry (SQLite)', () => damage());
  it('is told by an exit code, the layer and the entry (PostgreSQL)', () => damage(postgres));
});

async function damage(postgres) {
  const orders = await generated({ customers: 2, orders: 20 });
  const service = await Service.init({ postgres });
  await service.ingestFile(orders.file);
  const { running } = await service.serve();
  const app = await App.register(service);
  const customer = new Customer(service.url, [...orders.customers.keys()][0]);
  const connection = await app.connect(customer);
  for (let n = 0; n < 5; n += 1) assert.equal((await connection.request('/v1/purchases?limit=1')).status, 200);
  await until('everything is signed', async () => {
    const head = await service.json(['ledger', 'head']);
    return ['access', 'consent'].every((log) => head[log].firstSeq + head[log].signed === head[log].size);
  }, { ms: 30_000 });
  await running.stop();

  const verify = async (...more) => {
    const { code, stdout, stderr } = await service.attempt(['ledger', 'verify', '--deep', '--format', 'json', ...more]);
    return { code, stderr, found: JSON.parse(stdout) };
  };
  const fault = ({ found }, log) => {
    const { result, layer, entry } = found.find((one) => one.log === log);
    return { result, layer, entry };
  };
  const intact = async () => {
    const seen = await verify();
    assert.equal(seen.code, 0, seen.stderr);
    assert.ok(seen.found.every(({ result }) => result === 'intact'));
  };
  await intact();

  // A bit of a header at rest, by somebody who takes the triggers away.
  await service.sql(postgres ? 'ALTER TABLE entries DISABLE TRIGGER USER' : await dropTriggers(service));
  const at = "log = 'access' AND seq = 2";
  const bytes = async (column) => (await service.sql(postgres
    ? `SELECT encode(${column}, 'hex') FROM entries WHERE ${at}` : `SELECT lower(hex(${column})) FROM entries WHERE ${at}`))[0];
  const put = (column, hex) => service.sql(`UPDATE entries SET ${column} = ${postgres ? `'\\x${hex}'` : `x'${hex}'`} WHERE ${at}`);
  const turned = (hex) => hex.slice(0, -2) + (Number.parseInt(hex.slice(-2), 16) ^ 1).toString(16).padStart(2, '0');
  for (const column of ['header', 'payload', 'commitment']) {
    const whole = await bytes(column);
    await put(column, turned(whole));
    const seen = await verify();
    assert.equal(seen.code, 1, `${column}: ${seen.stderr}`);
    const { result, layer, entry } = fault(seen, 'access');
    assert.deepEqual([result, entry], ['tampered', 2], column);
    assert.ok(column === 'commitment' || layer === column, `${column}: ${layer}`);
    assert.equal(fault(seen, 'consent').result, 'intact', 'the other log is what it was');
    await put(column, whole);
  }
  await intact();

  // A bit of the tile that the checkpoint rests on; then the whole of it.
  const folder = join(service.data, 'ledger/tiles/access/1/tile/0/000.p');
  const tile = join(folder, readdirSync(folder).sort((one, other) => Number(other) - Number(one))[0]);
  const whole = readFileSync(tile);
  const altered = Buffer.from(whole);
  altered[0] ^= 1;
  writeFileSync(tile, altered);
  const seen = await verify();
  assert.equal(seen.code, 1, seen.stderr);
  assert.deepEqual([fault(seen, 'access').result, fault(seen, 'access').layer], ['tampered', 'tile']);
  writeFileSync(tile, whole);
  await intact();
  renameSync(tile, `${tile}.away`);
  const lacking = await verify();
  assert.equal(lacking.code, 2, lacking.stderr);
  assert.deepEqual([fault(lacking, 'access').result, fault(lacking, 'access').layer], ['unverifiable', 'tile']);
  renameSync(`${tile}.away`, tile);
  await intact();

  // The last entry cut off, and the head put back with it.
  await service.sql("DELETE FROM entries WHERE log = 'access' AND seq = (SELECT max(seq) FROM entries WHERE log = 'access')");
  await service.sql("UPDATE ledger_heads SET size = size - 1 WHERE log = 'access'");
  const cut = await verify();
  assert.equal(cut.code, 3, cut.stderr);
  assert.equal(fault(cut, 'access').result, 'rolled back');
}

/** The statement that takes SQLite's triggers on entries away. */
async function dropTriggers(service) {
  const names = await service.sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entries'");
  return names.map((name) => `DROP TRIGGER ${name}`).join('; ');
}
