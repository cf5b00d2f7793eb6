// The service: its own data folder, its command line, its processes.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './folder.mjs';
import { Running, freePort, run, succeed, until } from './process.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const BINARY = process.env.COUNTERFOIL_BIN ?? join(root, 'target/debug/counterfoil');
export const PDS = process.env.COUNTERFOIL_PDS_BIN ?? join(root, 'target/debug/counterfoil-pds');
for (const program of [BINARY, PDS]) {
  if (!existsSync(program)) throw new Error(`${program} is not there: run cargo build --workspace first`);
}

export class Service {
  #processes = [];

  /**
   * A sandbox realm with the demo login. `postgres`: a cluster to make its databases in (default: SQLite);
   * `kafka` with `topics`: where `ingest` reads; `settings`: further COUNTERFOIL__ settings, by SECTION__KEY;
   * `librdkafka`: properties of the consumer; `schemes`: of which scheme the customer ids of a source are.
   */
  static async init({ postgres, kafka, topics = [], settings = {}, librdkafka, schemes } = {}) {
    const service = new Service();
    service.folder = temporaryFolder('service');
    service.data = join(service.folder, 'data');
    service.logs = join(service.folder, 'logs');
    mkdirSync(service.logs);
    const listen = `127.0.0.1:${await freePort()}`;
    service.url = `http://${listen}`;
    const all = {
      REALM__TIER: 'sandbox', LOGIN__MODE: 'demo', DATA__DIR: service.data,
      HTTP__LISTEN: listen, HTTP__PUBLIC_URL: service.url,
    };
    if (postgres) {
      // A port may come again in one cluster's life.
      const name = `counterfoil_${listen.split(':')[1]}_${randomBytes(4).toString('hex')}`;
      all.DATABASE__URL = await postgres.createDatabase(name);
      all.KEYS__URL = await postgres.createDatabase(`${name}_keys`);
    }
    if (kafka) {
      Object.assign(all, { INGEST__BROKERS: kafka.address, INGEST__TOPICS: topics.join(','), INGEST__GROUP: 'counterfoil-test' });
    }
    service.settings = { ...all, ...settings };
    if (librdkafka || schemes) {
      service.file = join(service.folder, 'counterfoil.toml');
      const lines = Object.entries(librdkafka ?? {}).map(([name, value]) => `"${name}" = "${value}"\n`);
      const sources = Object.entries(schemes ?? {}).map(([source, scheme]) =>
        `[[ingest.sources]]\nsource = "${source}"\ncustomer_scheme = "${scheme}"\n`);
      writeFileSync(service.file, `[ingest.kafka]\n${lines.join('')}${sources.join('')}`);
    }
    service.initialised = await service.json(['init']);
    return service;
  }

  #environment(settings = {}) {
    const { PATH, HOME, RUST_BACKTRACE = '1' } = process.env;
    const named = Object.entries({ ...this.settings, ...settings }).map(([name, value]) => [`COUNTERFOIL__${name}`, value]);
    return { PATH, HOME, RUST_BACKTRACE, ...Object.fromEntries(named) };
  }

  #arguments(args) {
    return this.file ? ['--config', this.file, ...args] : args;
  }

  /** Runs a subcommand and gives its standard output. */
  command(args, { settings, ...options } = {}) {
    return succeed(BINARY, this.#arguments(args), { env: this.#environment(settings), cwd: this.folder, ...options });
  }

  /** Runs a subcommand that may fail and gives {code, stdout, stderr}. */
  attempt(args, { settings, ...options } = {}) {
    return run(BINARY, this.#arguments(args), { env: this.#environment(settings), cwd: this.folder, ...options });
  }

  async json(args, options) {
    return JSON.parse(await this.command(args, options));
  }

  async lines(args, options) {
    return (await this.command(args, options)).split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  /** Starts a process that goes on. */
  start(args, { name = args[0], settings } = {}) {
    const running = new Running(BINARY, this.#arguments(args), {
      env: this.#environment(settings), cwd: this.folder, log: join(this.logs, `${name}.log`),
    });
    this.#processes.push(running);
    return running;
  }

  /** Starts `serve` and waits until it is ready. A second node answers at an address of its own for the same URL. */
  async serve({ second = false } = {}) {
    const listen = second ? `127.0.0.1:${await freePort()}` : this.settings.HTTP__LISTEN;
    const running = this.start(['serve'], { name: second ? 'serve-2' : 'serve', settings: { HTTP__LISTEN: listen } });
    const address = `http://${listen}`;
    await running.until('the service is ready', () =>
      fetch(`${address}/health/ready`).then((response) => response.ok, () => false));
    return { address, running };
  }

  /** `ingest file`, its summary. */
  ingestFile(file, options) {
    return this.json(['ingest', 'file', file, '--key-separator', 'TAB'], { ms: 900_000, ...options });
  }

  /** Runs a statement in the database, or in the keystore; gives its rows as lines, columns divided by `|`. */
  async sql(statement, { keystore = false } = {}) {
    const url = this.settings[keystore ? 'KEYS__URL' : 'DATABASE__URL'];
    const file = join(this.data, keystore ? 'keys.db' : 'counterfoil.db');
    const out = url
      ? await succeed('psql', [url, '-v', 'ON_ERROR_STOP=1', '-qtAc', statement])
      : await succeed('sqlite3', ['-cmd', '.timeout 10000', file, statement]);
    return out.split('\n').filter(Boolean);
  }

  /** Stops an `ingest` that reads Kafka; gives the counts that it prints at its end. */
  async stopIngest(running) {
    const how = await running.stop();
    if (how !== 0) throw new Error(`ingest ended with ${how}:\n${running.tail()}`);
    return JSON.parse(running.output.trim().split('\n').at(-1));
  }

  /** Waits until `ingest` has taken in as much of each partition as it holds. */
  caughtUp(topic, ends, { ms = 120_000, running = [] } = {}) {
    return until(`${topic} is taken in`, async () => {
      const dead = running.find(({ how }) => how !== undefined);
      if (dead) throw new Error(`ingest ended (${dead.how}):\n${dead.tail()}`);
      const states = await this.json(['ingest', 'status']);
      const at = new Map(states.filter((state) => state.topic === topic).map((state) => [state.partition, state.nextOffset]));
      return [...ends].every(([partition, end]) => end === 0 || at.get(partition) === end);
    }, { ms, every: 300 }).catch((error) => {
      throw new Error([error.message, ...running.map((each) => each.tail())].join('\n'), { cause: error });
    });
  }

  /** What every process has written to its log. */
  logText() {
    return readdirSync(this.logs).map((name) => readFileSync(join(this.logs, name), 'utf8')).join('\n');
  }

  /** Ends what still runs, of a test that has failed. */
  kill() {
    for (const running of this.#processes.filter(({ how }) => how === undefined)) running.signal('SIGKILL');
  }

  /** Stops what still runs; each must end well by itself. */
  async stop() {
    for (const running of this.#processes.filter(({ how }) => how === undefined)) {
      const how = await running.stop();
      if (how !== 0) throw new Error(`ended with ${how}:\n${running.tail()}`);
    }
  }
}
