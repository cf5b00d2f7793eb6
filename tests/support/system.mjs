// One of the retailer's own systems: client credentials (private_key_jwt, DPoP), and requests with its token.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as jose from 'jose';
import * as oauth from 'openid-client';
import { hashOf, prove } from './client.mjs';
import { checkedFetch } from './contract.mjs';

export class System {
  /** Registers a system for purposes, and gets its first token. */
  static async register(service, { name = 'Recommendations', purposes }) {
    const system = new System();
    const keys = await jose.generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await jose.exportJWK(keys.publicKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' };
    const file = join(service.folder, `${jwk.kid}.jwks.json`);
    writeFileSync(file, JSON.stringify({ keys: [jwk] }));
    ({ clientId: system.clientId } = await service.json([
      'apps', 'add', `--name=${name}`, '--address', '1 High Street, Leeds', '--contact', 'systems@shop.example',
      ...purposes.flatMap((purpose) => ['--purpose', purpose]), '--jwks', file,
    ]));
    system.config = await oauth.discovery(
      new URL(service.url), system.clientId, undefined,
      oauth.PrivateKeyJwt({ key: keys.privateKey, kid: jwk.kid }),
      { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests], [oauth.customFetch]: checkedFetch },
    );
    system.config[oauth.customFetch] = checkedFetch;
    system.keyPair = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
    system.proofs = oauth.getDPoPHandle(system.config, system.keyPair);
    system.service = service;
    await system.renew();
    return system;
  }

  async renew(parameters = { scope: 'internal' }) {
    this.tokens = await oauth.clientCredentialsGrant(this.config, parameters, { DPoP: this.proofs });
  }

  /** A request with the token; gives {status, body}. */
  async send(method, path, body, more = {}) {
    // By hand, since the library throws where an answer has a challenge.
    const url = this.service.url + path;
    const { access_token: token } = this.tokens;
    const headers = { authorization: `DPoP ${token}`, dpop: await prove(this.keyPair, method, url, { ath: hashOf(token) }) };
    const response = await checkedFetch(url, {
      method, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  /** May this be used, for this, now? */
  async decide(customerId, purpose, attribute) {
    const { status, body } = await this.send('POST', '/v1/decisions', { customerId, purpose, ...(attribute && { attribute }) });
    if (status !== 200) throw new Error(`a decision was answered ${status}: ${body.code}`);
    return body.data;
  }
}
