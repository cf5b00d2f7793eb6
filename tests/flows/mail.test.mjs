// Receipts by a real mail server, to the address that the sign-in told; what the server refuses is tried again; nothing of
// it is in a log; and the address goes with its customer.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { App } from '../support/client.mjs';
import { temporaryFolder } from '../support/folder.mjs';
import { run, until } from '../support/process.mjs';
import { IdentityProvider, Member } from '../support/provider.mjs';
import { generated } from '../support/sample.mjs';
import { PDS, Service } from '../support/service.mjs';

const [USER, PASSWORD] = ['counterfoil', 'a-password-of-the-mail-server'];
const ADDRESS = 'ann.of.the.mail@mail.example';

describe('receipts by a mail server', { timeout: 300_000 }, () => {
  const folder = temporaryFolder('mail');
  const letters = [];
  let isFull = true;
  let refused = 0;
  let server;
  let provider;
  let service;
  let app;
  let ann;
  let ben;
  before(async () => {
    server = new SMTPServer({
      authMethods: ['PLAIN', 'LOGIN'], allowInsecureAuth: true, hideSTARTTLS: true, logger: false,
      onAuth: ({ username, password }, _, done) =>
        done(username === USER && password === PASSWORD ? null : new Error('no'), { user: username }),
      onData: (stream, session, done) => {
        simpleParser(stream).then((letter) => {
          if (isFull) {
            refused += 1;
            return done(Object.assign(new Error('the mailbox is full'), { responseCode: 452 }));
          }
          letters.push({ to: session.envelope.rcptTo.map(({ address }) => address), letter });
          return done();
        }, done);
      },
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const orders = await generated({ customers: 3, orders: 40 });
    [ann, ben] = [...orders.customers.keys()];
    provider = await IdentityProvider.listen();
    provider.addresses.set(ann, { email: ADDRESS, email_verified: true });
    provider.addresses.set(ben, { email: 'not.bens@mail.example', email_verified: false });
    service = await Service.init({ settings: {
      ...provider.settings(), LOGIN__ADDRESS_CLAIM: 'email',
      MAIL__TRANSPORT: 'smtp', MAIL__FROM: 'The shop <receipts@shop.example>',
      MAIL__URL: `smtp://${USER}:${PASSWORD}@127.0.0.1:${server.server.address().port}`,
    } });
    await service.ingestFile(orders.file);
    await Promise.all([provider.admit(service), service.serve()]);
    app = await App.register(service);
  });
  after(async () => {
    await service?.stop();
    await provider?.stop();
    await new Promise((resolve) => { server.close(resolve); });
  });

  it('is tried again while the server does not take it, and then comes, whole', async () => {
    await app.connect(new Member(service.url, provider, ann));
    await until('the server refused it', () => refused > 0, { ms: 30_000 });
    isFull = false;
    const { to, letter } = await until('a letter came', () => letters[0], { ms: 60_000 });
    assert.deepEqual(to, [ADDRESS]);
    assert.equal(letter.from.text, '"The shop" <receipts@shop.example>');
    assert.match(letter.text, new RegExp(`${service.url}/stop/cfs_`));
    const [{ contentType, filename, content }] = letter.attachments;
    assert.deepEqual([contentType, letter.attachments.length], ['application/zip', 1]);
    assert.match(filename, /^receipt-gra_.*\.zip$/);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'receipt.zip');
    writeFileSync(file, content);
    const { code, stdout, stderr } = await run(PDS, ['--folder', join(folder, 'pds'), 'verify', file, '--url', service.url]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /The receipt holds/);
  });

  it('never goes to an address that the provider does not vouch for', async () => {
    await app.connect(new Member(service.url, provider, ben));
    await until('the log says that it was not sent', () => /the sign-in told no address/.test(service.logText()), { ms: 30_000 });
    assert.equal(letters.length, 1);
  });

  it('forgets the address with its customer', async () => {
    assert.deepEqual(await service.sql('SELECT count(*) FROM addresses'), ['1']);
    const member = new Member(service.url, provider, ann);
    await member.signIn(await member.open('/sign-in'));
    const page = await member.open('/erase');
    await member.submit(page, '#erase-form', '#erase', { sure: 'yes' });
    assert.deepEqual(await service.sql('SELECT count(*) FROM addresses'), ['0']);
  });

  it('leaves neither address nor password in a log', () => {
    const text = service.logText();
    for (const secret of [ADDRESS, 'not.bens', PASSWORD, 'cfs_']) assert.ok(!text.includes(secret), secret);
  });
});
