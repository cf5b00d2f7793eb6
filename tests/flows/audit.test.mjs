// Questions of an auditor, on the command line and as a member of staff who signed in at the identity provider.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { IdentityProvider, Member, NUMBER_CLAIM } from '../support/provider.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const STAFF = 'olga';
const LOOK = ['--by', STAFF, '--case', 'case-17'];

describe('an auditor', { timeout: 180_000 }, () => {
  let provider;
  let service;
  let app;
  let customerId;
  let given;
  let withdrawn;

  before(async () => {
    const orders = await generated({ customers: 3, orders: 60 });
    [customerId] = orders.customers.keys();
    provider = await IdentityProvider.listen();
    const staff = { LOGIN__STAFF_CLAIM: NUMBER_CLAIM, LOGIN__STAFF_ROLE: 'auditor' };
    service = await Service.init({ settings: { ...provider.settings(), ...staff } });
    await service.ingestFile(orders.file);
    provider.numbers.set(STAFF, 'auditor');
    provider.numbers.set(customerId, 'auditors');
    await Promise.all([provider.admit(service), service.serve()]);

    app = await App.register(service);
    const customer = new Member(service.url, provider, customerId);
    const connection = await app.connect(customer);
    assert.equal((await connection.fetch('/v1/purchases?limit=3')).status, 200);
    await published();
    given = new Date();
    await customer.stop(connection.grantId);
    await published();
    withdrawn = new Date();
  });
  after(async () => {
    await service?.stop();
    await provider?.stop();
  });

  /** A checkpoint covers what there is, and the clock has gone on. */
  async function published() {
    for (;;) {
      const { access, consent } = await service.json(['ledger', 'head']);
      if (access.signed === access.size && consent.signed === consent.size) break;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }

  const times = (valid, known) => ({ validAt: valid.toISOString(), knownAt: known.toISOString() });
  const asOf = (valid, known, ...more) =>
    service.command(['audit', 'as-of', '--customer', customerId, '--valid-at', valid.toISOString(), '--known-at', known.toISOString(), ...LOOK, ...more]);

  it('is told on the command line what held, what was known and what left', async () => {
    const before = JSON.parse(await asOf(given, given, '--proofs'));
    const [grant] = before.records;
    assert.equal(grant.kind, 'grant');
    assert.equal(grant.inForce.state, 'given');
    assert.equal(grant.knew.state, 'given');
    assert.match(grant.inForce.decidedBy.at(-1).proof, /^c2sp\.org\/tlog-proof@v1\nindex \d+\n/);
    assert.deepEqual([grant.between.entries, grant.between.purchases], [1, 3]);
    const { records: [after] } = JSON.parse(await asOf(withdrawn, given));
    assert.equal(after.inForce.state, 'withdrawn');
    assert.equal(after.knew.state, 'given', 'the withdrawal was not known then');
    assert.equal(after.correctedBy.type, 'grant.withdrawn');
    assert.equal(await asOf(withdrawn, given), await asOf(withdrawn, given), 'the same bytes');
    const early = JSON.parse(await asOf(withdrawn, new Date(0)));
    assert.deepEqual([early.ledger, early.records[0].knew], ['unknown', 'unknown']);
  });

  it('is told who was touched, what rests on a configuration, and what is processed', async () => {
    const affected = await service.json(['audit', 'affected', '--app', app.clientId, '--from', '2020-01-01T00:00:00Z', '--to', withdrawn.toISOString(), ...LOOK]);
    assert.deepEqual(affected.customers.map(({ customer, purchases }) => [customer, purchases]), [[customerId, 3]]);
    const { inForce } = JSON.parse(await asOf(given, given)).records[0];
    const resting = await service.json(['audit', 'by-config', inForce.decidedBy[0].config, ...LOOK]);
    assert.deepEqual(resting.records.map(({ customer, state }) => [customer, state]), [[customerId, 'withdrawn']]);
    const processing = await service.json(['audit', 'processing-record']);
    assert.equal(processing.activities.find(({ id }) => id === 'sharing').recipients[0].id, app.clientId);
    assert.match(processing.controller.contact, /60311 Frankfurt am Main, Germany; privacy@stores\.example/);
    assert.equal(processing.controller.protectionOfficer, 'dpo@stores.example');
    const sharing = processing.activities.find(({ id }) => id === 'sharing');
    assert.deepEqual([sharing.transfers, sharing.retention.slice(0, 17)], [[], 'Until you stop it']);
    assert.equal(sharing.config, inForce.decidedBy[0].config);
    // What only the operator can say is named by its clause.
    assert.ok(processing.missing.every(({ clause }) => clause === '30(1)(f)'), JSON.stringify(processing.missing));
    const refused = await service.attempt(['audit', 'as-of', '--customer', customerId, '--valid-at', '2999-01-01T00:00:00Z', '--known-at', given.toISOString(), ...LOOK]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /validAt lies in the future/);
    const anonymous = await service.attempt(['audit', 'by-config', inForce.decidedBy[0].config]);
    assert.equal(anonymous.code, 2, 'nobody looks without a name and a case');
  });

  it('asks over HTTP once signed in with the role, and nobody else does', async () => {
    const address = `/v1/audit/as-of?${new URLSearchParams({ customer: customerId, ...times(withdrawn, given), case: 'case-17' })}`;
    const olga = new Member(service.url, provider, STAFF);
    assert.equal((await olga.open(address)).response.status, 401);
    await olga.signIn(await olga.open('/sign-in'));
    const { response, $ } = await olga.open(address);
    assert.equal(response.status, 200, $.text());
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(JSON.parse($.text()), JSON.parse(await asOf(withdrawn, given)), 'what the command says');
    for (const path of ['processing-record', `affected?${new URLSearchParams({ app: app.clientId, from: '2020-01-01T00:00:00Z', to: withdrawn.toISOString(), case: 'c' })}`, `by-config?config=sha256:${'0'.repeat(64)}&case=c`]) {
      assert.equal((await olga.open(`/v1/audit/${path}`)).response.status, 200, path);
    }
    const customer = new Member(service.url, provider, customerId);
    await customer.signIn(await customer.open('/sign-in'));
    const refused = await customer.open(address);
    assert.equal(refused.response.status, 403);
    assert.match(refused.$.text(), /insufficient_role/);
  });

  it('is on record, with the case, and the ledger is whole', async () => {
    const entries = await service.lines(['ledger', 'entries']);
    const looks = entries.filter(({ header }) => header?.type === 'disclosure.staff');
    assert.ok(looks.length >= 8, `${looks.length}`);
    assert.ok(looks.every(({ header, payload }) => header.actor.kind === 'staff' && payload.case));
    await published();
    const verified = await service.attempt(['ledger', 'verify', '--deep']);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });
});
