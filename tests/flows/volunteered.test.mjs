// What customers volunteer, the whole loop: asked, told by an app, confirmed, used, given for, corrected, taken back; on
// PostgreSQL with Kafka beside it, on which the retailer's systems are told.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { App } from '../support/client.mjs';
import { operations, seen } from '../support/contract.mjs';
import { Customer } from '../support/customer.mjs';
import { Kafka } from '../support/kafka.mjs';
import { Postgres } from '../support/postgres.mjs';
import { run, until } from '../support/process.mjs';
import { generated } from '../support/sample.mjs';
import { PDS, Service } from '../support/service.mjs';
import { System } from '../support/system.mjs';

const objects = join(dirname(fileURLToPath(import.meta.url)), '../../crates/counterfoil/src/sample/config');
const TOPICS = { consents: 'told-consents', volunteered: 'told-items' };
const SCOPES = 'volunteered:read volunteered:write';
const COFFEE = { form: 'beans', roast: 'strong', decaffeinated: false };
const details = (asks, access = ['read', 'write']) => JSON.stringify([{ type: 'volunteered', asks, access, statedUse: 'filling in forms' }]);

/** A request with a JSON body; gives {status, body, headers}. */
async function send(connection, method, path, body, headers = {}) {
  const response = await connection.request(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text && JSON.parse(text), headers: response.headers };
}

for (const database of ['SQLite', 'PostgreSQL']) {
  describe(`what customers volunteer, on ${database}`, { timeout: 300_000 }, () => {
    let postgres;
    let kafka;
    let service;
    let app;
    let customer;
    let customerId;
    let connection;
    let coffee;
    let own;
    let item;

    before(async () => {
      const orders = await generated({ customers: 2, orders: 20 });
      if (database === 'PostgreSQL') {
        [postgres, kafka] = await Promise.all([Postgres.start(), Kafka.start()]);
        for (const topic of Object.values(TOPICS)) await kafka.createTopic(topic, 1, { 'cleanup.policy': 'compact' });
      }
      const relay = { RELAY__ENABLED: true, RELAY__CONSENTS_TOPIC: TOPICS.consents, RELAY__VOLUNTEERED_TOPIC: TOPICS.volunteered };
      service = await Service.init({ postgres, kafka, settings: kafka ? relay : {} });
      await service.ingestFile(orders.file);
      const files = readdirSync(objects).filter((name) => name.endsWith('.toml')).map((name) => join(objects, name));
      await service.json(['config-objects', 'publish', ...files]);
      await service.serve();
      app = await App.register(service, { scope: SCOPES });
      [customerId] = orders.customers.keys();
      customer = new Customer(service.url, customerId);
      coffee = await System.register(service, { name: 'Coffee shelf', purposes: ['p2'] });
      own = await System.register(service, { name: 'Other shelf', purposes: ['p1'] });
    });
    after(async () => {
      await service?.stop();
      await Promise.all([postgres?.stop(), kafka?.stop()]);
    });

    /** What stands on a topic of the relay, once `isThere` finds something in it. */
    const onKafka = (topic, isThere) => until(`${topic} tells it`, async () => {
      const messages = await kafka.read(TOPICS[topic], 0);
      return messages.some(isThere) && messages;
    }, { ms: 60_000 });

    const requests = async () => Number((await service.sql("SELECT count(*) FROM consents WHERE purpose = 'p2'"))[0]);

    it('an app asks for nothing but to answer questions, and the customer chooses which', async () => {
      const asks = [{ ask: 'q1', version: 1 }, { ask: 'q2', version: 1 }];
      const pending = await app.ask({ authorization_details: details(asks) });
      const page = await customer.signIn(await customer.open(pending.url));
      assert.equal(page.url.pathname, '/consent');
      assert.deepEqual(page.$('input[name=ask]').map((_, box) => page.$(box).attr('value')).get(), ['q1', 'q2']);
      assert.equal(page.$('input[checked][type=checkbox]').length, 0, 'nothing is ticked');
      assert.equal(page.$('input[name=from], input[name=dataset]').length, 0, 'nothing is asked of purchases');
      const nothing = await customer.submit(page, '#consent-form', '#allow');
      assert.equal(nothing.response.status, 422);
      assert.equal(nothing.$('#asks-error').length, 1);
      const { away } = await customer.submit(nothing, '#consent-form', '#allow', { ask: ['q2'] });
      connection = await app.redeem(pending, away);
      assert.deepEqual(connection.tokens.authorization_details, [{
        type: 'volunteered', asks: [{ ask: 'q2', version: 1 }], access: ['read', 'write'], duration: 'P90D', statedUse: 'filling in forms',
      }]);
      assert.equal(connection.tokens.scope, SCOPES);
      const grant = await send(connection, 'GET', '/v1/grant');
      assert.deepEqual(grant.body.data.volunteered, { asks: [{ ask: 'q2', version: 1 }], access: ['read', 'write'] });
      assert.deepEqual([grant.body.data.datasets, grant.body.data.scope], [[], SCOPES]);
      const purchases = await send(connection, 'GET', '/v1/purchases');
      assert.deepEqual([purchases.status, purchases.body.code], [403, 'insufficient_scope']);
    });

    it('the app reads what it may answer, in a language of its choice', async () => {
      const { status, body, headers } = await send(connection, 'GET', '/v1/asks', undefined, { 'accept-language': 'fr, de;q=0.5' });
      assert.deepEqual([status, headers.get('content-language'), body.data.length], [200, 'de', 1]);
      assert.deepEqual([body.data[0].id, body.data[0].isOpen, body.data[0].title], ['q2', true, 'Wie mögen Sie Ihren Kaffee?']);
      const english = await send(connection, 'GET', '/v1/asks', undefined, { 'accept-language': 'fr' });
      assert.equal(english.headers.get('content-language'), 'en');
    });

    it('the customer looks at the question: asked, with an entry', async () => {
      assert.equal(await requests(), 0);
      const page = await customer.open('/asks/q2');
      assert.equal(page.response.status, 200);
      assert.equal(await requests(), 1);
      const { permitted, reason } = await coffee.decide(customerId, 'p2');
      assert.deepEqual([permitted, reason], [false, 'requested']);
    });

    it('what the app sends waits, unread, and is carried out once', async () => {
      const told = { ask: 'q2', version: 1, value: COFFEE };
      const key = { 'idempotency-key': randomUUID() };
      const first = await send(connection, 'POST', '/v1/volunteered', told, key);
      assert.deepEqual([first.status, first.body.data.state], [201, 'waiting']);
      item = first.body.data;
      assert.equal(item.confirmUrl, `${service.url}/told/${item.id}/confirm`);
      assert.equal(first.headers.get('location'), `${service.url}/v1/volunteered/${item.id}`);
      const again = await send(connection, 'POST', '/v1/volunteered', told, key);
      assert.deepEqual([again.status, again.body.data], [201, item]);
      const other = await send(connection, 'POST', '/v1/volunteered', { ...told, value: { ...COFFEE, roast: 'mild' } }, key);
      assert.deepEqual([other.status, other.body.code], [409, 'idempotency_key_reused']);
      const { body } = await send(connection, 'GET', '/v1/volunteered');
      assert.deepEqual([body.data.length, body.data[0].id, body.data[0].value], [1, item.id, COFFEE]);
      const page = await coffee.send('GET', '/v1/volunteered-items?purpose=p2');
      assert.deepEqual(page.body.data, [], 'nobody gets what waits');
    });

    it('the customer says yes on the page, and the system may use it', async () => {
      const page = await customer.open(item.confirmUrl);
      assert.equal(page.response.status, 200);
      const done = await customer.submit(page, '#confirm-form', '#yes');
      assert.equal(done.url.pathname, '/told');
      const decision = await coffee.decide(customerId, 'p2');
      assert.deepEqual([decision.permitted, decision.reason], [true, 'given']);
      assert.equal((await own.decide(customerId, 'p1')).permitted, false, 'for another purpose it is not');
      const { body } = await coffee.send('GET', '/v1/volunteered-items?purpose=p2');
      assert.deepEqual([body.data.length, body.data[0].id, body.data[0].customerId, body.data[0].value], [1, item.id, customerId, COFFEE]);
      const uses = [{ id: item.id, at: new Date().toISOString(), says: 'Strong beans came first' }];
      const key = randomUUID();
      for (let times = 0; times < 2; times += 1) {
        const used = await coffee.send('POST', '/v1/uses', { purpose: 'p2', uses }, { 'idempotency-key': key });
        assert.deepEqual([used.status, used.body.data], [200, { recorded: 1 }]);
      }
      assert.deepEqual(await service.sql('SELECT times FROM uses'), ['1'], 'counted once');
      const told = await customer.open('/told');
      assert.match(told.$(`#${item.id}`).text(), /Coffee shelf/);
    });

    it('what was offered is due, and delivered by the system of that purpose alone', async () => {
      const { body } = await send(connection, 'GET', '/v1/volunteered');
      const { exchange } = body.data[0];
      assert.deepEqual([exchange.state, exchange.amount, exchange.unit], ['due', '50', 'points']);
      const path = `/v1/exchanges/${exchange.id}/delivered`;
      const foreign = await own.send('POST', path, { reference: 'x' });
      assert.deepEqual([foreign.status, foreign.body.code], [404, 'not_found']);
      const empty = await coffee.send('POST', path, { reference: ' ' });
      assert.deepEqual([empty.status, empty.body.errors[0].pointer], [422, '/reference']);
      const key = { 'idempotency-key': randomUUID() };
      for (let times = 0; times < 2; times += 1) {
        const given = await coffee.send('POST', path, { reference: 'points-1' }, key);
        assert.deepEqual([given.status, given.body.data.state], [200, 'delivered']);
      }
      const other = await coffee.send('POST', path, { reference: 'points-2' }, key);
      assert.deepEqual([other.status, other.body.code], [409, 'idempotency_key_reused']);
      const again = await coffee.send('POST', path, { reference: 'points-1' });
      assert.deepEqual([again.status, again.body.code], [409, 'not_now']);
    });

    it('the app corrects it, and the old value is gone', async () => {
      const value = { ...COFFEE, roast: 'mild' };
      const corrected = await send(connection, 'PUT', `/v1/volunteered/${item.id}`, { value });
      assert.deepEqual([corrected.status, corrected.body.data.state, corrected.body.data.value], [200, 'live', undefined]);
      const page = await coffee.send('GET', '/v1/volunteered-items?purpose=p2');
      assert.deepEqual(page.body.data.map((one) => one.value), [value]);
      const wrong = await send(connection, 'PUT', `/v1/volunteered/${item.id}`, { value: { roast: 'burnt' } });
      assert.deepEqual([wrong.status, wrong.body.errors[0].pointer], [422, '/value/roast']);
    });

    const withKafka = database === 'PostgreSQL' ? it : () => {};
    withKafka('the systems are told on Kafka, without the value and without the customer', async () => {
      const items = await onKafka('volunteered', ({ value }) => value?.data.itemId === item.id && value.data.version >= 3);
      const consents = await onKafka('consents', ({ value }) => value?.data.inForce === true);
      const text = JSON.stringify([items, consents]);
      assert.ok(!text.includes(customerId) && !text.includes('beans'), text);
      const known = consents.find(({ value }) => value?.data.inForce);
      const [pseudonym, record] = known.key.split('/');
      assert.deepEqual([known.value.data.pseudonym, known.value.data.record], [pseudonym, record]);
      const asked = [pseudonym, items[0].key.split('/')[0], `psn_${'a'.repeat(26)}`];
      const resolved = await coffee.send('POST', '/v1/pseudonyms/resolve', { pseudonyms: asked });
      assert.deepEqual(resolved.body.data, asked.slice(0, 2).map((name) => ({ pseudonym: name, customerId })));
      assert.notEqual(asked[0], asked[1], 'each topic has its own names');
      const wrong = await coffee.send('POST', '/v1/pseudonyms/resolve', { pseudonyms: [pseudonym, 'psn_x'] });
      assert.deepEqual([wrong.status, wrong.body.errors[0].pointer], [400, '/pseudonyms/1']);
    });

    it('the consent can be read, and its receipt holds', async () => {
      const { body } = await send(connection, 'GET', '/v1/consents');
      assert.deepEqual(body.data.map(({ ask, state, purpose }) => [ask, state, purpose.id]), [['q2', 'given', 'p2']]);
      const one = await send(connection, 'GET', `/v1/consents/${body.data[0].id}`);
      assert.deepEqual(one.body.data, body.data[0]);
      const receipt = await connection.request(`/v1/consents/${body.data[0].id}/receipt`);
      assert.equal(receipt.status, 200);
      const file = join(service.folder, 'consent.zip');
      writeFileSync(file, Buffer.from(await receipt.arrayBuffer()));
      const verified = await run(PDS, ['--folder', join(service.folder, 'pds'), 'verify', file]);
      assert.equal(verified.code, 0, verified.stderr);
      assert.match(verified.stdout, new RegExp(`^Receipt of ${body.data[0].id}, for the app`));
      assert.match(verified.stdout, /consent\.given/);
    });

    it('where a consent stands, what is sent is live at once', async () => {
      const more = await send(connection, 'POST', '/v1/volunteered', { ask: 'q2', version: 1, value: COFFEE });
      assert.deepEqual([more.status, more.body.data.state, more.body.data.confirmUrl], [201, 'live', undefined]);
      assert.equal((await send(connection, 'DELETE', `/v1/volunteered/${more.body.data.id}`)).status, 200);
    });

    it('the app takes it back: gone when the answer arrives', async () => {
      const withdrawn = await send(connection, 'DELETE', `/v1/volunteered/${item.id}`);
      assert.deepEqual([withdrawn.status, withdrawn.body.data.state, withdrawn.body.data.systemsToTell], [200, 'withdrawn', 1]);
      assert.deepEqual(await service.sql("SELECT count(*) FROM items WHERE value IS NOT NULL"), ['0']);
      assert.equal((await coffee.decide(customerId, 'p2', 'q2')).permitted, false);
      const page = await coffee.send('GET', '/v1/volunteered-items?purpose=p2');
      assert.deepEqual(page.body.data.filter(({ id }) => id === item.id).map(({ deleted }) => deleted), [true]);
      assert.ok(page.body.data.every(({ deleted }) => deleted), 'nothing is left to be had');
      const again = await send(connection, 'DELETE', `/v1/volunteered/${item.id}`);
      assert.deepEqual([again.status, again.body.code], [409, 'not_now']);
    });

    withKafka('a tombstone tells it on Kafka, and the system confirms', async () => {
      const isGone = ({ value }) => value?.data.itemId === item.id && value.data.deleted === true;
      const { value: { data: gone } } = (await onKafka('volunteered', isGone)).find(isGone);
      const before = await customer.open('/told');
      assert.match(before.$(`#${item.id}`).text(), /0 of 1/);
      const path = `/v1/propagation/${gone.propagationId}/ack`;
      const foreign = await own.send('POST', path, { outcome: 'deleted' });
      assert.deepEqual([foreign.status, foreign.body.code], [404, 'not_found'], 'it was never told');
      const wrong = await coffee.send('POST', path, { outcome: 'perhaps' });
      assert.deepEqual([wrong.status, wrong.body.errors[0].pointer], [400, '/outcome']);
      for (let times = 0; times < 2; times += 1) {
        const confirmed = await coffee.send('POST', path, { outcome: 'deleted' });
        assert.deepEqual([confirmed.status, confirmed.body.data.outcome], [200, 'deleted']);
      }
      const other = await coffee.send('POST', path, { outcome: 'none_held' });
      assert.deepEqual([other.status, other.body.code], [409, 'not_now']);
      const after = await customer.open('/told');
      assert.match(after.$(`#${item.id}`).text(), /1 of 1/);
    });

    it('what was taken back once needs a new yes', async () => {
      const told = await send(connection, 'POST', '/v1/volunteered', { ask: 'q2', version: 1, value: COFFEE });
      assert.deepEqual([told.status, told.body.data.state], [201, 'waiting']);
    });

    it('a grant that has ended lets nothing more be told', async () => {
      const { access_token: token } = connection.tokens;
      assert.ok(token);
      await customer.stop(connection.grantId);
      for (const [method, path, body] of [
        ['GET', '/v1/asks'], ['GET', '/v1/volunteered'], ['GET', '/v1/consents'],
        ['POST', '/v1/volunteered', { ask: 'q2', version: 1, value: COFFEE }],
      ]) {
        const ended = await send(connection, method, path, body);
        assert.deepEqual([ended.status, ended.body.code], [403, 'grant_withdrawn'], `${method} ${path}`);
      }
    });

    it('every operation of the contract about this has succeeded', () => {
      const succeeded = new Set([...seen.keys()].filter((name) => / 2\d\d$/.test(name)).map((name) => name.slice(0, -4)));
      const all = operations.filter(({ operation }) => operation.tags.includes('Volunteered'));
      const names = all.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
      assert.deepEqual(names.filter((name) => !succeeded.has(name)), []);
      assert.ok(names.length >= 8);
    });

    it('the tables are what the ledger says', async () => {
      assert.deepEqual(await service.json(['ledger', 'rebuild', '--check']), { differences: [] });
    });
  });
}
