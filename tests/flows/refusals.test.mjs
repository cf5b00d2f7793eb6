// What must not work, each with an answer of its own.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import * as oauth from 'openid-client';
import { App, Connection, hashOf, problemOf, prove } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const CODE_SECONDS = 60;

describe('refusals', { timeout: 300_000 }, () => {
  let service;
  let app;
  let customers;
  let connection;
  let purchase;
  let late;

  const someone = (index = 0) => new Customer(service.url, customers[index]);
  const nowSeconds = () => Math.floor(Date.now() / 1000);

  before(async () => {
    const orders = await generated({ customers: 4, orders: 400 });
    customers = [...orders.customers].filter(([, { purchases }]) => purchases > 5).map(([customer]) => customer);
    service = await Service.init();
    await service.ingestFile(orders.file);
    await service.serve();
    app = await App.register(service);
    connection = await app.connect(someone());
    const { data } = await (await connection.fetch('/v1/purchases?limit=2')).json();
    [purchase] = data;
    // Redeemed by the last test, when it is too old.
    const pending = await app.ask();
    late = { pending, away: await someone().answer(pending.url), at: Date.now() };
  });
  after(() => service.stop());

  /** Asks, lets the customer answer, and redeems by hand: {status, body}. */
  const redeem = async (pending, away, changes = {}, keyPair = pending.keyPair) => app.post('/oauth/token', {
    grant_type: 'authorization_code', code: away.searchParams.get('code'), redirect_uri: app.redirectUri,
    code_verifier: pending.verifier, ...changes,
  }, { proof: await prove(keyPair, 'POST', `${service.url}/oauth/token`) });

  const refused = async (response, status, code) => {
    assert.deepEqual(await problemOf(response), { status, code });
  };
  const oauthRefused = ({ status, body }, error) => {
    assert.deepEqual({ status, error: body.error }, { status: 400, error });
    assert.ok(body.error_description, 'it says why');
  };

  describe('at the API', () => {
    it("another customer's purchase is as if it did not exist", async () => {
      const other = await app.connect(someone(1));
      await refused(await other.request(`/v1/purchases/${purchase.id}`), 404, 'not_found');
      assert.equal((await connection.request(`/v1/purchases/${purchase.id}`)).status, 200);
    });
    it("another's cursor", async () => {
      const { links } = await (await connection.fetch('/v1/purchases?limit=2')).json();
      const { pathname, search } = new URL(links.next);
      const other = await app.connect(someone(1));
      await refused(await other.request(pathname + search), 400, 'cursor_mismatch');
      const sameCustomer = await (await App.register(service)).connect(someone());
      await refused(await sameCustomer.request(pathname + search), 400, 'cursor_mismatch');
    });
    it('a cursor that nobody made', async () => {
      await refused(await connection.request('/v1/purchases?cursor=AAAA'), 400, 'invalid_cursor');
    });
    it('an unknown parameter', async () => {
      await refused(await connection.request('/v1/purchases?limitt=5'), 400, 'unknown_parameter');
    });
    for (const limit of ['0', '501', '-1']) {
      it(`limit=${limit}`, async () => {
        await refused(await connection.request(`/v1/purchases?limit=${limit}`), 400, 'limit_out_of_range');
      });
    }
    it('a parameter twice', async () => {
      const { status } = await connection.request('/v1/purchases?limit=5&limit=6');
      assert.equal(status, 400);
    });
    it('no proof', async () => {
      await refused(await connection.request('/v1/grant', { proof: null }), 401, 'invalid_dpop_proof');
    });
    it('a proof used twice', async () => {
      const proof = await prove(connection.keyPair, 'GET', `${service.url}/v1/grant`, { ath: hashOf(connection.tokens.access_token) });
      assert.equal((await connection.request('/v1/grant', { proof })).status, 200);
      await refused(await connection.request('/v1/grant', { proof }), 401, 'invalid_dpop_proof');
    });
    it('a proof of two minutes ago, and one of the future', async () => {
      for (const seconds of [-120, 120]) {
        const answer = await connection.request('/v1/grant', { claims: { iat: nowSeconds() + seconds } });
        await refused(answer, 401, 'invalid_dpop_proof');
      }
    });
    it('a proof for another address, another method, another token, or no token', async () => {
      for (const claims of [
        { htu: `${service.url}/v1/purchases` }, { htm: 'DELETE' }, { ath: hashOf('cfa_another') }, { ath: undefined },
      ]) {
        await refused(await connection.request('/v1/grant', { claims }), 401, 'invalid_dpop_proof');
      }
    });
    it("somebody else's proof", async () => {
      const keyPair = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
      const { status, code } = await problemOf(await connection.request('/v1/grant', { keyPair }));
      assert.equal(status, 401);
      assert.ok(['invalid_token', 'invalid_dpop_proof'].includes(code), code);
    });
    it('the token as a bearer token, in the query, or made up', async () => {
      const { access_token: token } = connection.tokens;
      const { status } = await connection.request('/v1/grant', { headers: { authorization: `Bearer ${token}` } });
      assert.equal(status, 401);
      const inQuery = await connection.request(`/v1/grant?access_token=${token}`);
      assert.ok([400, 401].includes(inQuery.status));
      const made = `cfa_${randomBytes(36).toString('base64url')}`;
      await refused(await connection.request('/v1/grant', { headers: { authorization: `DPoP ${made}` } }), 401, 'invalid_token');
    });
    it('a dataset that was not granted is not there', async () => {
      const narrow = await app.connect(someone(1), { datasets: [] });
      const { data } = await (await narrow.fetch('/v1/purchases?limit=3')).json();
      for (const each of data) {
        for (const member of ['lines', 'tenders', 'loyalty', 'location', 'seller']) assert.ok(!(member in each), member);
      }
    });
    it('purchases before the date that the customer chose are not there', async () => {
      const all = await collect(connection.purchases());
      const from = all[Math.floor(all.length / 2)].purchasedAt.slice(0, 10);
      const narrow = await app.connect(someone(), { from });
      const some = await collect(narrow.purchases());
      assert.ok(some.length > 0 && some.length < all.length);
      const dayOf = ({ businessDate, purchasedAt }) => businessDate ?? purchasedAt.slice(0, 10);
      assert.deepEqual(some.map(({ id }) => id), all.filter((each) => dayOf(each) >= from).map(({ id }) => id));
      const hidden = all.find((each) => dayOf(each) < from);
      await refused(await narrow.request(`/v1/purchases/${hidden.id}`), 404, 'not_found');
    });
    it('the token of a grant that the customer ended', async () => {
      const customer = someone(1);
      const ended = await app.connect(customer);
      assert.equal((await ended.request('/v1/grant')).status, 200);
      await customer.stop(ended.grantId);
      for (const path of ['/v1/purchases', `/v1/purchases/${purchase.id}`, '/v1/grant']) {
        await refused(await ended.request(path), 403, 'grant_withdrawn');
      }
      oauthRefused(await app.post('/oauth/token', { grant_type: 'refresh_token', refresh_token: ended.tokens.refresh_token }, {
        proof: await prove(ended.keyPair, 'POST', `${service.url}/oauth/token`),
      }), 'invalid_grant');
    });
    it('the token of a grant that the app ended', async () => {
      const ended = await app.connect(someone(1));
      assert.equal((await ended.request('/v1/grant', { method: 'DELETE' })).status, 204);
      await refused(await ended.request('/v1/purchases'), 403, 'grant_ended');
    });
    it('the token of an app that is suspended', async () => {
      const suspended = await App.register(service);
      const there = await suspended.connect(someone(1));
      await service.command(['apps', 'suspend', suspended.clientId, '--reason', 'a test']);
      await refused(await there.request('/v1/purchases'), 403, 'app_suspended');
      const { status, body } = await suspended.post('/oauth/introspect', { token: there.tokens.access_token });
      assert.deepEqual([status, body.error], [401, 'invalid_client']);
    });
  });

  describe('at the authorization server', () => {
    const verifier = () => randomBytes(32).toString('base64url');
    const pushed = async (changes) => {
      const challenge = await oauth.calculatePKCECodeChallenge(verifier());
      const fields = {
        response_type: 'code', redirect_uri: app.redirectUri, scope: app.scope, code_challenge: challenge, code_challenge_method: 'S256',
        ...changes,
      };
      return app.post('/oauth/par', Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
    };
    const PUSHED = {
      'a redirect URI with one more slash': [{ redirect_uri: 'https://app.example/callback/' }, 'invalid_request'],
      'no redirect URI': [{ redirect_uri: undefined }, 'invalid_request'],
      'no PKCE': [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
      'plain PKCE': [{ code_challenge_method: 'plain' }, 'invalid_request'],
      'a token instead of a code': [{ response_type: 'token' }, 'unsupported_response_type'],
      'an unknown scope': [{ scope: 'purchases:read everything' }, 'invalid_scope'],
      'unknown details': [{ scope: undefined, authorization_details: '[{"type":"all_of_it"}]' }, 'invalid_authorization_details'],
      'a request_uri in a pushed request': [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    };
    for (const [name, [changes, error]] of Object.entries(PUSHED)) {
      it(name, async () => oauthRefused(await pushed(changes), error));
    }
    it('a client assertion for another audience, for a list of them, used twice, or by another key', async () => {
      const assertion = await app.assertion();
      const token = connection.tokens.access_token;
      const ask = (changed) => app.post('/oauth/introspect', { token }, { assertion: changed });
      assert.equal((await ask(assertion)).status, 200);
      const other = await App.register(service);
      other.clientId = app.clientId;
      for (const bad of [
        assertion, await app.assertion({ aud: `${service.url}/oauth/token` }), await app.assertion({ aud: [service.url] }),
        await app.assertion({ exp: nowSeconds() - 300 }), await other.assertion(),
      ]) {
        const { status, body } = await ask(bad);
        assert.deepEqual([status, body.error], [401, 'invalid_client']);
      }
    });
    it('a wrong verifier', async () => {
      const pending = await app.ask();
      const away = await someone().answer(pending.url);
      oauthRefused(await redeem(pending, away, { code_verifier: verifier() }), 'invalid_grant');
    });
    it('a code with a key that it is not bound to, or with no proof', async () => {
      const pending = await app.ask();
      const away = await someone().answer(pending.url);
      const keyPair = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
      const { status } = await redeem(pending, away, {}, keyPair);
      assert.equal(status, 400);
      const bare = await app.post('/oauth/token', { grant_type: 'authorization_code', code: away.searchParams.get('code') });
      assert.equal(bare.status, 400);
    });
    it('a code used twice, and its tokens die', async () => {
      const pending = await app.ask();
      const away = await someone().answer(pending.url);
      const { status, body } = await redeem(pending, away);
      assert.equal(status, 200);
      const first = new Connection(app, pending, body);
      assert.equal((await first.request('/v1/grant')).status, 200);
      oauthRefused(await redeem(pending, away), 'invalid_grant');
      await refused(await first.request('/v1/grant'), 401, 'invalid_token');
      oauthRefused(await app.post('/oauth/token', { grant_type: 'refresh_token', refresh_token: body.refresh_token }, {
        proof: await prove(pending.keyPair, 'POST', `${service.url}/oauth/token`),
      }), 'invalid_grant');
    });
    it('twenty redemptions of one code at once: one wins', async () => {
      const pending = await app.ask();
      const away = await someone().answer(pending.url);
      const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(pending, away)));
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      for (const answer of answers.filter(({ status }) => status !== 200)) oauthRefused(answer, 'invalid_grant');
    });
    it('“Don’t allow” and “Cancel” come back as access_denied', async () => {
      for (const turnDown of [(who, url) => who.answer(url, { answer: 'refuse' }), (who, url) => who.cancel(url)]) {
        const pending = await app.ask();
        const away = await turnDown(someone(), pending.url);
        assert.equal(away.searchParams.get('error'), 'access_denied');
        assert.equal(away.searchParams.get('state'), pending.state);
        assert.equal(away.searchParams.get('iss'), service.url);
        assert.ok(!away.searchParams.has('code'));
      }
    });
    it('an answer to a question that was answered', async () => {
      const pending = await app.ask();
      const customer = someone();
      await customer.answer(pending.url);
      const again = await customer.open(pending.url);
      assert.ok(!again.away?.searchParams.has('code'));
      assert.equal(again.url?.pathname ?? '/error', '/error');
    });
    it("another customer's grant cannot be stopped", async () => {
      const stranger = someone(1);
      await assert.rejects(stranger.stop(connection.grantId));
      assert.equal((await connection.request('/v1/grant')).status, 200);
    });
    it('a code that is too old', async () => {
      await delay(Math.max(0, late.at + (CODE_SECONDS + 1) * 1000 - Date.now()));
      oauthRefused(await redeem(late.pending, late.away), 'invalid_grant');
    });
  });
});

async function collect(items) {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}
