// What apps, systems and operators get wrong about volunteered data: each answered with its own code, and nothing stored.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';
import { System } from '../support/system.mjs';

const objects = join(dirname(fileURLToPath(import.meta.url)), '../../crates/counterfoil/src/sample/config');
const BOTH = ['read', 'write'];
const named = (ask, version = 1) => ({ ask, version });
const details = (asks, { access = BOTH, ...more } = {}) => [{ type: 'volunteered', asks, access, ...more }];
const told = (value, more = {}) => ({ ask: 'q2', version: 1, value, ...more });
const deep = (levels) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('answers that are refused', { timeout: 300_000 }, () => {
  let service;
  let app;
  let connection;
  let reader;
  let other;
  let customerId;
  let item;
  let foreign;
  let system;

  before(async () => {
    const orders = await generated({ customers: 3, orders: 30 });
    service = await Service.init();
    await service.ingestFile(orders.file);
    const files = readdirSync(objects).filter((name) => name.endsWith('.toml')).map((name) => join(objects, name));
    await service.json(['config-objects', 'publish', ...files]);
    await service.serve();
    const ids = [...orders.customers.keys()];
    [customerId] = ids;
    app = await App.register(service, { scope: 'volunteered:read volunteered:write' });
    connection = await connect(app, customerId, details([named('q2'), named('q3')]));
    reader = await connect(app, customerId, details([named('q2')], { access: ['read'] }));
    const another = await App.register(service, { name: 'Another', scope: 'volunteered:read volunteered:write' });
    other = await connect(another, customerId, details([named('q2')]));
    const stranger = await connect(app, ids[1], details([named('q2')]));
    item = (await tell(connection, told({ roast: 'mild' }))).body.data.id;
    foreign = (await tell(stranger, told({ roast: 'mild' }))).body.data.id;
    system = await System.register(service, { purposes: ['p2'] });
  });
  after(() => service.stop());

  /** What a customer allows who ticks every ask. */
  async function connect(by, id, asked) {
    const pending = await by.ask({ authorization_details: JSON.stringify(asked) });
    const customer = new Customer(service.url, id);
    const page = await customer.signIn(await customer.open(pending.url));
    const { away } = await customer.submit(page, '#consent-form', '#allow', { ask: asked[0].asks.map(({ ask }) => ask) });
    return by.redeem(pending, away);
  }

  async function send(by, method, path, body, headers = {}) {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await by.request(path, { method, body: text, headers: { 'content-type': 'application/json', ...headers } });
    return { status: response.status, body: await response.json() };
  }

  const tell = (by, body, headers) => send(by, 'POST', '/v1/volunteered', body, headers);
  const stored = async () => (await service.sql('SELECT count(*) FROM items')).concat(await service.sql('SELECT count(*) FROM consents'));

  // What is sent to be told, and what it is refused with; `at` is where the fault lies.
  const TOLD = [
    ['another type than the schema says', told({ roast: 1 }), 422, 'invalid_answer', '/value/roast'],
    ['a choice that is not offered', told({ roast: 'burnt' }), 422, 'invalid_answer', '/value/roast'],
    ['a member that the schema does not know', told({ milk: true }), 422, 'invalid_answer', '/value'],
    ['a list for an object', told(['mild']), 422, 'invalid_answer', '/value'],
    ['null', told(null), 422, 'invalid_answer', '/value'],
    ['a text that is longer than the schema allows', told({ note: 'x'.repeat(301) }), 422, 'invalid_answer', '/value/note'],
    ['a text with U+0000', told({ note: 'a\u0000b' }), 422, 'invalid_answer', '/value/note'],
    ['a broken number', told({ note: 0.5 }), 422, 'invalid_answer', '/value/note'],
    ['a number beyond 2^53', '{"ask":"q2","version":1,"value":{"note":9007199254740993}}', 422, 'invalid_answer', '/value/note'],
    ['a nesting that is too deep', told(deep(20)), 422, 'invalid_answer', `/value${'/0'.repeat(12)}`],
    ['a nesting that no reader follows', `{"ask":"q2","version":1,"value":${'['.repeat(500)}${']'.repeat(500)}}`, 400, 'invalid_request', undefined],
    ['a value that is too large', told({ note: 'x'.repeat(20_000) }), 413, 'answer_too_large', undefined],
    ['a body that is too large', told({ note: 'x'.repeat(300_000) }), 413, 'too_large', undefined],
    ['a member of the value twice', '{"ask":"q2","version":1,"value":{"roast":"mild","roast":"mild"}}', 400, 'invalid_request', undefined],
    ['a member of the body twice', '{"ask":"q2","ask":"q3","version":1,"value":{}}', 400, 'invalid_request', undefined],
    ['a member that the contract does not know', told({}, { consent: true }), 400, 'invalid_request', undefined],
    ['no value', { ask: 'q2', version: 1 }, 400, 'invalid_request', undefined],
    ['no JSON', 'roast=mild', 400, 'invalid_request', undefined],
    ['nothing', '', 400, 'invalid_request', undefined],
    ['a version as text', told({}, { version: '1' }), 400, 'invalid_request', undefined],
    ['an ask that nobody published', told({}, { ask: 'q99' }), 404, 'unknown_ask', undefined],
    ['a version that nobody published', told({}, { version: 9 }), 404, 'unknown_ask', undefined],
    ['an ask that the grant does not name', told({}, { ask: 'q1' }), 403, 'ask_not_named', undefined],
  ];
  for (const [name, body, status, code, at] of TOLD) {
    it(`${name}: ${code}`, async () => {
      const before = await stored();
      const refused = await tell(connection, body);
      assert.deepEqual([refused.status, refused.body.code, refused.body.errors?.[0].pointer], [status, code, at]);
      assert.ok(!JSON.stringify(refused.body).includes('xxx'), 'nothing of a value is repeated');
      assert.deepEqual(await stored(), before);
    });
  }

  it('another kind of content: invalid_request', async () => {
    const refused = await tell(connection, told({}), { 'content-type': 'text/plain' });
    assert.deepEqual([refused.status, refused.body.code], [400, 'invalid_request']);
  });

  it('an Idempotency-Key that is none, and one that is used again with another body', async () => {
    for (const key of ['', 'a b', 'x'.repeat(256)]) {
      const refused = await tell(connection, told({ roast: 'mild' }), { 'idempotency-key': key });
      assert.deepEqual([refused.status, refused.body.code], [400, 'invalid_request'], key);
    }
    const key = { 'idempotency-key': randomUUID() };
    const first = await tell(connection, told({ roast: 'mild' }), key);
    assert.equal(first.status, 201);
    const before = await stored();
    const other = await tell(connection, told({ roast: 'strong' }), key);
    assert.deepEqual([other.status, other.body.code], [409, 'idempotency_key_reused']);
    const elsewhere = await send(connection, 'POST', '/v1/volunteered?x=1', told({}), key);
    assert.deepEqual([elsewhere.status, elsewhere.body.code], [400, 'unknown_parameter']);
    assert.deepEqual(await stored(), before);
    assert.deepEqual((await tell(connection, told({ roast: 'mild' }), key)).body, first.body);
  });

  it('items that are not the app\'s own', async () => {
    for (const [by, id] of [[other, item], [connection, foreign], [connection, `vol_${'a'.repeat(26)}`], [connection, 'x']]) {
      for (const [method, body] of [['PUT', { value: { roast: 'mild' } }], ['DELETE', undefined]]) {
        const refused = await send(by, method, `/v1/volunteered/${id}`, body);
        assert.deepEqual([refused.status, refused.body.code], [404, 'not_found'], `${method} ${id}`);
      }
    }
  });

  it('a correction that is not what the ask describes', async () => {
    const refused = await send(connection, 'PUT', `/v1/volunteered/${item}`, { value: { roast: 2 } });
    assert.deepEqual([refused.status, refused.body.code, refused.body.errors[0].pointer], [422, 'invalid_answer', '/value/roast']);
    const more = await send(connection, 'PUT', `/v1/volunteered/${item}`, { value: {}, ask: 'q3' });
    assert.deepEqual([more.status, more.body.code], [400, 'invalid_request']);
  });

  it('what the grant does not let do', async () => {
    for (const [method, path, body] of [
      ['POST', '/v1/volunteered', told({})], ['PUT', `/v1/volunteered/${item}`, { value: {} }], ['DELETE', `/v1/volunteered/${item}`],
    ]) {
      const refused = await send(reader, method, path, body);
      assert.deepEqual([refused.status, refused.body.code], [403, 'insufficient_scope'], `${method} ${path}`);
    }
  });

  it('requests for grants that cannot be', async () => {
    const push = async (asked) => {
      try {
        await app.ask({ authorization_details: JSON.stringify(asked) });
        return 'pushed';
      } catch ({ error }) {
        return error;
      }
    };
    const cases = {
      'no asks': details([]),
      'the same ask twice': details([named('q2'), named('q2')]),
      'an ask that nobody published': details([named('q99')]),
      'a version that is not open': details([named('q2', 2)]),
      'no access': details([named('q2')], { access: [] }),
      'an unknown access': details([named('q2')], { access: ['erase'] }),
      'two objects of one type': [...details([named('q2')]), ...details([named('q3')])],
      'a member that is not offered': details([named('q2')], { datasets: ['purchases'] }),
      'purchases that the app may not ask for': [...details([named('q2')]), { type: 'purchase_history', datasets: ['purchases'], duration: 'P30D' }],
      nothing: [],
    };
    for (const [name, asked] of Object.entries(cases)) assert.equal(await push(asked), 'invalid_authorization_details', name);
  });

  it('a notice that was changed or forged', async () => {
    const customer = new Customer(service.url, customerId);
    const page = await customer.signIn(await customer.open('/asks/q3'));
    assert.equal(page.response.status, 200);
    const seen = page.$('#ask-form input[name=seen]').attr('value');
    assert.match(seen, /^sha256:/);
    const before = await service.sql("SELECT state FROM consents WHERE purpose = 'p3'");
    for (const answer of ['#no', '#later', '#yes']) {
      const forged = await customer.submit(page, '#ask-form', answer, { seen: `sha256:${'0'.repeat(64)}` });
      assert.ok([409, 422].includes(forged.response.status), `${answer}: ${forged.response.status}`);
    }
    assert.deepEqual(await service.sql("SELECT state FROM consents WHERE purpose = 'p3'"), before);
  });

  it('a customer who has gone dark is told nothing for', async () => {
    const id = customerId;
    const customer = new Customer(service.url, id);
    const page = await customer.signIn(await customer.open('/dark'));
    await customer.submit(page, '#dark-form', '#go-dark');
    const refused = await tell(connection, told({ roast: 'mild' }));
    assert.deepEqual([refused.status, refused.body.code], [409, 'gone_dark']);
    assert.equal((await system.decide(id, 'p2')).permitted, false);
  });

  it('an ask that is closed', async () => {
    const { hash } = (await service.json(['config-objects', 'list'])).find(({ kind, id }) => kind === 'ask' && id === 'q3');
    assert.ok(hash);
    await service.json(['config-objects', 'retire', 'ask', 'q3', '--reason', 'a test']);
    const customer = new Customer(service.url, customerId);
    const page = await customer.signIn(await customer.open('/dark'));
    await customer.submit(page, '#again-form', '#start-again');
    const refused = await tell(connection, { ask: 'q3', version: 1, value: {} });
    assert.deepEqual([refused.status, refused.body.code], [409, 'ask_closed']);
  });

  it('a suspended app', async () => {
    await service.json(['apps', 'suspend', app.clientId, '--reason', 'a test']);
    const refused = await tell(connection, told({ roast: 'mild' }));
    assert.deepEqual([refused.status, refused.body.code], [403, 'app_suspended']);
    await service.json(['apps', 'reinstate', app.clientId]);
  });

  it('objects that cannot be published: a reward for a special category, an unknown purpose', async () => {
    const ask = readFileSync(join(objects, 'coffee-ask.toml'), 'utf8').replace('"q2"', '"q9"');
    const purpose = readFileSync(join(objects, 'coffee-purpose.toml'), 'utf8').replace('"p2"', '"p9"')
      .replace('optional = true', 'optional = true\nspecial_category = true')
      .replace('lawful_basis = "eu-gdpr:A6-1-a"', 'lawful_basis = "eu-gdpr:A9-2-a"\nimpact_assessment = "https://shop.example/dpia/1"');
    const publish = async (...texts) => {
      const paths = texts.map((text, number) => {
        const path = join(service.folder, `bad-${number}.toml`);
        writeFileSync(path, text);
        return path;
      });
      return service.attempt(['config-objects', 'publish', ...paths]);
    };
    const unknown = await publish(ask.replace('purpose = "p2"', 'purpose = "p77"'));
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /purpose/);
    const rewarded = await publish(purpose, ask.replace('purpose = "p2"', 'purpose = "p9"'));
    assert.equal(rewarded.code, 2);
    assert.match(rewarded.stderr, /offer\.amount/);
  });
});
