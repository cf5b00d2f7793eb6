// A customer erases themselves in the middle of a busy log. Their keys and the map to them are gone; what is left of them,
// in rows, in files and in a copy from before, opens with no key that is still there; and nothing of theirs ever was in clear.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { App, problemOf } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { keysOf, opened } from '../support/keystore.mjs';
import { assertContiguous, readLedger } from '../support/ledger.mjs';
import { Postgres } from '../support/postgres.mjs';
import { run, succeed, until } from '../support/process.mjs';
import { filesWith } from '../support/search.mjs';
import { PDS, Service } from '../support/service.mjs';

const LONG = process.env.COUNTERFOIL_TEST_LONG === '1';
const [PURCHASES, ENTRIES] = LONG ? [500, 10_000] : [150, 1_500];
/** Entries about the customer beside those of their grants. */
const LOOKS = 40;
const OTHERS = 4;

const secret = () => randomBytes(15).toString('base64url');
const several = (count, make) => Array.from({ length: count }, make);
const at = (day) => new Date(Date.UTC(2025, 0, 1) + day * 86_400_000).toISOString();

function order(customerId, day) {
  const [orderId, name] = [secret(), secret()];
  const data = {
    orderId, revision: 1, customerId, channel: 'store', placedAt: at(day), currency: 'EUR',
    lines: [{ lineId: '1', sku: secret(), name, quantity: 1, net: '30.00' }], totals: { grandTotal: '30.00' },
  };
  const value = { specversion: '1.0', id: secret(), source: '/shop', type: 'order.recorded.v1', time: at(day), data };
  return { orderId, name, line: `${customerId}\t${JSON.stringify(value)}\n` };
}

async function ingest(service, orders) {
  const file = join(service.folder, `${secret()}.ndjson`);
  await writeFile(file, orders.map(({ line }) => line).join(''));
  return service.ingestFile(file);
}

/** Lets apps look until the access log has so many entries. */
async function lookUntil(service, connections, size) {
  for (;;) {
    const { access: { size: access } } = await service.json(['ledger', 'head']);
    if (access >= size) return;
    await Promise.all(connections.map(async (connection) => {
      for (let n = 0; n < Math.ceil((size - access) / connections.length); n += 1) {
        const response = await connection.request('/v1/purchases?limit=1');
        assert.equal(response.status, 200, await response.text());
      }
    }));
  }
}

/** Everything sealed in the database that belongs to somebody, with the context that it was sealed in. */
async function sealedRows(service) {
  const hex = (column) => (service.settings.DATABASE__URL ? `encode(${column}, 'hex')` : `lower(hex(${column}))`);
  const bytes = (text) => Buffer.from(text, 'hex');
  const rows = async (what) => (await service.sql(what)).map((line) => line.split('|'));
  const documents = await rows(`SELECT ${hex('purchase_id')}, ${hex('person')}, ${hex('document')} FROM purchases`);
  const parts = async (part) =>
    (await rows(`SELECT ${hex('entry_id')}, ${hex('record')}, ${hex(part)} FROM entries WHERE ${part} IS NOT NULL`))
      .map(([id, record, sealed]) => ({ place: 'entries', record, context: Buffer.concat([bytes(id), Buffer.from(part)]), sealed: bytes(sealed) }));
  return [
    ...documents.map(([id, person, document]) => ({
      place: 'purchases', person, context: Buffer.concat([bytes(id), bytes(person)]), sealed: bytes(document).subarray(6),
    })),
    ...(await parts('header')), ...(await parts('payload')),
  ];
}

const opens = (rows, keys) => rows.filter(({ context, sealed }) => keys.some(({ key }) => opened(key, context, sealed)));

describe('a customer who erased themselves', { timeout: 3_000_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  it('is forgotten on SQLite', (test) => beForgotten(test));
  it('is forgotten on PostgreSQL', (test) => beForgotten(test, postgres));
  it('is held, where that is claimed, for two people and an officer, and then forgotten (SQLite)', () => beHeld());
  it('is held, where that is claimed, for two people and an officer, and then forgotten (PostgreSQL)', () => beHeld(postgres));
});

/** A customer's receipt of a grant, as a file. */
async function receiptOf(service, customer, grantId) {
  const response = await customer.fetch(`/apps/${grantId}/receipt`);
  assert.equal(response.status, 200);
  const file = join(service.folder, `${secret()}.zip`);
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return file;
}

async function beForgotten(test, postgres) {
  const service = await Service.init({ postgres, settings: { LOG__FILTER: 'debug' } });
  const master = join(service.data, 'master.key');
  const gone = secret();
  const theirs = several(PURCHASES, (_, day) => order(gone, day));
  const others = several(OTHERS, secret);
  await ingest(service, [...theirs, ...others.flatMap((id) => several(5, (_, day) => order(id, day)))]);
  await service.serve();
  const apps = await Promise.all(several(3, () => App.register(service, { name: secret() })));
  const [browser, ...otherBrowsers] = [gone, ...others].map((id) => new Customer(service.url, id));
  const connections = [];
  for (const app of apps) connections.push(await app.connect(browser));
  const otherConnections = [];
  for (const [index, each] of otherBrowsers.entries()) otherConnections.push(await apps[index % 3].connect(each));
  const person = await personOf(service, connections[0].grantId);
  await lookUntil(service, otherConnections, ENTRIES / 2 - LOOKS);
  for (let n = 0; n < LOOKS; n += 1) assert.equal((await connections[n % 3].request('/v1/purchases?limit=50')).status, 200);
  // What cannot be read and names them waits in quarantine.
  const broken = order(gone, 3);
  await ingest(service, [{ line: broken.line.replace('"30.00"', '"thirty"') }]);
  assert.equal(await count(service, 'quarantine'), 1);

  // Before: nothing is in clear anywhere, and with the keys of now everything opens.
  const places = [service.data, service.logs, ...(postgres ? [postgres.folder] : [])];
  if (postgres) await service.sql('CHECKPOINT');
  const seeded = [gone, ...theirs.flatMap(({ name, orderId }) => [name, orderId])];
  assert.deepEqual(await filesWith(seeded, ...places), [], 'not even before');
  const [dump, keysBefore] = [await sealedRows(service), await keysOf(service, master)];
  const map = new Map((await service.sql(`SELECT ${hexOf(service, 'record')}, ${hexOf(service, 'person')} FROM records WHERE person IS NOT NULL`)).map((line) => line.split('|')));
  const isTheirs = (row) => (row.person ?? map.get(row.record)) === person;
  const [own, of] = [dump.filter(isTheirs), dump.filter((row) => !isTheirs(row))];
  assert.ok(own.filter(({ place }) => place === 'purchases').length === PURCHASES);
  assert.ok(own.filter(({ place }) => place === 'entries').length >= 2 * (LOOKS + 3 * 2), `${own.length}`);
  const keysOfThem = keysBefore.filter(({ owner }) => owner === person);
  assert.equal(keysOfThem.length, 3);
  assert.equal(opens(own, keysOfThem).length, own.length, 'the test can open what it looks for');

  // What they and somebody else keep of what they agreed to.
  const receipts = [];
  for (const [who, { grantId }] of [[browser, connections[0]], [otherBrowsers[0], otherConnections[0]]]) {
    receipts.push(await receiptOf(service, who, grantId));
  }

  // In the middle of it all.
  const looking = lookUntil(service, otherConnections, ENTRIES * 0.75);
  const page = await browser.open('/erase');
  assert.equal(page.response.status, 200);
  const unsure = await browser.submit(page, '#erase-form', '#erase');
  assert.equal(unsure.response.status, 422, 'a box that is not ticked erases nothing');
  const done = await browser.submit(unsure, '#erase-form', '#erase', { sure: 'yes' });
  assert.equal(done.url.pathname, '/erased', done.$.text());
  assert.equal((await browser.open('/apps')).url.pathname, '/sign-in', 'the session is over');
  await looking;
  for (const connection of connections) {
    assert.deepEqual(await problemOf(await connection.request('/v1/purchases')), { status: 403, code: 'grant_revoked' });
  }
  await lookUntil(service, otherConnections, ENTRIES);

  // The keys and the map are gone.
  const keysAfter = await keysOf(service, master);
  assert.deepEqual(keysAfter.filter(({ owner }) => owner === person), []);
  const bytes = service.settings.DATABASE__URL ? `'\\x${person}'` : `x'${person}'`;
  for (const table of ['records', 'customers', 'grants', 'purchases', 'sessions', 'pushed_requests', 'destructions', 'objects']) {
    assert.deepEqual(await service.sql(`SELECT count(*) FROM ${table} WHERE person = ${bytes}`), ['0'], table);
  }
  assert.equal(await count(service, 'quarantine'), 0);

  // What is left of them opens with no key that is there: neither rows, nor a copy from before, nor anything in files.
  const left = await sealedRows(service);
  const theirRecords = new Set(own.flatMap(({ record }) => record ?? []));
  assert.deepEqual(left.filter((row) => row.person === person || theirRecords.has(row.record)).length, 0);
  assert.deepEqual(opens(own, keysAfter), [], 'a copy from before');
  const files = leftoversIn(own, service, postgres);
  test.diagnostic(`${own.length} sealed values of theirs; ${files.length} of them still stand somewhere in files, and open with none of ${keysAfter.length} keys`);
  assert.deepEqual(opens(files, keysAfter), []);
  // The same search opens everything else.
  const sample = of.filter((_, index) => index % 37 === 0);
  assert.equal(opens(sample, keysAfter).length, sample.length, 'and everybody else is as they were');
  if (!postgres) {
    const destroyed = keysOfThem.map(({ key }) => key);
    assert.ok(destroyed.every((key) => filesIn(service.data).every((file) => !readFileSync(file).includes(key))));
  }

  // Whoever kept a receipt still proves with it what was agreed, they too; and the log is whole, with that much forgotten.
  for (const receipt of receipts) {
    const { code, stdout, stderr } = await run(PDS, ['--folder', join(service.folder, 'kept'), 'verify', receipt, '--url', service.url]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /grant\.given .*holds/);
  }
  const anew = await receiptOf(service, otherBrowsers[0], otherConnections[0].grantId);
  assert.equal((await run(PDS, ['--folder', join(service.folder, 'kept'), 'verify', anew])).code, 0);
  const whole = await service.json(['ledger', 'verify', '--deep', '--quiet', '--format', 'json']);
  assert.ok(whole.every(({ result }) => result === 'intact'), JSON.stringify(whole));
  const erased = whole.reduce((sum, one) => sum + one.erased, 0);
  assert.ok(erased >= LOOKS + 3 * 3 + 2, `${erased} erased`);

  // Somebody else looks, finds nothing, and says so.
  const looks = await service.lines(['erase', 'verify']);
  assert.equal(looks.length, 1);
  assert.deepEqual(looks[0].left, []);
  assert.ok(Object.keys(looks[0].looked).length >= 15);
  assert.deepEqual(await service.lines(['erase', 'verify']), [], 'once');
  const ledger = await readLedger(service);
  assertContiguous(ledger);
  const verified = ledger.consent.filter(({ header }) => header?.type === 'erasure.verified');
  assert.equal(verified.length, 1);
  assert.equal(verified[0].payload.looked.records, 0);
  const forgotten = [...ledger.access, ...ledger.consent].filter((entry) => entry.forgotten);
  assert.ok(forgotten.length >= LOOKS + 3 * 3 + 2, `${forgotten.length} forgotten`);
  test.diagnostic(`${ledger.access.length} + ${ledger.consent.length} entries, ${forgotten.length} of them forgotten`);

  // They come again as somebody else; what is from before stays away.
  const late = await ingest(service, [order(gone, 7), theirs[3]]);
  assert.deepEqual([late.stored, late.suppressed], [0, 2]);
  const again = await apps[0].connect(new Customer(service.url, gone));
  assert.notEqual(await personOf(service, again.grantId), person);
  assert.deepEqual((await (await again.request('/v1/purchases')).json()).data, []);
  // What is left of something broken off is found.
  await service.sql(`INSERT INTO verifications VALUES (${bytes}, '2026-01-01 00:00:00', '2026-01-01 00:00:00', ${emptyBytes(service)}, ${emptyBytes(service)})`);
  await service.sql(`UPDATE records SET person = ${bytes} WHERE person IS NOT NULL`);
  const found = await service.attempt(['erase', 'verify']);
  assert.equal(found.code, 1);
  assert.deepEqual(JSON.parse(found.stdout).left, ['records']);
  await service.stop();
  if (postgres) await service.sql('CHECKPOINT');
  assert.deepEqual(await filesWith(seeded, ...places), []);
}

async function beHeld(postgres) {
  const keyFile = join((await Service.init({})).folder, 'officer.pem');
  await succeed('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', keyFile]);
  await succeed('openssl', ['pkey', '-in', keyFile, '-pubout', '-out', `${keyFile}.pub`]);
  const otherKey = `${keyFile}.other`;
  await succeed('openssl', ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', otherKey]);
  const settings = { RETENTION__EVIDENCE_DAYS: '30', HOLD__OFFICER_KEY_FILE: `${keyFile}.pub` };
  const service = await Service.init({ postgres, settings });
  const master = join(service.data, 'master.key');
  const gone = secret();
  await ingest(service, several(5, (_, day) => order(gone, day)));
  const { running } = await service.serve();
  const app = await App.register(service);
  const connection = await app.connect(new Customer(service.url, gone));
  const person = await personOf(service, connection.grantId);
  assert.equal((await connection.request('/v1/purchases')).status, 200);

  // Two people of the staff.
  const ask = ['erase', 'request', '--customer', gone, '--by', 'anna', '--reason', 'by letter'];
  assert.equal((await service.attempt(ask.with(3, 'nobody'))).code, 4);
  const { request } = await service.json(ask);
  for (const by of ['anna', ' Anna']) assert.equal((await service.attempt(['erase', 'approve', request, '--by', by])).code, 4, by);
  assert.equal((await connection.request('/v1/purchases')).status, 200, 'nothing has happened yet');
  await service.json(['erase', 'approve', request, '--by', 'ben']);
  assert.deepEqual(await problemOf(await connection.request('/v1/purchases')), { status: 403, code: 'grant_revoked' });
  assert.equal((await service.attempt(['erase', 'approve', request, '--by', 'ben'])).code, 4, 'once');

  // Locked: the service itself does not find the way any more.
  const keys = async () => (await keysOf(service, master)).filter(({ owner }) => owner === person).map(({ kind }) => kind);
  assert.deepEqual(await keys(), ['evidence']);
  assert.deepEqual((await service.lines(['erase', 'verify'])).map(({ held, left }) => [held, left]), [[true, []]]);
  const before = await readLedger(service);
  assert.equal(before.access.filter(({ header }) => header?.type === 'hold.placed').length, 1);
  assert.ok(before.consent.every(({ header }) => header?.type !== 'grant.given'));

  const open = (by, and, key) => service.attempt(['hold', 'open', '--customer', gone, '--case', 'C-7', '--by', by, '--and', and, '--key', key]);
  assert.equal((await open('anna', 'ANNA ', keyFile)).code, 4);
  assert.equal((await open('anna', 'ben', otherKey)).code, 4);
  const { code, stdout, stderr } = await open('anna', 'ben', keyFile);
  assert.equal(code, 0, stderr);
  const { entries } = JSON.parse(stdout);
  const types = entries.map(({ header }) => header.type);
  for (const type of ['grant.given', 'disclosure.app', 'grant.revoked', 'erasure.requested', 'erasure.completed']) {
    assert.ok(types.includes(type), `${type}: ${types}`);
  }
  const asked = entries.filter(({ header }) => header.type.startsWith('erasure.'));
  assert.deepEqual(asked.map(({ header }) => header.actor), [{ kind: 'staff', ref: 'anna' }, { kind: 'staff', ref: 'ben' }]);
  assert.equal(asked[0].payload.reason, 'by letter');
  const released = (await readLedger(service)).access.filter(({ header }) => header?.type === 'hold.released');
  assert.deepEqual(released.map(({ payload }) => payload), [{ and: 'ben', by: 'anna', case: 'C-7', holds: 1 }]);
  // With software that is not ours, too.
  const hex = (await service.sql(`SELECT ${hexOf(service, 'name')} FROM holds`))[0];
  await writeFile(`${keyFile}.cms`, Buffer.from(hex, 'hex'));
  const name = await succeed('openssl', ['cms', '-decrypt', '-inform', 'DER', '-binary', '-in', `${keyFile}.cms`, '-inkey', keyFile]);
  assert.equal(name, gone);

  // Its time is over: the daily pass ends it.
  await service.sql("UPDATE holds SET ends_at = '2026-01-01 00:00:00'");
  await running.stop();
  await service.serve();
  await until('nothing is held any more', async () => (await count(service, 'holds')) === 0);
  assert.deepEqual(await keys(), []);
  assert.deepEqual(await service.sql('SELECT count(*) FROM entries WHERE sealed_by = 1 AND header IS NOT NULL'), ['0']);
  assert.equal((await open('anna', 'ben', keyFile)).code, 4);
  assert.deepEqual((await service.lines(['erase', 'verify'])).map(({ held, left }) => [held, left]), [[false, []]]);
  const ledger = await readLedger(service);
  assertContiguous(ledger);
  assert.equal(ledger.consent.filter(({ header }) => header?.type === 'key.destroyed').length, 1);
  await service.stop();
}

const hexOf = (service, column) => (service.settings.DATABASE__URL ? `encode(${column}, 'hex')` : `lower(hex(${column}))`);
const emptyBytes = (service) => (service.settings.DATABASE__URL ? "''" : "x''");
const count = async (service, table) => Number((await service.sql(`SELECT count(*) FROM ${table}`))[0]);

/** The person of a grant, in hex. */
async function personOf(service, grantId) {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const bits = [...grantId.slice('gra_'.length)].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const id = bits.slice(0, 128).match(/.{8}/g).map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('');
  const bytes = service.settings.DATABASE__URL ? `'\\x${id}'` : `x'${id}'`;
  return (await service.sql(`SELECT ${hexOf(service, 'person')} FROM grants WHERE grant_id = ${bytes}`))[0];
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Of these sealed values those that still stand, whole, somewhere in the database's files: dead rows, logs. */
function leftoversIn(rows, service, postgres) {
  const folders = postgres ? [join(postgres.data, 'base'), join(postgres.data, 'pg_wal')] : [service.data];
  const contents = folders.flatMap(filesIn).flatMap((file) => {
    try {
      return [readFileSync(file)];
    } catch {
      return []; // PostgreSQL's files come and go.
    }
  });
  // A short beginning is enough to find it: nonces are random.
  return rows.filter(({ sealed }) => contents.some((content) => content.includes(sealed.subarray(0, 24))));
}
