// A history on its way into the service: phase by phase, by files or by Kafka, with processes that are killed.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from './folder.mjs';
import { until } from './process.mjs';

const line = ({ key, event }) => `${key}\t${JSON.stringify(event)}\n`;
const TOPICS = [0, 1];

function add(sum, counts) {
  for (const [name, count] of Object.entries(counts)) if (typeof count === 'number') sum[name] = (sum[name] ?? 0) + count;
}

/** What a process that ran to its end printed last. */
function summaryOf(running) {
  const { output } = running;
  const start = output.lastIndexOf('{"read"');
  if (start < 0) throw new Error(`no summary:\n${running.tail()}`);
  return JSON.parse(output.slice(start).split('\n')[0]);
}

/** By `ingest file`: each topic is cut into files of random length; the topics are read at the same time. */
export class Files {
  kills = 0;
  counts = {};

  constructor(service, chance) {
    Object.assign(this, { service, chance, folder: temporaryFolder('history') });
  }

  async deliver(messages) {
    const of = (topic) => messages.filter((message) => message.topic === topic);
    await Promise.all(TOPICS.map((topic) => this.#deliverTopic(topic, of(topic), this.chance.apart())));
  }

  async #deliverTopic(topic, messages, chance) {
    for (let from = 0, part = 0; from < messages.length; part += 1) {
      const to = from + chance.integer(1, Math.ceil(messages.length / 2));
      const file = join(this.folder, `topic-${topic}-${part}.ndjson`);
      await writeFile(file, messages.slice(from, to).map(line).join(''));
      await this.#read(file, `ingest-${topic}`, chance);
      from = to;
    }
  }

  /** Reads a file; a process that is killed is started again from the file's start. */
  async #read(file, name, chance) {
    for (;;) {
      const running = this.service.start(['ingest', 'file', file, '--key-separator', 'TAB', '--quiet'], { name });
      const ended = running.ended();
      if (chance.happens(0.4)) {
        await Promise.race([ended, delay(chance.integer(30, 1500))]);
        running.signal('SIGKILL');
      }
      const how = await ended;
      if (how === 0) return add(this.counts, summaryOf(running));
      if (how !== 'SIGKILL') throw new Error(`ingest file ended with ${how}:\n${running.tail()}`);
      this.kills += 1;
    }
  }

  close() {}
}

/** By Kafka: two topics, two processes that read both; either may be killed while messages arrive. */
export class Topics {
  kills = 0;
  counts = {};
  #sent = new Map();

  /** `topics`: their two names; they are made by [`open`]. */
  constructor(service, chance, kafka, topics) {
    Object.assign(this, { service, chance, kafka, topics });
  }

  async open() {
    for (const topic of this.topics) await this.kafka.createTopic(topic, this.chance.integer(2, 4));
    this.producers = this.topics.map((topic) => this.kafka.producer(topic));
    this.consumers = TOPICS.map((number) => this.#start(number));
    return this;
  }

  #start(number) {
    return this.service.start(['ingest'], { name: `ingest-${number}` });
  }

  async deliver(messages) {
    const { chance } = this;
    const mayKill = messages.length > 500;
    const killing = TOPICS.map((number) => this.#kill(number, mayKill ? chance.integer(0, 2) : 0, chance.apart()));
    const of = (topic) => messages.filter((message) => message.topic === topic);
    await Promise.all(TOPICS.map((topic) => this.#send(topic, of(topic))));
    await Promise.all(killing);
    await Promise.all(this.topics.map(async (topic) => {
      const ends = await until(`${topic} holds what was sent`, async () => {
        const all = await this.kafka.ends(topic);
        return [...all.values()].reduce((sum, end) => sum + end, 0) === this.#sent.get(topic) && all;
      });
      await this.service.caughtUp(topic, ends, { running: this.consumers });
    }));
  }

  async #send(topic, messages) {
    const name = this.topics[topic];
    this.#sent.set(name, (this.#sent.get(name) ?? 0) + messages.length);
    const pieces = Math.max(1, Math.ceil(messages.length / 400));
    for (let piece = 0; piece < pieces; piece += 1) {
      const some = messages.slice(piece * 400, (piece + 1) * 400);
      await this.producers[topic].send(some.map(({ key, event }) => ({ key, value: JSON.stringify(event) })));
      await delay(150);
    }
  }

  async #kill(number, times, chance) {
    for (let time = 0; time < times; time += 1) {
      await delay(chance.integer(200, 1500));
      this.consumers[number].signal('SIGKILL');
      await this.consumers[number].ended();
      this.kills += 1;
      this.consumers[number] = this.#start(number);
    }
  }

  async close() {
    await Promise.all(this.producers.map((producer) => producer.close()));
    for (const consumer of this.consumers) add(this.counts, await this.service.stopIngest(consumer));
  }
}
