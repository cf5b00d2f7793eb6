// The reference personal data store against the service, and the demo with the commands that it prints.
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Customer } from '../support/customer.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { Running, freePort, run, succeed } from '../support/process.mjs';
import { generated, messagesOf } from '../support/sample.mjs';
import { BINARY, PDS, Service } from '../support/service.mjs';

const SCOPE = 'purchases:read purchases.lines:read purchases.payment:read purchases.location:read';

/** Runs `connect` with these arguments while the customer says yes. */
async function connect(folder, args, base, customerId, answer = {}) {
  const log = join(folder, 'connect.log');
  const connecting = new Running(PDS, ['--folder', join(folder, 'pds'), 'connect', ...args, '--no-browser'], { log, cwd: folder });
  const address = await connecting.until('it prints the address to open', () =>
    connecting.output.match(/https?:\S+\/oauth\/authorize\?\S+/)?.[0]);
  const away = await new Customer(base, customerId).answer(address, answer);
  const page = await fetch(away);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /close/i);
  assert.equal(await connecting.ended(), 0, connecting.output);
  assert.doesNotMatch(connecting.output, /cf[arc]_/, 'no token is printed');
}

const pds = (folder, ...args) => succeed(PDS, ['--folder', join(folder, 'pds'), ...args], { cwd: folder });

/** An app that one customer of generated orders has said yes to, at a service that has taken them in. */
async function connected({ scope = SCOPE, objects = [], asks } = {}) {
  const orders = await generated({ customers: 5, orders: 400 });
  const service = await Service.init();
  await service.ingestFile(orders.file);
  if (objects.length) await service.json(['config-objects', 'publish', ...objects]);
  await service.serve();
  const folder = temporaryFolder('pds');
  const jwks = join(folder, 'jwks.json');
  await writeFile(jwks, await pds(folder, 'keys'));
  const { clientId } = await service.json([
    'apps', 'add', '--name', 'My records', '--redirect-uri', 'http://127.0.0.1/callback', '--auth', 'private_key_jwt', '--jwks', jwks,
    '--scope', scope,
  ]);
  const [customerId, { purchases }] = [...orders.customers][0];
  await connect(folder, [service.url, '--client-id', clientId, '--scope', scope], service.url, customerId, { asks });
  return { orders, service, folder, purchases, customerId };
}

const sync = async (folder, ...args) => JSON.parse(await pds(folder, 'sync', '--format', 'json', ...args));

/** What is in the store, as served, newest first. */
const exported = async (folder) => (await pds(folder, 'export')).trim().split('\n').map((line) => JSON.parse(line));

/** The newest revision of an order as it was sent, with its key. */
async function orderOf(file, orderId) {
  let newest;
  for await (const { key, value } of messagesOf(file)) {
    const event = JSON.parse(value);
    if (event.type !== 'order.recorded.v1' || event.data.orderId !== orderId) continue;
    if (!(newest?.event.data.revision >= event.data.revision)) newest = { key, event };
  }
  return newest;
}

/** What happens to an order: another receipt number, then a return of its first line, then a refund of a little. */
function after({ key, event }) {
  const at = new Date().toISOString();
  const { orderId, revision, customerId, currency, lines } = event.data;
  const [{ lineId, sku, quantity }] = lines;
  const message = (type, id, data) => ({ key, event: { ...event, id: `${id}-changed`, type, time: at, data: { customerId, orderId, ...data } } });
  return {
    order: message('order.recorded.v1', `o-${orderId}`, { ...event.data, revision: revision + 1, receiptNumber: 'changed' }),
    returned: message('return.recorded.v1', `r-${orderId}`, {
      returnId: `R-${orderId}`, revision: 1, status: 'completed', returnedAt: at,
      lines: [{ returnLineId: '1', lineId, sku, quantity, amount: '0.01' }],
    }),
    refunded: message('refund.recorded.v1', `f-${orderId}`, {
      refundId: `F-${orderId}`, returnId: `R-${orderId}`, revision: 1, amount: '0.01', currency, issuedAt: at, method: 'card',
      status: 'settled', allocations: [{ lineId, amount: '0.01' }],
    }),
  };
}

async function ingest(service, folder, { key, event }) {
  const file = join(folder, 'more.ndjson');
  await writeFile(file, `${key}\t${JSON.stringify(event)}\n`);
  const { stored } = await service.ingestFile(file);
  assert.equal(stored, 1);
}

describe('the personal data store', { timeout: 300_000 }, () => {
  it('connects, syncs, shows and disconnects', async () => {
    const { service, folder, purchases } = await connected();
    const synced = await sync(folder);
    assert.equal(synced.purchases, purchases);
    assert.deepEqual([synced.new, synced.wrong, synced.unseen], [purchases, [], 0]);
    assert.deepEqual(synced.comparison.differences, []);
    assert.ok(synced.comparison.compared > 0 && synced.comparison.unchecked === null, 'the sums are those of the shop');
    const again = await sync(folder);
    assert.deepEqual([again.purchases, again.new, again.changed, again.gone], [purchases, 0, 0, 0]);
    const shown = JSON.parse(await pds(folder, 'show', '--format', 'json'));
    assert.equal(shown.purchases, purchases);
    assert.match(await pds(folder, 'show'), /\d/);
    await pds(folder, 'disconnect');
    const { code } = await run(PDS, ['--folder', join(folder, 'pds'), 'sync'], { cwd: folder });
    assert.equal(code, 3, 'disconnected');
    assert.equal((await exported(folder)).length, purchases, 'the purchases stay');
    await service.stop();
  });

  it('tells the shop something, and takes it back', async () => {
    const shipped = new URL('../../crates/counterfoil/src/sample/config/', import.meta.url);
    const names = (await readdir(shipped)).filter((name) => name.endsWith('.toml'));
    const { service, folder, customerId } = await connected({
      scope: `${SCOPE} volunteered:read volunteered:write`, objects: names.map((name) => fileURLToPath(new URL(name, shipped))), asks: ['q2'],
    });
    assert.match(await pds(folder, 'asks'), /^q2 {2}How do you like your coffee\?\n/);
    const told = await pds(folder, 'tell', 'q2', '{"roast":"mild"}');
    const [, item, confirm] = told.match(/^(vol_\w+) {2}q2: waiting until [^\n]+\n[^\n]*: (http\S+)\n$/);
    const refused = await run(PDS, ['--folder', join(folder, 'pds'), 'tell', 'q2', '{"roast":"burnt"}'], { cwd: folder });
    assert.notEqual(refused.code, 0);
    assert.doesNotMatch(refused.stdout + refused.stderr, /burnt/);
    const unnamed = await run(PDS, ['--folder', join(folder, 'pds'), 'tell', 'q1', '{}'], { cwd: folder });
    assert.notEqual(unnamed.code, 0);
    const customer = new Customer(service.url, customerId);
    await customer.submit(await customer.signIn(await customer.open(confirm)), '#confirm-form', '#yes');
    assert.match(await pds(folder, 'told'), new RegExp(`^${item} {2}q2: live`));
    assert.match(await pds(folder, 'forget', item), /the shop has deleted it/);
    assert.match(await pds(folder, 'told'), new RegExp(`^${item} {2}q2: withdrawn`));
    await service.stop();
  });

  it('follows what changes, and comes to the same as reading anew', async (test) => {
    const { orders, service, folder, purchases } = await connected();
    const log = join(folder, 'follow.log');
    const following = new Running(PDS, ['--folder', join(folder, 'pds'), 'sync', '--follow'], { log, cwd: folder });
    await following.until('it follows', () => following.output.includes('following'));
    const { orderId } = (await exported(folder)).find(({ orderId, completeness }) => orderId && !completeness.partial);
    const sent = await orderOf(orders.file, orderId);
    const news = after(sent);
    for (const [name, word] of [['order', 'recorded'], ['returned', 'returned'], ['refunded', 'refunded']]) {
      await ingest(service, folder, news[name]);
      const begun = performance.now();
      await following.until(`it tells of what was ${word}`, () => following.output.includes(`purchase.${word} pur_`), { every: 20 });
      test.diagnostic(`${word}: told ${Math.round(performance.now() - begun)} ms after it was taken in`);
    }
    assert.equal(await following.stop('SIGINT'), 0, following.output);
    assert.doesNotMatch(following.output, /does not add up/);
    const kept = await exported(folder);
    assert.equal(kept.length, purchases);
    const { lines } = sent.event.data;
    const changed = kept.find((purchase) => purchase.orderId === orderId);
    assert.equal(changed.receiptNumber, 'changed');
    assert.equal(changed.returns.find(({ id }) => id === `R-${orderId}`).lines[0].lineId, lines[0].lineId);
    assert.equal(changed.refunds.find(({ id }) => id === `F-${orderId}`).amount, '0.01');
    const rebuilt = await sync(folder, '--rebuild');
    assert.deepEqual([rebuilt.new, rebuilt.changed, rebuilt.gone, rebuilt.wrong], [0, 0, 0, []]);
    assert.deepEqual(rebuilt.comparison.differences, []);
    assert.deepEqual(await exported(folder), kept);
    await service.stop();
  });

  it('is killed again and again, and has all in the end', async () => {
    const { service, folder, purchases } = await connected();
    let interrupted = 0;
    for (let moment = 20; moment < 600; moment += 60) {
      const log = join(folder, 'killed.log');
      const syncing = new Running(PDS, ['--folder', join(folder, 'pds'), 'sync', '--rebuild', '--page-size', '3'], { log, cwd: folder });
      await delay(moment);
      if (syncing.how === undefined) interrupted += 1;
      await syncing.stop('SIGKILL');
      const { code, stdout } = await run(PDS, ['--folder', join(folder, 'pds'), 'export'], { cwd: folder });
      const lines = stdout.split('\n').filter(Boolean).length;
      assert.ok(code === 0 ? lines === purchases : lines === 0, 'all or nothing is shown');
    }
    assert.ok(interrupted > 3, 'it was killed at work');
    const synced = await sync(folder);
    assert.deepEqual([synced.purchases, synced.wrong, synced.comparison.differences], [purchases, [], []]);
    await service.stop();
  });
});

describe('the demo', { timeout: 300_000 }, () => {
  it('answers within ten seconds, and the command that it prints works', async (test) => {
    const folder = temporaryFolder('demo');
    const listen = `127.0.0.1:${await freePort()}`;
    const base = `http://${listen}`;
    const begun = performance.now();
    const { PATH, HOME } = process.env;
    const demo = new Running(BINARY, ['demo', '--port', listen.split(':')[1], '--store-port', '0', '--dir', join(folder, 'data')], {
      log: join(folder, 'demo.log'), cwd: folder, env: { PATH, HOME },
    });
    await demo.until('the demo answers', () => fetch(`${base}/health/ready`).then(({ ok }) => ok, () => false));
    const seconds = (performance.now() - begun) / 1000;
    test.diagnostic(`ready after ${seconds.toFixed(1)} s`);
    assert.ok(seconds < 10);
    // The command may be written over several lines.
    const printed = await demo.until('it prints the command', () =>
      demo.output.replaceAll('\\\n', ' ').match(/(?:counterfoil-)?pds\b.*?\bconnect\s+(\S.*)/)?.[1]);
    const args = printed.trim().split(/\s+/).filter((word) => word !== '--no-browser');
    const suggestion = (await new Customer(base, '').open('/sign-in')).$('datalist option').first().attr('value');
    assert.ok(suggestion, 'the sign-in page suggests somebody');
    await connect(folder, args, base, suggestion);
    const synced = await pds(folder, 'sync');
    test.diagnostic(synced.trim().split('\n')[0]);
    assert.match(await pds(folder, 'show'), /\d/);
    const resident = (await succeed('ps', ['-o', 'rss=', '-p', String(demo.pid)])).trim();
    test.diagnostic(`resident memory ${Math.round(resident / 1024)} MB`);
    assert.equal(await demo.stop(), 0);
  });
});
