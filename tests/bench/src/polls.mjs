// Thousands of long polls on connections of their own, one after the other on each; every answer read whole.
//   node polls.mjs --url http://host:port --grants FILE --polls 10000 --wait 30
// FILE: a JSON list of {token, key, cursor}: an access token, the private JWK of its proofs and where its reader stands.
// Without --grants the requests are of the same size, and signed with nothing. Prints one line of JSON for each thing that
// happens: {ready} once all wait, {changes, at} for each answer that brings any, and {answers, failures} each second.
import { createHash, createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { url: { type: 'string' }, grants: { type: 'string' }, polls: { type: 'string' }, wait: { type: 'string', default: '30' } },
});
const { hostname, port, origin } = new URL(values.url);
const polls = Number(values.polls);
const grants = values.grants ? JSON.parse(readFileSync(values.grants, 'utf8')) : [];
// One address has too few ports for many.
const SOURCES = Array.from({ length: 8 }, (_, number) => `127.0.0.${number + 2}`);
// So many connections are opened at a time.
const OPENING = 100;
const FILLER = 'x'.repeat(1_000);

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => performance.timeOrigin + performance.now();
const counts = { answers: 0, failures: 0 };

class Signer {
  constructor({ token, key: { d, ...jwk } }) {
    this.token = token;
    this.key = createPrivateKey({ key: { ...jwk, d }, format: 'jwk' });
    const { kty, crv, x, y } = jwk;
    this.header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } });
    this.ath = createHash('sha256').update(token).digest('base64url');
  }

  headers(htu) {
    const claims = encode({ htm: 'GET', htu, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ath: this.ath });
    const text = `${this.header}.${claims}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return `authorization: DPoP ${this.token}\r\ndpop: ${text}.${signature}\r\n`;
  }
}

const signers = grants.map((grant) => new Signer(grant));

/** One connection: asks, reads the answer, asks again. */
class Poll {
  #held = Buffer.alloc(0);

  constructor(number) {
    this.signer = signers[Math.floor((number * signers.length) / polls)];
    this.cursor = grants[Math.floor((number * grants.length) / polls)]?.cursor ?? FILLER.slice(0, 300);
    this.localAddress = SOURCES[number % SOURCES.length];
  }

  open() {
    return new Promise((resolve, reject) => {
      this.socket = connect({ host: hostname, port: Number(port), localAddress: this.localAddress }, () => {
        this.socket.setNoDelay(true);
        this.#ask();
        resolve();
      });
      this.socket.on('data', (chunk) => this.#read(chunk));
      this.socket.on('error', reject);
      this.socket.on('close', () => this.#fail('closed'));
    });
  }

  #ask() {
    const headers = this.signer ? this.signer.headers(`${origin}/v1/changes`) : `x-filler: ${FILLER.slice(0, 560)}\r\n`;
    this.socket.write(`GET /v1/changes?wait=${values.wait}&cursor=${this.cursor} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${headers}\r\n`);
  }

  #read(chunk) {
    this.#held = this.#held.length ? Buffer.concat([this.#held, chunk]) : chunk;
    const head = this.#held.indexOf('\r\n\r\n');
    if (head < 0) return;
    const text = this.#held.subarray(0, head).toString('latin1');
    const length = Number(text.match(/content-length: (\d+)/i)?.[1]);
    if (this.#held.length < head + 4 + length) return;
    const at = now();
    const body = this.#held.subarray(head + 4, head + 4 + length).toString();
    this.#held = Buffer.alloc(0);
    if (text.slice(9, 12) !== '200') return this.#fail(`${text.slice(9, 12)} ${body}`);
    counts.answers += 1;
    const { data, nextCursor } = JSON.parse(body);
    if (data.length > 0) say({ at, changes: data.map(({ purchaseId }) => purchaseId) });
    if (this.signer) this.cursor = nextCursor;
    this.#ask();
  }

  #fail(why) {
    counts.failures += 1;
    if (counts.failures <= 3) say({ failure: why });
  }
}

const all = Array.from({ length: polls }, (_, number) => new Poll(number));
for (let from = 0; from < polls; from += OPENING) await Promise.all(all.slice(from, from + OPENING).map((poll) => poll.open()));
// What was asked last is still being read.
await delay(2_000);
say({ ready: polls });
setInterval(() => say({ ...counts }), 1_000);
