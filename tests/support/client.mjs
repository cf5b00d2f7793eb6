// An app: npm openid-client with PAR, PKCE, private_key_jwt and DPoP.
import { writeFileSync } from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as jose from 'jose';
import * as oauth from 'openid-client';
import { checkedFetch } from './contract.mjs';

export const ALL_SCOPES = 'purchases:read purchases.lines:read purchases.sensitive:read purchases.payment:read '
  + 'purchases.location:read purchases.documents:read';
const REDIRECT = 'https://app.example/callback';

export class App {
  /** Registers a new app and discovers the server. */
  static async register(service, { name = 'My records', redirectUri = REDIRECT, scope = ALL_SCOPES } = {}) {
    const app = new App();
    app.service = service;
    app.redirectUri = redirectUri;
    app.scope = scope;
    const keys = await jose.generateKeyPair('ES256', { extractable: true });
    app.key = keys.privateKey;
    const jwk = { ...(await jose.exportJWK(keys.publicKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' };
    const file = join(service.folder, `${jwk.kid}.jwks.json`);
    writeFileSync(file, JSON.stringify({ keys: [jwk] }));
    app.kid = jwk.kid;
    ({ clientId: app.clientId } = await service.json([
      'apps', 'add', `--name=${name}`, '--address', '1 High Street, Leeds', '--contact', 'privacy@app.example', '--redirect-uri', redirectUri, '--scope', scope, '--auth', 'private_key_jwt', '--jwks', file,
    ]));
    app.config = await oauth.discovery(
      new URL(service.url), app.clientId, undefined,
      oauth.PrivateKeyJwt({ key: app.key, kid: app.kid }),
      { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests], [oauth.customFetch]: checkedFetch },
    );
    app.config[oauth.customFetch] = checkedFetch;
    return app;
  }

  /** Pushes a request. Gives {url, verifier, state, proofs}: the address to open and what the answer needs. */
  async ask(parameters = {}) {
    const keyPair = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
    const proofs = oauth.getDPoPHandle(this.config, keyPair);
    const verifier = oauth.randomPKCECodeVerifier();
    const state = oauth.randomState();
    const url = await oauth.buildAuthorizationUrlWithPAR(this.config, {
      redirect_uri: this.redirectUri, state, ...('authorization_details' in parameters ? {} : { scope: this.scope }),
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...parameters,
    }, { DPoP: proofs });
    return { url, verifier, state, proofs, keyPair };
  }

  /** Redeems what came back. */
  async redeem(pending, away, verifier = pending.verifier) {
    const tokens = await oauth.authorizationCodeGrant(
      this.config, away, { pkceCodeVerifier: verifier, expectedState: pending.state }, undefined, { DPoP: pending.proofs });
    return new Connection(this, pending, tokens);
  }

  /** The whole way: asks, lets the customer answer, redeems. */
  async connect(customer, { parameters, ...answer } = {}) {
    const pending = await this.ask(parameters);
    return this.redeem(pending, await customer.answer(pending.url, answer));
  }

  /** A client assertion made by hand. */
  assertion(claims = {}) {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.clientId, sub: this.clientId, aud: this.service.url, iat: now, exp: now + 60, jti: randomUUID(), ...claims };
    return new jose.SignJWT(all).setProtectedHeader({ alg: 'ES256', kid: this.kid }).sign(this.key);
  }

  /** A form posted to an OAuth endpoint by hand; gives {status, body}. */
  async post(path, fields, { proof, assertion } = {}) {
    const body = new URLSearchParams({
      client_id: this.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion ?? (await this.assertion()),
      ...fields,
    });
    const response = await checkedFetch(this.service.url + path, { method: 'POST', body, headers: proof ? { dpop: proof } : {} });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  }
}

/** A DPoP proof made by hand; `changes` go over its claims, an undefined one is left out. */
export async function prove(keyPair, method, url, changes = {}) {
  const { origin, pathname } = new URL(url);
  const claims = { htm: method, htu: origin + pathname, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ...changes };
  const jwk = await jose.exportJWK(keyPair.publicKey);
  return new jose.SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .sign(keyPair.privateKey);
}

export const hashOf = (token) => createHash('sha256').update(token).digest('base64url');

/** What an app has once a customer said yes. */
export class Connection {
  constructor(app, { proofs, keyPair }, tokens) {
    Object.assign(this, { app, proofs, keyPair, tokens, grantId: tokens.grant_id });
  }

  /** An API request by openid-client. */
  fetch(path, { method = 'GET', headers = {} } = {}) {
    const url = new URL(path, this.app.service.url);
    return oauth.fetchProtectedResource(
      this.app.config, this.tokens.access_token, url, method, undefined, new Headers(headers), { DPoP: this.proofs });
  }

  /**
   * An API request with a proof made by hand. `address`: which node to ask; `claims` and `keyPair` change the proof;
   * `proof` replaces it, `null` leaves it out.
   */
  async request(path, { method = 'GET', address = this.app.service.url, claims, keyPair = this.keyPair, proof, headers, body } = {}) {
    const { access_token: token } = this.tokens;
    const made = proof === undefined
      ? await prove(keyPair, method, this.app.service.url + path, { ath: hashOf(token), ...claims })
      : proof;
    const all = { authorization: `DPoP ${token}`, ...(made === null ? {} : { dpop: made }), ...headers };
    return checkedFetch(address + path, { method, headers: all, body });
  }

  /** All purchases, page by page. */
  async* purchases(query = 'limit=100') {
    let next = `/v1/purchases?${query}`;
    while (next) {
      const response = await this.fetch(next);
      const { data, links } = await response.json();
      yield* data;
      next = links.next;
    }
  }

  /** A new access token. An answer without a refresh token means that the one at hand goes on. */
  async refresh() {
    const { refresh_token: held } = this.tokens;
    const tokens = await oauth.refreshTokenGrant(this.app.config, held, undefined, { DPoP: this.proofs });
    this.tokens = { refresh_token: held, ...tokens };
  }
}

/** What an API error says: {status, code}. */
export async function problemOf(response) {
  const { code } = await response.json();
  return { status: response.status, code };
}
