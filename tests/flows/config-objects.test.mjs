// Configuration objects by the command line: published, refused, in versions; what decisions rest on; what was shown.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { readLedger } from '../support/ledger.mjs';
import { Service } from '../support/service.mjs';

const PURPOSE = `
kind = "purpose"
id = "p7"
title.en = "Recipes"
says.en = "We choose recipes for you."
purpose = "https://w3id.org/dpv#ProvidePersonalisedRecommendations"
lawful_basis = "eu-gdpr:A6-1-a"
retention = "k1"
recipients = ["rc1"]
controller = "r1"
notice = "n1"
terms = "t1"
jurisdiction = ["DE", "EU"]
storage_locations = ["DE"]
rights = ["eu-gdpr:A7-3", "eu-gdpr:A17"]
personal_data = [{ type = "https://w3id.org/dpv/pd#Preference", optional = true }]
withdrawal_method = { url = "/apps", says.en = "Press Stop." }
`;
const TERMS = `
kind = "terms"
id = "t1"
title.en = "Terms"
text.en = "It stays yours."
`;
const ASK = `
kind = "ask"
id = "a1"
purpose = "p7"
title.en = "What do you like to eat?"
why.en = "So that recipes fit."
without.en = "Nothing changes."
open_for = "P14D"
schema = { "$schema" = "https://json-schema.org/draft/2020-12/schema", type = "string" }
offer = { says.en = "A voucher.", amount = "5.00", currency = "EUR" }
`;

// What a file says, what is put in its place, and the field that the command then names.
const BAD = [
  [PURPOSE, 'id = "p7"', 'id = "diabetes"', 'id'],
  [PURPOSE, 'kind = "purpose"', 'kind = "reason"', 'kind'],
  [PURPOSE, 'https://w3id.org/dpv#Provide', 'ex:Provide', 'purpose'],
  [PURPOSE, 'dpv#ProvidePersonalisedRecommendations', 'dpv#ProvidePersonalizedRecommendations', 'purpose'],
  [PURPOSE, 'pd#Preference', 'pd#Preferences', 'personal_data[0].type'],
  [PURPOSE, 'says.en = "We choose recipes for you."', '', 'says'],
  [PURPOSE, 'lawful_basis = "eu-gdpr:A6-1-a"', '', 'lawful_basis'],
  [PURPOSE, 'retention = "k1"', '', 'retention'],
  [PURPOSE, '["rc1"]', '[]', 'recipients'],
  [PURPOSE, '["rc1"]', '["rc1", "rc9"]', 'recipients[1]'],
  [PURPOSE, 'controller = "r1"', 'controller = ""', 'controller'],
  [PURPOSE, 'notice = "n1"', 'notice = "n8"', 'notice'],
  [PURPOSE, 'terms = "t1"', '', 'terms'],
  [PURPOSE, '["DE", "EU"]', '["Germany"]', 'jurisdiction[0]'],
  [PURPOSE, 'storage_locations = ["DE"]', '', 'storage_locations'],
  [PURPOSE, 'url = "/apps", ', '', 'withdrawal_method.url'],
  [PURPOSE, '"eu-gdpr:A17"', '"eu-gdpr:A7-3"', 'rights'],
  [PURPOSE, 'optional = true', 'special_category = true', 'impact_assessment'],
  [PURPOSE, 'title.en = "Recipes"', 'title = { en = "Recipes", de = "Rezepte" }', 'says.de'],
  [PURPOSE, 'jurisdiction', 'juristiction', 'juristiction'],
  [ASK, '"5.00"', '5.00', 'offer.amount'],
  [ASK, 'says.en = "A voucher.", ', '', 'offer.says'],
  [ASK, '2020-12', '2019-09', 'schema.$schema'],
  [ASK, 'without.en = "Nothing changes."', '', 'without'],
  [ASK, 'open_for = "P14D"', 'open_for = "a fortnight"', 'open_for'],
  [TERMS, 'text.en = "It stays yours."', 'text.en = " "', 'text.en'],
  [TERMS, 'id = "t1"', 'id = t1', 'line 3, column 6'],
];

const hash = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A value as RFC 8785 writes it; there are no numbers but small whole ones. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

describe('configuration objects', { timeout: 300_000 }, () => {
  let service;
  let files;
  let folder;
  const file = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const publish = (...paths) => service.json(['config-objects', 'publish', ...paths, '--by', 'anna']);
  const listed = (...more) => service.json(['config-objects', 'list', ...more]);
  const consent = async () => (await readLedger(service)).consent;

  before(async () => {
    service = await Service.init();
    folder = join(service.folder, 'objects');
    mkdirSync(folder);
    files = join(service.folder, 'shipped');
    await service.json(['config-objects', 'export', files]);
  });

  it('a sandbox begins with the demo\'s, and each is an entry', async () => {
    assert.equal(service.initialised.configObjects, 5);
    assert.equal((await service.json(['init'])).configObjects, 0, 'once');
    const objects = await listed();
    assert.deepEqual(objects.map(({ kind, id, version }) => `${kind} ${id} ${version}`),
      ['grant g1 1', 'notice n1 1', 'realm r1 1', 'recipient rc1 1', 'retention k1 1']);
    const entries = await consent();
    assert.equal(entries.length, 5);
    for (const { header, payload } of entries) {
      assert.equal(header.type, 'config.published');
      assert.equal(objects.find(({ kind, id }) => kind === payload.kind && id === payload.id).hash, payload.hash);
    }
    const grant = await service.json(['config-objects', 'show', 'grant', 'g1']);
    assert.equal(hash(canonical(grant.object)), grant.hash, 'the hash is that of the canonical bytes');
    const { controller } = (await service.json(['config-objects', 'show', 'realm', 'r1'])).object.realm;
    for (const field of ['name', 'address', 'contact']) assert.ok(controller[field], field);
    const first = ['realm', 'retention', 'recipient', 'notice', 'grant'].map((name) => join(files, `${name}.toml`));
    assert.ok((await publish(...first)).every(({ published, version }) => !published && version === 1), 'they are what ships');
    assert.equal((await consent()).length, 5, 'what is unchanged publishes nothing');
  });

  it('all that ships can be published, six asks among it', async () => {
    const other = await Service.init();
    const all = readdirSync(files).map((name) => join(files, name));
    const outcomes = await other.json(['config-objects', 'publish', ...all]);
    const asks = outcomes.filter(({ kind }) => kind === 'ask');
    assert.deepEqual([asks.length, asks.every(({ published }) => published)], [6, true]);
  });

  it('a file with a mistake is refused by its name, its field and the rule', async () => {
    await publish(file('terms.toml', TERMS), file('purpose.toml', PURPOSE), file('ask.toml', ASK));
    const before = (await listed()).length;
    const bad = BAD.map(([text, from, to, field], number) => {
      assert.ok(text.includes(from), from);
      return { path: file(`bad-${number}.toml`, text.replace(from, to)), field };
    });
    for (const { path, field } of bad) {
      const { code, stdout, stderr } = await service.attempt(['config-objects', 'publish', path]);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      const told = stderr.split('\n').filter((line) => line.startsWith(`${path}: ${field}: `));
      assert.equal(told.length, 1, `${field}: ${stderr}`);
    }
    // All files at once, one of them good: every mistake is told, and nothing is published.
    const good = file('new.toml', TERMS.replace('t1', 't2'));
    const all = await service.attempt(['config-objects', 'publish', good, ...bad.map(({ path }) => path)]);
    for (const { path } of bad) assert.ok(all.stderr.includes(`${path}: `), path);
    assert.ok(!all.stderr.includes(good));
    assert.equal((await listed()).length, before);
  });

  it('nobody is rewarded for what is special', async () => {
    const special = PURPOSE.replace('p7', 'p8').replace('optional = true', 'special_category = true')
      .replace('A6-1-a', 'A9-2-a').concat('impact_assessment = "DPIA 12"\n');
    const paid = file('paid.toml', ASK.replace('p7', 'p8').replace('"a1"', '"a2"'));
    const purpose = file('special.toml', special);
    const refused = await service.attempt(['config-objects', 'publish', purpose, paid]);
    assert.equal(refused.code, 2);
    assert.ok(refused.stderr.includes(`${paid}: offer.amount: `), refused.stderr);
    await publish(purpose, file('unpaid.toml', ASK.replace('p7', 'p8').replace('"a1"', '"a2"').replace('5.00', '0')));
  });

  it('a changed file is a new version, and what names it stays until it is published again', async () => {
    const shipped = readFileSync(join(files, 'notice.toml'), 'utf8');
    const changed = file('notice.toml', shipped.replace('It is your right', 'It is your own right'));
    const [first] = await publish(changed);
    assert.deepEqual([first.kind, first.version, first.published], ['notice', 2, true]);
    const shown = await service.json(['config-objects', 'show', 'notice', 'n1', '--version', '1']);
    assert.ok(shown.object.notice.text.en.includes('It is your right'));
    const outcomes = await publish(changed, join(files, 'grant.toml'));
    assert.deepEqual(outcomes.map(({ kind, version, published }) => [kind, version, published]),
      [['notice', 2, false], ['grant', 2, true]]);
    const grant = await service.json(['config-objects', 'show', 'grant', 'g1']);
    assert.deepEqual(grant.object.grant.notice, { id: 'n1', hash: first.hash });
    const chain = (await consent()).filter(({ payload }) => payload.kind === 'grant');
    assert.equal(chain.length, 2);
    assert.equal(new Set(chain.map(({ header }) => header.record)).size, 1);
    assert.equal(chain[0].header.prev, null);
    assert.match(chain[1].header.prev, /^hmac-sha256:/);
    assert.deepEqual(chain[1].header.actor, { kind: 'staff', ref: 'anna' });
  });

  it('what is retired is named no more', async () => {
    const retire = (...args) => service.attempt(['config-objects', 'retire', ...args, '--reason', 'over', '--by', 'ben']);
    for (const [kind, id] of [['grant', 'g1'], ['realm', 'r1'], ['notice', 'n1'], ['terms', 't9']]) {
      assert.equal((await retire(kind, id)).code, 4, `${kind} ${id}`);
    }
    assert.equal((await retire('ask', 'a1')).code, 0);
    assert.equal((await consent()).at(-1).header.type, 'config.retired');
    assert.ok((await listed('--kind', 'ask')).find(({ id }) => id === 'a1').retiredAt);
    assert.equal((await service.attempt(['config-objects', 'show', 'ask', 'a7'])).code, 4);
    assert.equal((await service.attempt(['config-objects', 'show', 'asks', 'a1'])).code, 2);
  });

  it('a decision rests on what is in use, and what was shown is shown again', async () => {
    const { running } = await service.serve();
    const app = await App.register(service);
    const customer = new Customer(service.url, 'customer-001');
    const [inUse] = (await listed('--kind', 'grant')).slice(-1);
    await app.connect(customer, { duration: 'P30D' });
    // Published beside the running service, it holds for the next decision.
    const text = readFileSync(join(files, 'grant.toml'), 'utf8');
    const [next] = await publish(file('grant.toml', text.replace('storage_locations = ["DE"]', 'storage_locations = ["DE", "FR"]')));
    await app.connect(customer);
    const entries = await consent();
    const given = entries.filter(({ header }) => header.type === 'grant.given');
    assert.deepEqual(given.map(({ header }) => header.config), [inUse.hash, next.hash]);
    const registered = entries.find(({ header }) => header.type === 'app.registered');
    assert.equal(registered.payload.clientId, app.clientId);
    assert.equal(registered.header.config, null);

    const render = (id) => service.attempt(['notice', 'render', id]);
    const { code, stdout, stderr } = await render(given[0].header.id);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /<html lang="en">/);
    assert.match(stdout, /id="duration-P30D"[^>]* checked/);
    assert.ok(stdout.includes(given[0].payload.shown.app.name));
    // Another build with other words shows what was shown then.
    const own = join(service.folder, 'own');
    await service.command(['templates', 'export', own]);
    const words = join(own, 'en.ftl');
    writeFileSync(words, readFileSync(words, 'utf8').replaceAll('Stop sharing', 'End sharing'));
    const settings = { TEMPLATES__OVERRIDE_DIR: own };
    assert.equal(await service.command(['notice', 'render', given[0].header.id], { settings }), stdout);
    for (const [id, expected] of [
      ['ent_aaaaaaaaaaaaaaaaaaaaaaaaaa', 4], [registered.header.id, 4], ['gra_aaaaaaaaaaaaaaaaaaaaaaaaaa', 2],
    ]) {
      assert.equal((await render(id)).code, expected, id);
    }
    assert.equal(await running.stop(), 0);
    // An artefact that is not there is named.
    const { words: missing } = given[0].header.display;
    await service.sql(`DROP TRIGGER artefacts_never_deleted; DELETE FROM artefacts WHERE hash = '${missing}'`);
    const without = await render(given[0].header.id);
    assert.equal(without.code, 4);
    assert.ok(without.stderr.includes(`en.ftl (${missing})`), without.stderr);
    await service.serve();
    assert.equal((await render(given[0].header.id)).stdout, stdout, 'the next start stores what it is made of');
    await service.stop();
  });

  it('outside a sandbox nobody says who the shop is but the shop', async () => {
    const settings = {
      REALM__TIER: 'production', HTTP__PUBLIC_URL: 'https://shop.example',
      LOGIN__MODE: 'oidc', LOGIN__ISSUER: 'https://login.example', LOGIN__CLIENT_ID: 'counterfoil',
    };
    const real = await Service.init({ settings });
    assert.equal(real.initialised.configObjects, 0);
    const refused = await real.attempt(['serve']);
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /config-objects export/);
    const nameless = join(real.folder, 'realm.toml');
    writeFileSync(nameless, readFileSync(join(files, 'realm.toml'), 'utf8').replace(/^name = .*$/m, 'name = ""'));
    const others = readdirSync(files).filter((name) => name !== 'realm.toml').map((name) => join(files, name));
    const told = await real.attempt(['config-objects', 'publish', nameless, ...others]);
    assert.equal(told.code, 2);
    assert.ok(told.stderr.includes(`${nameless}: controller.name: `), told.stderr);
    assert.deepEqual(await real.json(['config-objects', 'list']), []);
  });
});
