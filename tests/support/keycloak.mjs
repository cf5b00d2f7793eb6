// A retailer's login as many run it: Keycloak, one realm with one client and the accounts that a test names.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Customer } from './customer.mjs';
import { temporaryFolder } from './folder.mjs';
import { Running, freePort, succeed } from './process.mjs';

const VERSION = '26.7.3';
const cache = join(dirname(fileURLToPath(import.meta.url)), '../.cache');
const archive = join(cache, `keycloak-quarkus-dist-${VERSION}.zip`);

/** Brings the distribution, once. */
async function fetchKeycloak() {
  if (existsSync(archive)) return;
  await succeed('mvn', [
    '-B', '-q', `-Dmaven.repo.local=${join(cache, 'maven')}`, 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
    `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`, `-DoutputDirectory=${cache}`,
  ], { ms: 900_000 });
}

export class Keycloak {
  clientId = 'counterfoil';
  clientSecret = randomBytes(32).toString('base64url');
  password = randomBytes(12).toString('base64url');
  #process;

  /** A server that will sign in `accounts` for `services` once `admit` has started it. */
  static async prepare() {
    await fetchKeycloak();
    const keycloak = new Keycloak();
    keycloak.folder = temporaryFolder('keycloak');
    await succeed('jar', ['-xf', archive], { cwd: keycloak.folder });
    keycloak.home = join(keycloak.folder, `keycloak-${VERSION}`);
    keycloak.port = await freePort();
    keycloak.url = `http://127.0.0.1:${keycloak.port}/realms/shop`;
    return keycloak;
  }

  /** How a service signs its customers in here: the customer number is the user's name. */
  settings() {
    return {
      LOGIN__MODE: 'oidc', LOGIN__ISSUER: this.url, LOGIN__CLIENT_ID: this.clientId, LOGIN__CLIENT_SECRET: this.clientSecret,
      LOGIN__CLAIM: 'preferred_username',
    };
  }

  async admit(accounts, ...services) {
    const realm = {
      realm: 'shop', enabled: true, sslRequired: 'none',
      clients: [{
        clientId: this.clientId, secret: this.clientSecret, protocol: 'openid-connect', publicClient: false, standardFlowEnabled: true,
        redirectUris: services.map(({ url }) => `${url}/sign-in/callback`), attributes: { 'pkce.code.challenge.method': 'S256' },
      }],
      users: accounts.map((username) => ({
        username, enabled: true, emailVerified: true, email: `${username}@shop.example`, firstName: 'A', lastName: 'Customer',
        credentials: [{ type: 'password', value: this.password, temporary: false }],
      })),
    };
    const data = join(this.home, 'data/import');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'shop-realm.json'), JSON.stringify(realm));
    this.#process = new Running('sh', [
      join(this.home, 'bin/kc.sh'), 'start-dev', '--import-realm', `--http-port=${this.port}`, '--http-host=127.0.0.1',
    ], { log: join(this.folder, 'keycloak.log'), env: { ...process.env, JAVA_OPTS_APPEND: '-Xmx768m' } });
    await this.#process.until('Keycloak answers', () =>
      fetch(`${this.url}/.well-known/openid-configuration`).then(({ ok }) => ok, () => false), { ms: 300_000, every: 500 });
  }

  async stop() {
    await this.#process?.stop('SIGTERM', 60_000);
  }
}

/** A customer with an account there. */
export class KeycloakMember extends Customer {
  #there;

  constructor(base, keycloak, account) {
    super(base);
    Object.assign(this, { keycloak, account });
    this.#there = new Customer(new URL(keycloak.url).origin, account, { redirects: [302] });
  }

  async signIn(page) {
    const { away } = await this.open(page.$('#sign-in').attr('href'));
    const login = await this.#there.open(away);
    const back = await this.#there.submit(login, '#kc-form-login', '#kc-login', {
      username: this.account, password: this.keycloak.password,
    });
    if (!back.away) throw new Error(`Keycloak lets ${back.url.pathname} follow: ${back.$.text().replace(/\s+/g, ' ')}`);
    return this.open(back.away);
  }
}
