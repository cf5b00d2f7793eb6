// Measures P1, P2, P3, P5, P6, P7 and P11 beside their baselines on this machine; by hand, never as a test:
//   cargo build --release --workspace && cargo build --release --manifest-path tests/bench/Cargo.toml
//   node tests/bench/run.mjs [p1] [p2] [p3] [p5] [p6] [p7] [p11] [--orders 400000] [--rounds 3] [--polls 10000]
//     [--news 300] [--seconds 20] [--entries 1000000]
// Each measurement prints one line of JSON; the last lines are medians, ratios and spreads.
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
process.env.COUNTERFOIL_BIN ??= join(root, 'target/release/counterfoil');
process.env.COUNTERFOIL_PDS_BIN ??= join(root, 'target/release/counterfoil-pds');
const BENCH = process.env.COUNTERFOIL_BENCH_BIN ?? join(here, 'target/release/counterfoil-bench');
const { App } = await import('../support/client.mjs');
const { Customer } = await import('../support/customer.mjs');
const { Kafka } = await import('../support/kafka.mjs');
const { Postgres } = await import('../support/postgres.mjs');
const { Service, BINARY } = await import('../support/service.mjs');
const { Running, freePort, succeed, run, until } = await import('../support/process.mjs');
const { temporaryFolder } = await import('../support/folder.mjs');
const jose = await import('jose');
const { p5 } = await import('./src/p5.mjs');
const { p6, p7 } = await import('./src/ledger.mjs');
const { p11 } = await import('./src/p11.mjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    orders: { type: 'string', default: '400000' }, rounds: { type: 'string', default: '3' },
    polls: { type: 'string', default: '10000' }, news: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '20' }, entries: { type: 'string', default: '1000000' },
  },
});
const rounds = Number(values.rounds);
const parts = positionals.length > 0 ? positionals : ['p1', 'p2', 'p3', 'p5', 'p6', 'p7', 'p11'];
const folder = temporaryFolder('bench');
const MINUTES = 60_000;

function say(figure) {
  console.log(JSON.stringify({ ...figure, load: loadavg()[0] }));
  return figure;
}

async function bench(...args) {
  const out = await succeed(BENCH, args, { ms: 20 * MINUTES });
  return say(JSON.parse(out.trim().split('\n').at(-1)));
}

function summary(what, ours, baseline) {
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const spread = (list) => (Math.max(...list) - Math.min(...list)) / median(list);
  const round = (number) => Number(number.toPrecision(4));
  say({
    what, ours: round(median(ours)), baseline: round(median(baseline)), ratio: round(median(ours) / median(baseline)),
    spreadOurs: round(spread(ours)), spreadBaseline: round(spread(baseline)),
  });
}

const input = join(folder, 'orders.tsv');
let messages = 0;

async function makeInput() {
  const generator = new Running(BINARY, ['sample', 'orders', '--customers', '20000', '--orders', values.orders, '--seed', '7'], {
    log: input,
  });
  if ((await generator.ended()) !== 0) throw new Error('no orders could be made');
  messages = Number((await succeed('wc', ['-l', input])).split(' ')[0]);
  say({ what: 'input', messages, bytes: statSync(input).size });
}

// The part waits for the disk as it would in production.
const durable = () => Postgres.start({ durable: true });

async function p1() {
  const [postgres, kafka] = [await durable(), await Kafka.start()];
  await kafka.createTopic('orders', 6);
  await bench('produce', '--brokers', kafka.address, '--topic', 'orders', '--file', input);
  const [ours, baseline] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const settings = { INGEST__GROUP: `bench-${round}`, LOG__FILTER: 'warn' };
    const service = await Service.init({ postgres, kafka, topics: ['orders'], settings });
    const running = service.start(['ingest']);
    const figure = await bench('watch', '--database', service.settings.DATABASE__URL, '--messages', String(messages));
    const status = await readFile(`/proc/${running.pid}/status`, 'utf8');
    say({ what: 'ingest memory', peakMb: Number(status.match(/VmHWM:\s+(\d+)/)[1]) / 1024 });
    await service.stopIngest(running);
    ours.push(figure.rate);
    const database = await postgres.createDatabase(`copy_${round}`);
    baseline.push((await bench('copy', '--database', database, '--file', input)).rate);
  }
  summary('P1: Kafka to PostgreSQL, beside text COPY with a primary key (messages/s)', ours, baseline);
  await kafka.stop();
  await postgres.stop();
}

async function p2() {
  const [ours, baseline] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const service = await Service.init({ settings: { LOG__FILTER: 'warn' } });
    const figure = await service.ingestFile(input, { ms: 20 * MINUTES });
    say({ what: 'ingest file', ...figure });
    ours.push(figure.read / figure.seconds);
    const path = join(folder, `baseline-${round}.db`);
    const dictionary = join(root, 'crates/store/dictionaries/1.txt');
    baseline.push((await bench('sqlite', '--path', path, '--file', input, '--dictionary', dictionary)).rate);
  }
  summary('P2: file to SQLite, beside SQLite inserting the same documents compressed (messages/s)', ours, baseline);
}

async function p3() {
  const postgres = await durable();
  const service = await Service.init({
    postgres, settings: { HTTP__REQUESTS_PER_MINUTE: '100000000', LOG__FILTER: 'warn' },
  });
  const some = join(folder, 'page-orders.tsv');
  await succeed('sh', ['-c', 'head -n 150000 "$1" > "$2"', 'sh', input, some]);
  await service.ingestFile(some, { ms: 20 * MINUTES });
  const { running: server } = await service.serve();
  // Customers whose first page is full.
  const counted = await succeed('sh', ['-c', 'grep order.recorded "$1" | cut -f1 | sort | uniq -c | sort -rn | head -n 32', 'sh', some]);
  const most = counted.trim().split('\n').map((line) => line.trim().split(' ')[1]);
  const app = await App.register(service);
  const folders = [];
  for (const customer of most) {
    const connection = await app.connect(new Customer(service.url, customer));
    const kept = join(folder, customer);
    mkdirSync(kept);
    writeFileSync(join(kept, 'connection.json'), JSON.stringify({ accessToken: connection.tokens.access_token }));
    writeFileSync(join(kept, 'dpop-key.json'), JSON.stringify(await jose.exportJWK(connection.keyPair.privateKey)));
    folders.push('--folder', kept);
  }
  const bare = `127.0.0.1:${await freePort()}`;
  const database = await postgres.createDatabase('bare');
  const other = new Running(BENCH, ['bare', '--database', database, '--listen', bare, '--file', some], {
    log: join(folder, 'bare.log'),
  });
  await until('the bare server answers', () => fetch(`http://${bare}/v1/purchases`).then((r) => r.ok, () => false), {
    ms: 5 * MINUTES,
  });
  await run('psql', [service.settings.DATABASE__URL, '-qc', 'VACUUM ANALYZE']);
  const [ours, baseline] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await bench('load', '--url', `${service.url}/v1/purchases?limit=50`, ...folders));
    baseline.push(await bench('load', '--url', `http://${bare}/v1/purchases?limit=50`));
  }
  const rates = (list) => list.map(({ rate }) => rate);
  const slowest = (list) => list.map(({ p99ms }) => p99ms);
  summary('P3: a sealed page of 50 beside a bare actix-web over PostgreSQL (requests/s)', rates(ours), rates(baseline));
  summary('P3: p99 in ms', slowest(ours), slowest(baseline));
  await other.stop();
  await server.stop();
  await postgres.stop();
}

const program = process.env.COUNTERFOIL_LEDGER_FIGURES ?? join(root, 'target/release/examples/ledger_figures');
const tessera = process.env.COUNTERFOIL_TESSERA_BENCH ?? join(here, 'target/release/tessera-bench');
const measures = {
  p1, p2, p3,
  p5: () => p5({ polls: Number(values.polls), news: Number(values.news), folder, bench: BENCH, say }),
  p6: () => p6({ program, tessera, folder, seconds: values.seconds, say }),
  p11: () => p11({ folder, rounds, seconds: Number(values.seconds), bench, summary, say }),
  p7: () => p7({ program, folder, entries: values.entries, say }),
};
if (parts.some((part) => ['p1', 'p2', 'p3'].includes(part))) await makeInput();
for (const part of parts) await measures[part]();
