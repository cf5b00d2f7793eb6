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

  static async start() {
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

  async createTopic(name, partitions) {
    await this.#tool('TopicCommand', '--create', '--topic', name, '--partitions', String(partitions),
      '--config', 'max.message.bytes=8388608');
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
