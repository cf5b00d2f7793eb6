// An older state of the database is put back. Nothing is served until somebody has looked; what was stopped, hidden and
// erased since stays so; and the log goes on in a new generation that begins with the last checkpoint of the old one.
import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { App, problemOf } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { readLedger } from '../support/ledger.mjs';
import { buildCheckers, checkLog, checkProof } from '../support/notary.mjs';
import { Postgres } from '../support/postgres.mjs';
import { succeed, until } from '../support/process.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const LOOKS = 100;

describe('a database that was put back', { timeout: 900_000 }, () => {
  let postgres;
  before(async () => {
    [postgres] = await Promise.all([Postgres.start(), buildCheckers()]);
  });
  after(() => postgres.stop());

  it('brings nobody and nothing back (SQLite)', () => drill());
  it('brings nobody and nothing back (PostgreSQL)', () => drill(postgres));
});

/** A dump of the database, and a way to put it back. */
async function dump(service) {
  const file = join(service.folder, 'dump');
  const url = service.settings.DATABASE__URL;
  const database = join(service.data, 'counterfoil.db');
  if (!url) {
    await succeed('sqlite3', [database, `.backup ${file}`]);
    return async () => {
      for (const ending of ['-wal', '-shm']) rmSync(database + ending, { force: true });
      copyFileSync(file, database);
    };
  }
  await succeed('pg_dump', ['-Fc', '-f', file, url]);
  const { pathname } = new URL(url);
  const server = url.replace(pathname, '/postgres');
  return async () => {
    await succeed('psql', [server, '-qc', `DROP DATABASE "${pathname.slice(1)}" WITH (FORCE)`]);
    await succeed('psql', [server, '-qc', `CREATE DATABASE "${pathname.slice(1)}"`]);
    await succeed('pg_restore', ['-d', url, file]);
  };
}

/** Waits until everything is signed. */
const covered = (service) => until('everything is signed', async () => {
  const head = await service.json(['ledger', 'head']);
  return ['access', 'consent'].every((log) => head[log].firstSeq + head[log].signed === head[log].size) && head;
}, { ms: 30_000 });

async function drill(postgres) {
  const orders = await generated({ customers: 6, orders: 120 });
  const [a, b, c, d, e] = [...orders.customers.keys()];
  const service = await Service.init({ postgres });
  await service.ingestFile(orders.file);
  let { running } = await service.serve();
  const app = await App.register(service);
  const people = Object.fromEntries([a, b, c, d, e].map((id) => [id, new Customer(service.url, id)]));
  const connections = {};
  for (const id of [a, b, c, d, e]) connections[id] = await app.connect(people[id]);
  const read = (id) => connections[id].request('/v1/purchases?limit=1');
  for (const id of [a, b, c, d, e]) assert.equal((await read(id)).status, 200);
  await covered(service);
  const putBack = await dump(service);

  // After the dump: one stops, one goes as dark as there is, one is erased, and an app looks.
  await people[a].stop(connections[a].grantId);
  const all = await people[b].open('/apps/stop-all');
  await people[b].submit(all, '#stop-all-form', '#stop');
  const page = await people[c].open('/erase');
  await people[c].submit(page, '#erase-form', '#erase', { sure: 'yes' });
  for (let n = 0; n < LOOKS; n += 1) assert.equal((await read(d)).status, 200);
  const before = await covered(service);
  const withdrawal = (await readLedger(service)).consent.find(({ header }) => header?.type === 'grant.withdrawn' && header.actor.kind === 'customer');
  const { logs } = await (await fetch(`${service.url}/ledger`)).json();
  const proof = await service.command(['ledger', 'prove', withdrawal.header.id]);
  const index = Number(proof.match(/^index (\d+)$/m)[1]);
  await running.stop();

  await putBack();
  ({ running } = await service.serve());
  // Nothing is served, to apps or to customers, and it is said why.
  const refused = await read(d);
  assert.equal(refused.status, 503);
  assert.equal((await problemOf(refused)).code, 'ledger_rolled_back');
  const { grantId } = connections[d];
  assert.equal((await connections[d].request(`/v1/grants/${grantId}/receipt`)).status, 503);
  for (const address of ['/purchases', `/apps/${grantId}`, `/apps/${grantId}/receipt`, '/hidden', '/download', '/erase']) {
    const shown = await people[d].open(address);
    assert.equal(shown.response.status, 503, address);
    assert.match(shown.$('h1').text(), /nothing for now/);
  }
  const verified = await service.attempt(['ledger', 'verify', '--quiet', '--format', 'json']);
  assert.equal(verified.code, 3, verified.stdout + verified.stderr);
  // Stop sharing goes on.
  await people[e].stop(connections[e].grantId);
  assert.equal((await service.attempt(['restore', 'accept', '--by', 'ann'])).code, 4, 'not before it is reconciled');

  const told = await service.json(['restore', 'reconcile', '--check']);
  assert.equal(told.done, false);
  const reconciled = await service.json(['restore', 'reconcile']);
  assert.deepEqual([reconciled.customersErased, reconciled.done], [1, true]);
  assert.ok(reconciled.grantsEnded >= 2, JSON.stringify(reconciled));
  const accepted = await service.json(['restore', 'accept', '--by', 'ann']);
  assert.deepEqual(accepted.generations.map(({ opened }) => opened.split('/').slice(-2).join('/')), ['access/2', 'consent/2']);
  assert.ok(accepted.generations[0].lost >= LOOKS);

  await until('data is served again', async () => (await read(d)).status === 200);
  for (const [id, code] of [[a, 'grant_withdrawn'], [b, 'grant_withdrawn'], [e, 'grant_withdrawn']]) {
    const answer = await read(id);
    assert.equal(answer.status, 403);
    assert.equal((await problemOf(answer)).code, code);
  }
  assert.equal((await read(c)).status, 403, 'who was erased stays so');
  const again = new Customer(service.url, c);
  const signedIn = await again.signIn(await again.open('/purchases'));
  assert.equal(signedIn.$('.purchase').length, 0, 'and their purchases');

  const after = await covered(service);
  for (const log of ['access', 'consent']) {
    assert.equal(after[log].generation, 2);
    assert.equal(after[log].firstSeq, before[log].size, 'numbers go on where the old generation ended');
  }
  const whole = await service.attempt(['ledger', 'verify', '--deep', '--quiet', '--format', 'json']);
  assert.equal(whole.code, 0, whole.stdout + whole.stderr);
  const first = (await readLedger(service)).consent.find(({ seq }) => seq === after.consent.firstSeq);
  assert.equal(first.header.type, 'restore.accepted');
  assert.equal(first.payload.checkpoint, before.consent.checkpoint);

  // What others kept of the old generation stands, and the new one is whole to them as well.
  const old = logs.find(({ log }) => log === 'consent');
  const entries = await (await fetch(`${old.url}/tile/entries/000.p/${before.consent.signed}`)).arrayBuffer();
  await checkProof({ vkey: old.vkey, proof, leaf: leafAt(Buffer.from(entries), index) });
  for (const log of (await (await fetch(`${service.url}/ledger`)).json()).logs) await checkLog(log);
  await service.stop();
}

/** The leaf of an index in the log's first bundle. */
function leafAt(bundle, index) {
  let at = 0;
  for (let n = 0; n < index; n += 1) at += 2 + bundle.readUInt16BE(at);
  return bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)).toString();
}
