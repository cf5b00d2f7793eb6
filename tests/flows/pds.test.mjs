// The reference personal data store against the service, and the demo with the commands that it prints.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Customer } from '../support/customer.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { Running, freePort, run, succeed } from '../support/process.mjs';
import { generated } from '../support/sample.mjs';
import { BINARY, PDS, Service } from '../support/service.mjs';

/** Runs `connect` with these arguments while the customer says yes. */
async function connect(folder, args, base, customerId) {
  const log = join(folder, 'connect.log');
  const connecting = new Running(PDS, ['--folder', join(folder, 'pds'), 'connect', ...args, '--no-browser'], { log, cwd: folder });
  const address = await connecting.until('it prints the address to open', () =>
    connecting.output.match(/https?:\S+\/oauth\/authorize\?\S+/)?.[0]);
  const away = await new Customer(base, customerId).answer(address);
  const page = await fetch(away);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /close/i);
  assert.equal(await connecting.ended(), 0, connecting.output);
  assert.doesNotMatch(connecting.output, /cf[arc]_/, 'no token is printed');
}

const pds = (folder, ...args) => succeed(PDS, ['--folder', join(folder, 'pds'), ...args], { cwd: folder });

describe('the personal data store', { timeout: 300_000 }, () => {
  it('connects, syncs, shows and disconnects', async () => {
    const orders = await generated({ customers: 5, orders: 400 });
    const service = await Service.init();
    await service.ingestFile(orders.file);
    await service.serve();
    const folder = temporaryFolder('pds');
    const jwks = join(folder, 'jwks.json');
    await writeFile(jwks, await pds(folder, 'keys'));
    const { clientId } = await service.json([
      'apps', 'add', '--name', 'My records', '--redirect-uri', 'http://127.0.0.1/callback', '--auth', 'private_key_jwt', '--jwks', jwks,
      '--scope', 'purchases:read purchases.lines:read purchases.payment:read purchases.location:read',
    ]);
    const [customerId, { purchases }] = [...orders.customers][0];
    await connect(folder, [service.url, '--client-id', clientId], service.url, customerId);
    const synced = JSON.parse(await pds(folder, 'sync', '--format', 'json'));
    assert.match(JSON.stringify(synced), new RegExp(`\\b${purchases}\\b`), `${purchases} purchases`);
    const shown = JSON.parse(await pds(folder, 'show', '--format', 'json'));
    assert.match(JSON.stringify(shown), new RegExp(`\\b${purchases}\\b`));
    assert.match(await pds(folder, 'show'), /\d/);
    await pds(folder, 'disconnect');
    const { code } = await run(PDS, ['--folder', join(folder, 'pds'), 'sync'], { cwd: folder });
    assert.equal(code, 3, 'disconnected');
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
    const demo = new Running(BINARY, ['demo', '--listen', listen, '--dir', join(folder, 'data')], {
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
