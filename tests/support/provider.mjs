// A retailer's identity provider, npm oidc-provider, and a customer who signs in there.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as jose from 'jose';
import Provider from 'oidc-provider';
import { Customer } from './customer.mjs';

/** The claim, beside `sub`, by which it says whose number an account has. */
export const NUMBER_CLAIM = 'customer_number';

export class IdentityProvider {
  clientId = 'counterfoil';
  clientSecret = randomBytes(32).toString('base64url');
  /** Customer numbers by account, for accounts that go by another name. */
  numbers = new Map();
  /** Mail addresses by account: {email, email_verified}. */
  addresses = new Map();
  #server = createServer();

  /** Listens, so that it has an address; it answers from `admit` on. */
  static async listen() {
    const provider = new IdentityProvider();
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    provider.url = `http://127.0.0.1:${provider.#server.address().port}`;
    return provider;
  }

  /** How a service signs its customers in here. */
  settings(claim = 'sub') {
    return {
      LOGIN__MODE: 'oidc', LOGIN__ISSUER: this.url, LOGIN__CLIENT_ID: this.clientId, LOGIN__CLIENT_SECRET: this.clientSecret,
      LOGIN__CLAIM: claim,
    };
  }

  /** Lets these services' customers sign in. */
  async admit(...services) {
    const { privateKey } = await jose.generateKeyPair('RS256', { extractable: true });
    const provider = new Provider(this.url, {
      clients: [{
        client_id: this.clientId, client_secret: this.clientSecret, response_types: ['code'], grant_types: ['authorization_code'],
        redirect_uris: services.map(({ url }) => `${url}/sign-in/callback`),
      }],
      jwks: { keys: [{ ...(await jose.exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' }] },
      cookies: { keys: [randomBytes(32).toString('base64url')] },
      claims: { openid: ['sub', NUMBER_CLAIM, 'email', 'email_verified'] },
      findAccount: (_, account) => ({
        accountId: account,
        claims: () => ({ sub: account, [NUMBER_CLAIM]: this.numbers.get(account), ...this.addresses.get(account) }),
      }),
    });
    this.#server.on('request', provider.callback());
  }

  async stop() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** A customer with an account at an identity provider. */
export class Member extends Customer {
  /** The provider's questions that have been answered, in turn. */
  answered = [];
  #there;

  constructor(base, provider, account) {
    super(base);
    this.account = account;
    this.#there = new Customer(provider.url);
  }

  async signIn(page) {
    return this.open(await this.proveThere(await this.depart(page)));
  }

  /** Leaves a sign-in page; gives the provider's address. */
  async depart(page) {
    const { away, url, $ } = await this.open(page.$('#sign-in').attr('href'));
    if (!away) throw new Error(`the sign-in page leads to ${url.pathname}: ${$.text()}`);
    return away;
  }

  /** Answers whatever the provider asks; gives the address that leads back. */
  async proveThere(address) {
    let page = await this.#there.open(address);
    while (!page.away) page = await this.#proceed(page);
    return page.away;
  }

  /** Turns back at the provider's question `prompt`, `login` or `consent`; gives the address that leads back. */
  async cancelThere(address, prompt = 'login') {
    let page = await this.#there.open(address);
    while (page.$('input[name=prompt]').attr('value') !== prompt) page = await this.#proceed(page);
    const { away } = await this.#there.open(page.$('a[href$="/abort"]').attr('href'));
    return away;
  }

  #proceed(page) {
    const prompt = page.$('input[name=prompt]').attr('value');
    this.answered.push(prompt);
    const fields = prompt === 'login' ? { login: this.account, password: 'any' } : {};
    return this.#there.submit(page, 'form', 'button[type=submit]', fields);
  }
}
