// Receipts: what a customer keeps of an agreement, checked with programs that are not the service's, and what is in it.
import assert from 'node:assert/strict';
import { createHash, createHmac, createPrivateKey, sign } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { readLedger } from '../support/ledger.mjs';
import { buildCheckers, checkProof } from '../support/notary.mjs';
import { run, until } from '../support/process.mjs';
import { generated } from '../support/sample.mjs';
import { PDS, Service } from '../support/service.mjs';

const SCHEMAS = fileURLToPath(new URL('../schemas', import.meta.url));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

describe('receipts', { timeout: 900_000 }, () => {
  const folder = temporaryFolder('receipts');
  const store = join(folder, 'pds');
  let service;
  let app;
  let customer;
  let connection;
  before(async () => {
    await buildCheckers();
    const orders = await generated({ customers: 2, orders: 40 });
    service = await Service.init({ settings: {
      MAIL__TRANSPORT: 'folder', MAIL__FROM: 'The shop <receipts@shop.example>', MAIL__ADDRESS: '{customer}@demo.example',
    } });
    await service.ingestFile(orders.file);
    await service.serve();
    app = await App.register(service);
    customer = new Customer(service.url, [...orders.customers.keys()][0]);
    connection = await app.connect(customer);
  });
  after(() => service.stop());

  /** Writes a receipt down, and what is in it; gives {file, folder, contents}. */
  async function unpacked(name, bytes) {
    const file = join(folder, `${name}.zip`);
    const into = join(folder, name);
    writeFileSync(file, bytes);
    mkdirSync(into);
    const { code, stderr } = await run('python3', ['-m', 'zipfile', '-e', file, into]);
    assert.equal(code, 0, stderr);
    return { file, folder: into, contents: JSON.parse(readFileSync(join(into, 'receipt.json'), 'utf8')) };
  }

  const verify = (file, { url = service.url, at = store } = {}) =>
    run(PDS, ['--folder', at, 'verify', file, ...(url ? ['--url', url] : [])], { ms: 60_000 });

  async function assertHolds(receipt, options) {
    const { code, stdout, stderr } = await verify(receipt.file, options);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /The receipt holds/);
    assert.doesNotMatch(stdout, /cfs_/, 'the stop link is not repeated');
    return stdout;
  }

  async function assertIsRecord(receipt) {
    const [python, check] = ['python', 'check.py'].map((name) => join(SCHEMAS, name));
    const { code, stdout, stderr } = await run(python, [check, join(receipt.folder, 'record.jsonld')], { ms: 300_000 });
    assert.equal(code, 0, stdout + stderr);
  }

  /** The customer's own receipt, from the page that links to it. */
  async function downloaded(name) {
    const page = await customer.open(`/apps/${connection.grantId}`);
    const address = page.$('#receipt').attr('href');
    const response = await customer.fetch(address);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/zip');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.match(response.headers.get('content-disposition'), /attachment; filename="receipt-gra_/);
    return unpacked(name, Buffer.from(await response.arrayBuffer()));
  }

  const types = ({ contents }) => contents.entries.map(({ type }) => type).filter((type) => type !== 'receipt.sent');
  let given;

  it('holds for the customer who downloads it, with every layer', async () => {
    given = await downloaded('given');
    assert.deepEqual(types(given), ['grant.requested', 'grant.given']);
    assert.equal(given.contents.holder, 'customer');
    const said = await assertHolds(given);
    const registered = await service.json(['config-objects', 'show', 'app', app.clientId]);
    const payload = JSON.parse(readFileSync(join(given.folder, 'entries/02/payload.json'), 'utf8'));
    assert.equal(payload.registration, registered.hash, 'it names what the register said of the app');
    assert.match(said, /continues \d+/);
    assert.match(said, /entries\/02 .*payload, header, entry \d+ of \d+, signature: holds/);
    assert.ok(readdirSync(join(given.folder, 'artefacts')).length >= 2, 'what was shown is in it');
    for (const name of readdirSync(join(given.folder, 'artefacts'))) {
      assert.equal(name.split('.')[0], sha256(readFileSync(join(given.folder, 'artefacts', name))));
    }
  });
  it('has the record of ISO/IEC TS 27560 as JSON-LD, which schema and shapes let pass', async () => {
    assert.equal(given.contents.record, 'record.jsonld');
    await assertIsRecord(given);
    const record = JSON.parse(readFileSync(join(given.folder, 'record.jsonld'), 'utf8'));
    assert.deepEqual(record.events.map(({ eventState }) => eventState), ['counterfoil:requested', 'counterfoil:given']);
    const app = record.parties.find(({ partyId }) => partyId.startsWith('app_'));
    assert.deepEqual([app.partyAddress, app.partyContact], ['1 High Street, Leeds', 'privacy@app.example']);
    assert.ok(record.parties.some(({ partyType, partyAddress }) => partyType === 'dpv:DataController' && partyAddress));
    assert.match(await assertHolds(given), /record\.jsonld .* says of each step what its entry says/);
  });
  it('is checked entry by entry by Go', async () => {
    for (const { folder: entry, index } of given.contents.entries) {
      const read = (name) => readFileSync(join(given.folder, entry, name));
      const commitment = createHmac('sha256', read('header.salt')).update(read('header.json')).digest('base64url');
      const said = await checkProof({
        vkey: readFileSync(join(given.folder, 'vkey'), 'utf8').trim(),
        proof: read('entry.tlog-proof'), leaf: JSON.stringify({ c: commitment, v: '1' }),
      });
      assert.equal(said.index, index);
    }
  });
  it('says itself how to check it, with Python and OpenSSL', async () => {
    const guide = readFileSync(join(given.folder, 'VERIFY.txt'), 'utf8');
    const [, script] = /-----BEGIN CHECK-----\n([^]*)-----END CHECK-----/.exec(guide);
    const file = join(given.folder, '..', 'check.py');
    writeFileSync(file, script);
    const good = await run('python3', [file], { cwd: given.folder });
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /grant\.given .* holds[^]*is signed/);
    assert.ok(guide.includes(`counterfoil-pds verify RECEIPT.zip --url ${service.url}`));
    const header = join(given.folder, 'entries/02/header.json');
    const whole = readFileSync(header);
    writeFileSync(header, whole.toString().replace('customer', 'customes'));
    const bad = await run('python3', [file], { cwd: given.folder });
    writeFileSync(header, whole);
    assert.notEqual(bad.code, 0);
    assert.match(bad.stderr, /DOES NOT HOLD: entries\/02\/header\.json/);
  });
  it('is refused when anything in it is altered', async () => {
    const bytes = readFileSync(given.file);
    const at = join(folder, 'altered.zip');
    let refused = 0;
    // Local file headers (APPNOTE 4.3.7): a byte in the middle of each file's data.
    for (let head = bytes.indexOf('PK\x03\x04'); head >= 0; head = bytes.indexOf('PK\x03\x04', head + 4)) {
      const [size, name, extra] = [bytes.readUInt32LE(head + 18), bytes.readUInt16LE(head + 26), bytes.readUInt16LE(head + 28)];
      if (size === 0) continue;
      const altered = Buffer.from(bytes);
      altered[head + 30 + name + extra + Math.floor(size / 2)] ^= 0x10;
      writeFileSync(at, altered);
      const { code, stdout } = await verify(at, { url: null, at: join(folder, 'other') });
      assert.equal(code, 1, `${bytes.subarray(head + 30, head + 30 + name)}: ${stdout}`);
      refused += 1;
    }
    assert.ok(refused >= 12, `${refused} files`);
  });
  it('tells the app no more than the app is told', async () => {
    const path = `/v1/grants/${connection.grantId}/receipt`;
    const response = await connection.request(path);
    assert.equal(response.status, 200);
    const theirs = await unpacked('app', Buffer.from(await response.arrayBuffer()));
    await assertHolds(theirs);
    assert.equal(theirs.contents.holder, 'app');
    assert.equal(theirs.contents.stop, null);
    const { payload } = theirs.contents.entries.find(({ type }) => type === 'grant.given');
    assert.equal(payload, 'withheld');
    const everything = Object.keys(theirs.contents.files).map((name) => readFileSync(join(theirs.folder, name), 'latin1')).join();
    assert.ok(!everything.includes('carveOuts') && !everything.includes('cfs_'));
    const other = await connection.request('/v1/grants/gra_aaaaaaaaaaaaaaaaaaaaaaaaaa/receipt');
    assert.equal(other.status, 404);
    assert.equal((await fetch(`${service.url}${path}`)).status, 401);
  });
  it('comes by mail too, with the link that stops it, and an entry says so', async () => {
    const letter = await until('a letter is in the folder', () => letters()[0], { ms: 30_000 });
    assert.match(letter.head, new RegExp(`To: ${customer.customerId}@demo\\.example`));
    assert.ok(letter.text.includes(`${service.url}/stop/cfs_`), letter.text);
    const receipt = await unpacked('mailed', letter.zip);
    await assertHolds(receipt);
    assert.equal(readFileSync(join(receipt.folder, 'stop.txt'), 'utf8').trim(), /http\S+\/stop\/\S+/.exec(letter.text)[0]);
    const sent = await until('an entry says so', async () => (await sentEntries())[0], { ms: 10_000 });
    assert.equal(sent.payload.receipt, `sha256:${sha256(letter.zip)}`);
    assert.ok(!JSON.stringify(sent).includes('demo.example'), 'no address is in it');
  });
  it('stops the agreement by the link, without a session, after one button', async () => {
    const link = readFileSync(join(given.folder, 'stop.txt'), 'utf8').trim();
    const anybody = new Customer(service.url, 'nobody');
    const page = await anybody.open(link);
    assert.equal(page.response.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(page.response.headers.get('cache-control'), 'no-store');
    assert.equal((await connection.request('/v1/grant')).status, 200, 'looking ends nothing');
    const forged = await fetch(link, { method: 'POST', body: new URLSearchParams({ token: 'cfs_x' }), redirect: 'manual' });
    assert.equal(forged.status, 403);
    const bare = await fetch(link, { method: 'POST', body: new URLSearchParams({}), redirect: 'manual' });
    assert.equal(bare.status, 403);
    assert.equal((await connection.request('/v1/grant')).status, 200);
    const done = await anybody.submit(page, '#stop-form', '#stop');
    assert.ok(done.$('time').attr('datetime'), done.$.text());
    assert.equal((await connection.request('/v1/purchases')).status, 403);
    const again = await anybody.open(link);
    assert.equal(again.$('#stop-form').length, 0);
    assert.ok(again.$('time').attr('datetime'), 'it says that it was stopped already');
    const wrong = await fetch(`${link.slice(0, -2)}xx`);
    assert.equal(wrong.status, 404);
    const { consent } = await readLedger(service);
    const { header, payload } = consent.findLast((entry) => entry.header?.type === 'grant.withdrawn');
    assert.deepEqual([header.actor.kind, payload.grantId], ['customer', connection.grantId]);
  });
  it('has the withdrawal afterwards, for the customer and for the app, and no link any more', async () => {
    const mine = await downloaded('ended');
    assert.deepEqual(types(mine), ['grant.requested', 'grant.given', 'grant.withdrawn']);
    assert.equal(mine.contents.stop, null);
    assert.match(await assertHolds(mine), /grant\.withdrawn/);
    await assertIsRecord(mine);
    const response = await connection.request(`/v1/grants/${connection.grantId}/receipt`);
    assert.equal(response.status, 200, 'the token reads what stays true of its grant');
    const theirs = await unpacked('app-ended', Buffer.from(await response.arrayBuffer()));
    assert.equal(theirs.contents.entries.find(({ type }) => type === 'grant.withdrawn').payload, 'included');
    await assertHolds(theirs);
    const letter = await until('a letter says so', () => letters().find(({ text }) => !text.includes('/stop/')), { ms: 30_000 });
    assert.ok(letter.zip.length > 0);
    await assertHolds(given, {});
  });
  it('finds a log that was forked, and writes down both signatures', async () => {
    const file = join(store, 'checkpoints.json');
    const kept = readFileSync(file);
    const logs = JSON.parse(kept);
    const [[origin, { vkey, checkpoint }]] = Object.entries(logs);
    // A state that the log never had, with its own key: what a shop would sign that shows two people two histories.
    const text = `${origin}\n2\n${Buffer.alloc(32, 7).toString('base64')}\n`;
    const key = createPrivateKey(readFileSync(join(service.data, 'ledger-keys/consent-1.key')));
    const id = Buffer.from(vkey.split('+')[1], 'hex');
    const signature = Buffer.concat([id, sign(null, Buffer.from(text), key)]).toString('base64');
    logs[origin].checkpoint = `${text}\n\u2014 ${origin} ${signature}\n`;
    writeFileSync(file, JSON.stringify(logs));
    const { code, stderr } = await verify(given.file);
    assert.equal(code, 1);
    assert.match(stderr, /forked/);
    const proof = readdirSync(store).find((name) => name.startsWith('fork-'));
    assert.ok(readFileSync(join(store, proof), 'utf8').includes(logs[origin].checkpoint));
    writeFileSync(file, kept);
    assert.ok(checkpoint.startsWith(origin));
    await assertHolds(given);
  });
  it('leaves no link and no address in any log', () => {
    const text = service.logText();
    assert.ok(!text.includes('cfs_') && !text.includes('demo.example'));
  });

  /** The letters in the folder, oldest first: {head, text, zip}. */
  function letters() {
    const at = join(service.data, 'mail');
    const read = (name) => {
      const letter = readFileSync(join(at, name), 'latin1');
      const [, boundary] = /boundary="([^"]+)"/.exec(letter);
      const [head, text, zip] = letter.split(`--${boundary}`);
      const body = (part) => part.slice(part.indexOf('\r\n\r\n') + 4);
      const plain = body(text).replaceAll('=\r\n', '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
      return { head, text: plain, zip: Buffer.from(body(zip), 'base64') };
    };
    return readdirSync(at).filter((name) => name.endsWith('.eml')).map(read);
  }

  async function sentEntries() {
    const { consent } = await readLedger(service);
    return consent.filter(({ header }) => header?.type === 'receipt.sent');
  }
});
