// The ledger as it is served, checked by software that is not ours: Go's tlog, transparency-dev's merkle, Tessera's fsck.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { assertContiguous, readLedger } from '../support/ledger.mjs';
import { buildCheckers, checkLog, checkProof, fsck, readEntries } from '../support/notary.mjs';
import { until } from '../support/process.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

// A leaf tells a commitment and nothing else.
const LEAF = /^\{"c":"[\w-]{43}","v":"1"\}$/;
const TILE = 256;

describe('the ledger, checked by others', { timeout: 900_000 }, () => {
  const folder = temporaryFolder('kept');
  let service;
  let app;
  let customers;
  let trusted;
  before(async () => {
    await buildCheckers();
    const orders = await generated({ customers: 3, orders: 120 });
    customers = [...orders.customers.keys()];
    service = await Service.init();
    await service.ingestFile(orders.file);
    await service.serve();
    app = await App.register(service);
  });
  after(() => service.stop());

  const listed = async () => (await (await fetch(`${service.url}/ledger`)).json()).logs;
  const kept = ({ log, generation }) => join(folder, `${log}-${generation}`);

  // The sizes at which both logs were checked last.
  let checked;

  /** Waits until the newest checkpoint of each log covers what is in the database; gives the sizes by log. */
  async function covered() {
    const ledger = await readLedger(service);
    assertContiguous(ledger);
    const sizes = {};
    for (const { log, url } of trusted) {
      sizes[log] = await until(`a checkpoint covers the ${log} log`, async () => {
        const size = await sizeOf(url);
        return size >= ledger[log].length && size;
      }, { ms: 30_000 });
    }
    return sizes;
  }

  /** Has both programs check both logs with the keys that were listed at first; gives the sizes by log. */
  async function check() {
    const [from, sizes] = [checked, await covered()];
    for (const log of trusted) {
      const said = await checkLog({ ...log, keep: kept(log) });
      assert.equal(said.origin, log.origin);
      assert.ok(said.size >= sizes[log.log], `the ${log.log} log: ${said.size} of ${sizes[log.log]}`);
      assert.equal(said.entries, said.size);
      assert.ok(said.proofs >= 1);
      assert.equal(said.consistentFrom, from?.[log.log] ?? null);
      assert.ok(said.size > (from?.[log.log] ?? 0), `the ${log.log} log has not grown`);
      sizes[log.log] = said.size;
      const { ok, output } = await fsck(log);
      assert.ok(ok, `fsck of the ${log.log} log: ${output}`);
      for (const leaf of await readEntries({ url: log.url, size: said.size })) assert.match(leaf.toString(), LEAF);
    }
    checked = sizes;
    return sizes;
  }

  it('lists both logs and the keys they sign with', async () => {
    trusted = (await listed()).filter(({ generation }) => generation === 1);
    assert.deepEqual(trusted.map(({ log }) => log).sort(), ['access', 'consent']);
    for (const { log, origin, url, vkey } of trusted) {
      assert.equal(url, `${service.url}/ledger/${log}/1`);
      assert.equal(origin, url.replace(/^https?:\/\//, ''));
      assert.ok(vkey.startsWith(`${origin}+`));
      assert.equal((await (await fetch(`${url}/vkey`)).text()).trim(), vkey);
    }
  });
  it('holds after customers have let an app in, read and refused', async () => {
    const connection = await app.connect(new Customer(service.url, customers[0]));
    for await (const purchase of connection.purchases('limit=20')) assert.ok(purchase.id);
    const pending = await app.ask();
    const away = await new Customer(service.url, customers[1]).answer(pending.url, { answer: 'refuse' });
    await assert.rejects(app.redeem(pending, away));
    await check();
  });
  it('holds, and has only grown, after a tile is full and somebody stopped sharing', async () => {
    const customer = new Customer(service.url, customers[2]);
    const connection = await app.connect(customer);
    for (let read = 0; read <= TILE; read += 1) {
      assert.equal((await connection.request('/v1/purchases?limit=1')).status, 200);
    }
    await customer.stop(connection.grantId);
    const { access } = await check();
    assert.ok(access > TILE, `${access} entries do not fill a tile`);
  });
  it('proves an entry to who has the proof and the key alone', async () => {
    await covered();
    const { consent } = await readLedger(service);
    const { seq, header } = consent.findLast(({ header }) => header?.type === 'grant.withdrawn');
    const proof = await service.command(['ledger', 'prove', header.id]);
    const { url, vkey } = trusted.find(({ log }) => log === 'consent');
    const entries = await readEntries({ url, size: await sizeOf(url) });
    const said = await checkProof({ vkey, proof, leaf: entries[seq] });
    assert.equal(said.index, seq);
    await assert.rejects(checkProof({ vkey, proof, leaf: entries[seq - 1] }), /inclusion of entry/);
    const { vkey: other } = trusted.find(({ log }) => log === 'access');
    await assert.rejects(checkProof({ vkey: other, proof, leaf: entries[seq] }), /signature/);
  });
  it('lets tiles be cached for ever and checkpoints not', async () => {
    for (const { url } of trusted) {
      const size = await sizeOf(url);
      const width = size % TILE;
      const index = String(Math.floor(size / TILE)).padStart(3, '0');
      const cache = async (path) => (await fetch(`${url}/${path}`)).headers.get('cache-control');
      if (width) assert.match(await cache(`tile/0/${index}.p/${width}`), /immutable/);
      if (width) assert.match(await cache(`tile/entries/${index}.p/${width}`), /immutable/);
      assert.doesNotMatch(await cache('checkpoint'), /immutable/);
    }
  });
  it('goes on where it was after a restart', async () => {
    await service.stop();
    await service.serve();
    const connection = await app.connect(new Customer(service.url, customers[1]));
    assert.equal((await connection.request('/v1/purchases')).status, 200);
    await check();
  });
});

/** The size that a log's newest checkpoint says. */
async function sizeOf(url) {
  const response = await fetch(`${url}/checkpoint`);
  return response.ok ? Number((await response.text()).split('\n')[1]) : undefined;
}
