// The personal data store is killed again and again while it fetches thousands of purchases, as a command and as a web
// app, and has in the end exactly what the server serves.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import * as jose from 'jose';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { Running, freePort, run, succeed, until } from '../support/process.mjs';
import { generated, isLong } from '../support/sample.mjs';
import { PDS, Service } from '../support/service.mjs';

const ORDERS = 3_000;
const KILLS = isLong ? 40 : 8;
const SCOPE = 'purchases:read purchases.lines:read purchases.payment:read purchases.location:read';

/** A customer of thousands of orders, and the store as an app that has its key from elsewhere. */
async function prepared() {
  const orders = await generated({ customers: 1, orders: ORDERS });
  const service = await Service.init();
  await service.ingestFile(orders.file);
  await service.serve();
  const app = await App.register(service, { redirectUri: 'http://127.0.0.1/callback', scope: SCOPE });
  const folder = temporaryFolder('pds-killed');
  const key = join(folder, 'key.jwk');
  await writeFile(key, JSON.stringify({ ...(await jose.exportJWK(app.key)), kid: app.kid }));
  const [[customerId, { purchases }]] = [...orders.customers];
  return { service, app, folder, key, customerId, purchases };
}

/** Starts the web app on a port that stays the same. */
function start(world) {
  const { service, app, folder, key, port } = world;
  const args = ['--folder', join(folder, 'pds'), 'serve', '--listen', `127.0.0.1:${port}`, '--url', service.url];
  return new Running(PDS, [...args, '--client-id', app.clientId, '--key', key], { log: join(folder, 'serve.log'), cwd: folder });
}

/** Connects in the web app, as a browser does. */
async function connect({ service, customerId, port }) {
  const store = new Customer(`http://127.0.0.1:${port}`, customerId);
  const { away } = await store.submit(await store.open('/'), 'form[action="/connect"]', '#connect');
  const back = await new Customer(service.url, customerId).answer(away);
  const page = await store.open(back);
  assert.equal(page.url.pathname, '/purchases');
  return store;
}

/** What the server serves, by id. */
async function served({ service, app, customerId }) {
  const connection = await app.connect(new Customer(service.url, customerId));
  const all = new Map();
  for await (const purchase of connection.purchases('limit=500')) all.set(purchase.id, purchase);
  return all;
}

const pds = (folder, ...args) => run(PDS, ['--folder', join(folder, 'pds'), ...args], { cwd: folder });

async function exported(folder) {
  const { code, stdout } = await pds(folder, 'export');
  return code === 0 ? stdout.trim().split('\n').map((line) => JSON.parse(line)) : [];
}

/** The number of purchases that are stored, also of a sync that has not come to its end. */
const stored = async (folder) =>
  Number(await succeed('sqlite3', ['-cmd', '.timeout 10000', join(folder, 'pds/purchases.db'), 'SELECT count(*) FROM purchases']));

describe('a store that is killed', { timeout: 600_000 }, () => {
  it('has exactly what the server serves in the end', async (test) => {
    const world = { ...(await prepared()), port: await freePort() };
    const { service, folder, purchases } = world;
    let web = start(world);
    await web.until('it answers', () => web.output.includes('http://'));
    await connect(world);
    await web.stop('SIGKILL');

    let [inTheMiddle, before] = [0, await stored(folder)];
    for (let kill = 0; kill < KILLS; kill += 1) {
      // By turns the web app, and the command with small pages; each at another moment of its work.
      const isWeb = kill % 2 === 0;
      const syncing = isWeb ? start(world) : new Running(
        PDS, ['--folder', join(folder, 'pds'), 'sync', '--page-size', '20'], { log: join(folder, 'sync.log'), cwd: folder });
      await until('it has stored more', async () => syncing.how !== undefined || (await stored(folder)) > before, { every: 5 });
      await delay(kill * 3);
      await syncing.stop('SIGKILL');
      const now = await stored(folder);
      if (now > before && now < purchases) inTheMiddle += 1;
      const shown = (await exported(folder)).length;
      assert.ok(shown === 0 || shown === purchases, `${shown} of ${purchases}: a part of a history is never shown`);
      if (now < purchases) before = now;
      else {
        // All of it is here: from the beginning, while what is here stays.
        await new Running(
          PDS, ['--folder', join(folder, 'pds'), 'sync', '--rebuild', '--page-size', '20'], { log: join(folder, 'sync.log'), cwd: folder },
        ).stop('SIGKILL');
        before = await stored(folder);
      }
    }
    test.diagnostic(`killed ${KILLS} times, ${inTheMiddle} of them in the middle of ${purchases} purchases`);
    assert.ok(inTheMiddle >= KILLS / 4, 'it was killed in the middle of its work');

    web = start(world);
    const address = `http://127.0.0.1:${world.port}`;
    const begun = performance.now();
    await web.until('all of it is there', async () => {
      const page = await fetch(`${address}/spending`).then((response) => response.text(), () => '');
      return page.includes('The sums that') && page.includes('are the same as here');
    });
    test.diagnostic(`then complete, and checked, in ${Math.round(performance.now() - begun)} ms`);
    assert.equal(await web.stop(), 0, web.output);
    const { code, stdout } = await pds(folder, 'sync', '--format', 'json');
    const synced = JSON.parse(stdout);
    assert.deepEqual([code, synced.purchases, synced.new, synced.changed, synced.wrong], [0, purchases, 0, 0, []]);
    const kept = new Map((await exported(folder)).map((purchase) => [purchase.id, purchase]));
    assert.deepEqual(kept, await served(world));
    await service.stop();
  });
});
