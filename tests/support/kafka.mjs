// A real Apache Kafka broker (one node, KRaft), its topics and its own console producer.
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './folder.mjs';
import { Running, freePort, succeed } from './process.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const cache = join(here, '../.cache');
const libraries = join(cache, 'kafka');
// No JSON and no id holds this.
const NOTHING = '<nothing>';

/** Brings the jars, once. */
export async function fetchKafka() {
  const done = join(libraries, 'complete');
  if (existsSync(done)) return;
  await mkdir(libraries, { recursive: true });
  await succeed('mvn', [
    '-B', '-q', '-f', join(here, 'kafka/pom.xml'), `-Dmaven.repo.local=${join(cache, 'maven')}`,
    'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${libraries}`,
  ], { ms: 900_000 });
  writeFileSync(done, '');
}

function java(heap, main, ...args) {
  // One small machine: no thread per core for collecting garbage, no second compiler.
  const jvm = [`-Xmx${heap}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv4Stack=true'];
  return [...jvm, '-cp', join(libraries, '*'), main, ...args];
}

export class Kafka {
  #process;

  /** Starts a new broker, with further `settings`. */
  static async start({ settings: more = {} } = {}) {
    await fetchKafka();
    const broker = new Kafka();
    broker.folder = temporaryFolder('kafka');
    broker.port = await freePort();
    const controller = await freePort();
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: `CLIENTS://127.0.0.1:${broker.port},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `CLIENTS://127.0.0.1:${broker.port}`,
      'listener.security.protocol.map': 'CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'CLIENTS',
      'log.dirs': join(broker.folder, 'data'),
      'auto.create.topics.enable': false,
      'message.max.bytes': 8 * 1024 * 1024,
      'offsets.topic.num.partitions': 3,
      'offsets.topic.replication.factor': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'share.coordinator.state.topic.replication.factor': 1,
      'share.coordinator.state.topic.min.isr': 1,
      'group.initial.rebalance.delay.ms': 0,
      'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
      ...more,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(broker.#settings, lines.join(''));
    // A letter first: what begins with a dash is taken for an option.
    const id = `k${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url').slice(1)}`;
    await succeed('java', java(128, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', broker.#settings));
    await broker.resume();
    return broker;
  }

  get #settings() {
    return join(this.folder, 'server.properties');
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it again after [`stop`], with what it had. */
  async resume() {
    this.#process = new Running('java', java(512, 'kafka.Kafka', this.#settings), {
      log: join(this.folder, 'broker.log'), cwd: this.folder,
    });
    await this.#process.until('Kafka answers', () => this.#tool('TopicCommand', '--list').then(() => true, () => false), {
      ms: 90_000,
    });
  }

  async stop() {
    await this.#process.stop();
  }

  #tool(name, ...args) {
    return succeed('java', java(128, `org.apache.kafka.tools.${name}`, '--bootstrap-server', this.address, ...args), {
      ms: 60_000,
    });
  }

  async createTopic(name, partitions, settings = {}) {
    const all = Object.entries({ 'max.message.bytes': 8388608, ...settings });
    await this.#tool('TopicCommand', '--create', '--topic', name, '--partitions', String(partitions),
      ...all.flatMap(([setting, value]) => ['--config', `${setting}=${value}`]));
  }

  /** Changes settings of a topic. */
  async alterTopic(name, settings) {
    const all = Object.entries(settings).map(([setting, value]) => `${setting}=${value}`).join(',');
    await succeed('java', java(128, 'kafka.admin.ConfigCommand', '--bootstrap-server', this.address, '--alter',
      '--entity-type', 'topics', '--entity-name', name, '--add-config', all));
  }

  /** Lets it stand still, with every connection open, until [`thaw`]. */
  freeze() {
    this.#process.signal('SIGSTOP');
  }

  thaw() {
    this.#process.signal('SIGCONT');
  }

  /**
   * Begins to read a partition from an offset on, as readers of transactions do. It ends when nothing has come for
   * `idle` ms, if it is not ended before.
   */
  reader(topic, partition, offset = 0, { idle = 4000 } = {}) {
    return new Reader(topic, partition, offset, idle, this);
  }

  /** All that a partition holds from an offset on. */
  async read(topic, partition, offset) {
    const reader = this.reader(topic, partition, offset);
    await reader.ended();
    return reader.messages();
  }

  /** How many messages each partition has had. */
  async ends(topic) {
    const lines = (await this.#tool('GetOffsetShell', '--topic', topic)).trim().split('\n');
    return new Map(lines.map((line) => line.split(':').slice(1).map(Number)));
  }

  /** Sends messages {key?, value?, headers?}; an absent key or value is a null. */
  async send(topic, messages) {
    const producer = this.producer(topic);
    await producer.send(messages);
    await producer.close();
  }

  /** Sends values, without keys, in a transaction: its mark is an offset that no message has. */
  async sendInTransaction(topic, values) {
    const file = join(this.folder, `transaction-${topic}.ndjson`);
    await writeFile(file, values.join('\n'));
    await this.#tool('ProducerPerformance', '--topic', topic, '--payload-file', file, '--num-records', String(values.length),
      '--throughput', '-1', '--transactional-id', topic, '--transaction-duration-ms', '60000');
  }

  /** A producer that stays open. */
  producer(topic) {
    return new Producer(topic, this.address, join(this.folder, `producer-${topic}.log`));
  }
}

class Producer {
  #process;

  constructor(topic, address, log) {
    const reader = {
      'parse.key': true, 'parse.headers': true, 'headers.delimiter': '\t', 'headers.separator': ',',
      'headers.key.separator': '=', 'key.separator': '\t', 'null.marker': NOTHING,
    };
    // Kafka may be restarted while messages wait here.
    const settings = { acks: 'all', 'enable.idempotence': true, 'delivery.timeout.ms': 300_000, 'request.timeout.ms': 10_000 };
    const flags = (flag, values) => Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
    this.#process = new Running('java', java(256, 'org.apache.kafka.tools.ConsoleProducer',
      '--bootstrap-server', address, '--topic', topic, '--max-block-ms', '120000',
      ...flags('--reader-property', reader), ...flags('--command-property', settings)), { log, stdin: 'pipe' });
  }

  async send(messages) {
    for (const { key, value, headers = {} } of messages) {
      const named = Object.entries(headers).map(([name, text]) => `${name}=${text}`).join(',');
      const line = `${named || NOTHING}\t${key ?? NOTHING}\t${value ?? NOTHING}\n`;
      if (!this.#process.stdin.write(line)) await once(this.#process.stdin, 'drain');
    }
  }

  /** Ends when everything has been acknowledged. */
  async close() {
    this.#process.stdin.end();
    const how = await this.#process.ended();
    const complaints = this.#process.output.split('\n').filter((line) => / ERROR |Exception/.test(line));
    if (how !== 0 || complaints.length) throw new Error(`the producer ended with ${how}: ${this.#process.tail()}`);
  }
}

let readers = 0;

class Reader {
  #process;

  constructor(topic, partition, offset, idle, { address, folder }) {
    const shown = Object.fromEntries(['key', 'offset', 'headers'].map((part) => [`print.${part}`, true]));
    const properties = { ...shown, 'null.literal': NOTHING, 'key.separator': '\t', 'headers.separator': ',' };
    this.#process = new Running('java', java(128, 'org.apache.kafka.tools.consumer.ConsoleConsumer',
      '--bootstrap-server', address, '--topic', topic, '--partition', String(partition), '--offset', String(offset),
      '--isolation-level', 'read_committed', '--timeout-ms', String(idle),
      ...Object.entries(properties).flatMap(([name, value]) => ['--formatter-property', `${name}=${value}`])), {
      log: join(folder, `reader-${++readers}.log`),
    });
  }

  /** What it has read until now: {offset, headers, key, value}; the value of a tombstone is null. */
  messages() {
    const whole = this.#process.output.split('\n').slice(0, -1);
    return whole.filter((line) => line.startsWith('Offset:')).map((line) => {
      const [offset, headers, key, value] = line.split('\t');
      const named = headers.split(',').map((header) => header.split(/:(.*)/s).slice(0, 2));
      return {
        offset: Number(offset.slice('Offset:'.length)), headers: Object.fromEntries(named), key,
        value: value === NOTHING ? null : JSON.parse(value),
      };
    });
  }

  /** Waits until it has read so many messages; fails when there are not so many. */
  until(count) {
    return this.#process.until(`${count} messages`, () => this.messages().length >= count);
  }

  async kill() {
    this.#process.signal('SIGKILL');
    await this.#process.ended();
  }

  ended() {
    return this.#process.ended();
  }
}
