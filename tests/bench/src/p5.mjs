// P5: thousands of long polls that wait. What they cost in memory beside a bare actix-web that holds as many
// connections, how often the database is asked while nothing happens, and how long after an order is committed its
// customer's readers have it.
import { execFileSync } from 'node:child_process';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as jose from 'jose';
import { App } from '../../support/client.mjs';
import { Customer } from '../../support/customer.mjs';
import { Postgres } from '../../support/postgres.mjs';
import { Running, freePort, succeed, until } from '../../support/process.mjs';
import { Service } from '../../support/service.mjs';

const CLIENT = join(dirname(fileURLToPath(import.meta.url)), 'polls.mjs');
// Polls of one grant that may wait at a time.
const OF_A_GRANT = 4;
const IDLE_SECONDS = 30;
const WAIT_SECONDS = 30;
// Between two orders.
const PAUSE_MS = 100;
const CONNECTING = 8;

/** Resident memory in MB. */
function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

/** The processes' limit of open files: a connection is one. */
function raiseLimit(files) {
  const hard = Number(execFileSync('sh', ['-c', 'ulimit -Hn']).toString());
  if (hard >= files) return;
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${files}:${files}`]);
}

/** The load client and what it says. */
class Polls {
  #read = 0;

  constructor({ url, grants, polls, log }) {
    const args = ['--url', url, '--polls', String(polls), '--wait', String(WAIT_SECONDS), ...(grants ? ['--grants', grants] : [])];
    this.process = new Running('node', [CLIENT, ...args], { log });
  }

  get said() {
    return this.process.output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  ready() {
    return this.process.until('all polls wait', () => this.said.some(({ ready }) => ready), { ms: 300_000, every: 500 });
  }

  get counts() {
    return this.said.findLast(({ answers }) => answers !== undefined) ?? { answers: 0, failures: 0 };
  }

  stop() {
    return this.process.stop();
  }
}

async function grantsFor(service, count) {
  const app = await App.register(service);
  const grants = [];
  const waiting = Array.from({ length: count }, (_, number) => `waiting-${number}`);
  await Promise.all(Array.from({ length: CONNECTING }, async () => {
    for (let customerId = waiting.pop(); customerId !== undefined; customerId = waiting.pop()) {
      const connection = await app.connect(new Customer(service.url, customerId));
      const { nextCursor } = await (await connection.request('/v1/changes?limit=1')).json();
      const key = await jose.exportJWK(connection.keyPair.privateKey);
      grants.push({ customerId, token: connection.tokens.access_token, key, cursor: nextCursor });
    }
  }));
  return grants;
}

function orderOf(customerId, number) {
  const lines = Array.from({ length: 5 }, (_, line) => ({
    lineId: String(line + 1), sku: `s-${line}`, name: `Something or other ${line}`, quantity: 1, net: '3.00',
  }));
  const data = {
    orderId: `news-${number}`, revision: 1, customerId, channel: 'store', placedAt: '2026-03-01T09:00:00Z', currency: 'EUR',
    lines, totals: { grandTotal: '15.00' },
  };
  const event = { specversion: '1.0', id: `e-${number}`, source: '/shop', type: 'order.recorded.v1', time: '2026-03-01T09:00:00Z', data };
  return `${customerId}\t${JSON.stringify(event)}\n`;
}

/** Records orders one by one, each in a transaction of its own, by a pipe that `ingest file` reads. */
async function recordNews(service, grants, news, folder) {
  const pipe = join(folder, 'news');
  await succeed('mkfifo', [pipe]);
  const ingest = service.start(['ingest', 'file', pipe, '--key-separator', 'TAB', '--quiet'], {
    name: 'news', settings: { INGEST__BATCH_MESSAGES: '1' },
  });
  const out = createWriteStream(pipe);
  for (let number = 0; number < news; number += 1) {
    out.write(orderOf(grants[(number * 7919) % grants.length].customerId, number));
    await delay(PAUSE_MS);
  }
  out.end();
  const how = await ingest.ended();
  if (how !== 0) throw new Error(`ingest file ended with ${how}:\n${ingest.tail()}`);
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The bytes of a served id, in hex. */
function bytesOf(id) {
  const bits = [...id.replace(/^pur_/, '')].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return bits.slice(0, 128).match(/.{4}/g).map((four) => Number.parseInt(four, 2).toString(16)).join('');
}

/** Milliseconds from each order's commit to each reader that had waited for it. */
async function delays(service, polls) {
  const rows = await service.sql(
    "SELECT encode(purchase_id, 'hex'), extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 FROM purchases");
  const committed = new Map(rows.map((row) => row.split('|')).map(([id, at]) => [id, Number(at)]));
  const times = polls.said.filter(({ changes }) => changes).flatMap(({ at, changes }) => changes.map((id) => at - committed.get(bytesOf(id))));
  return times.sort((one, other) => one - other);
}

/** Transactions of a database and of its keystore so far. */
async function transactions(postgres) {
  const rows = await succeed('psql', [postgres.url('postgres'), '-tAc',
    "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname LIKE 'counterfoil%'"]);
  return Number(rows);
}

export async function p5({ polls, news, folder, bench, say }) {
  raiseLimit(polls + 2_000);
  const postgres = await Postgres.start({ durable: true, settings: { track_commit_timestamp: 'on' } });
  const service = await Service.init({
    postgres, settings: { HTTP__REQUESTS_PER_MINUTE: '100000000', LOG__FILTER: 'warn' },
  });
  const { running: server } = await service.serve();
  const grants = await grantsFor(service, Math.ceil(polls / OF_A_GRANT));
  const file = join(folder, 'grants.json');
  writeFileSync(file, JSON.stringify(grants));
  const before = resident(server.pid);

  const waiting = new Polls({ url: service.url, grants: file, polls, log: join(folder, 'polls.log') });
  await waiting.ready();
  await delay(2_000);
  const [had, answered] = [await transactions(postgres), waiting.counts.answers];
  await delay(IDLE_SECONDS * 1_000);
  const [has, answers] = [await transactions(postgres), waiting.counts.answers];
  const memory = resident(server.pid);
  const threads = Number(readFileSync(`/proc/${server.pid}/status`, 'utf8').match(/Threads:\s+(\d+)/)[1]);

  await recordNews(service, grants, news, folder);
  await delay(2_000);
  const times = await delays(service, waiting);
  const { failures } = waiting.counts;
  await waiting.stop();
  await service.stop();
  await postgres.stop();

  const listen = `127.0.0.1:${await freePort()}`;
  const bare = new Running(bench, ['hold', '--listen', listen, '--seconds', String(WAIT_SECONDS)], { log: join(folder, 'hold.log') });
  await until('the bare server listens', () => fetch(`http://${listen}/none`).then(() => true, () => false));
  const bareBefore = resident(bare.pid);
  const held = new Polls({ url: `http://${listen}`, polls, log: join(folder, 'held.log') });
  await held.ready();
  await delay(2_000);
  const bareMemory = resident(bare.pid);
  await held.stop();
  await bare.stop();

  const at = (share) => Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN).toFixed(1));
  const round = (number) => Number(number.toPrecision(4));
  say({
    what: 'P5: long polls that wait, beside a bare actix-web with as many connections',
    polls, grants: grants.length, threads, failures: failures + held.counts.failures,
    residentMb: round(memory), residentBeforeMb: round(before), bareMb: round(bareMemory), bareBeforeMb: round(bareBefore),
    ratio: round(memory / bareMemory), ratioOfGrowth: round((memory - before) / (bareMemory - bareBefore)),
    transactionsASecond: round((has - had) / IDLE_SECONDS), pollsAnsweredASecond: round((answers - answered) / IDLE_SECONDS),
    orders: news, deliveries: times.length, p50ms: at(0.5), p99ms: at(0.99),
  });
}
