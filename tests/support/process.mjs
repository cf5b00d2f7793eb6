// Other programs: run to their end, or started and stopped. Nothing outlives the test that started it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, openSync, closeSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const alive = new Set();
const killAll = () => alive.forEach((child) => child.kill('SIGKILL'));
process.once('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks `check` until it gives something, for a bounded time. */
export async function until(what, check, { ms = 60_000, every = 100 } = {}) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s in vain: ${what}`);
    await delay(every);
  }
}

/**
 * Runs a program to its end and gives {code, stdout, stderr}. `input` goes to its standard input; `bytes` leaves
 * the output as it is.
 */
export async function run(command, args, { input, ms = 120_000, bytes = false, ...options } = {}) {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  alive.add(child);
  const read = { stdout: [], stderr: [] };
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (chunk) => read[stream].push(chunk));
  // A program that ends before it has read everything says why on its standard error.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  try {
    const [code, signal] = await once(child, 'close');
    const [stdout, stderr] = [read.stdout, read.stderr].map((chunks) => Buffer.concat(chunks));
    if (signal) throw new Error(`${command} ${args[0] ?? ''} was ended by ${signal} (limit ${ms / 1000} s): ${stderr}`);
    return { code, stdout: bytes ? stdout : stdout.toString(), stderr: stderr.toString() };
  } finally {
    clearTimeout(timer);
    alive.delete(child);
  }
}

/** [`run`], where anything but success is an error. */
export async function succeed(command, args, options) {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

/** A program that goes on; what it says goes to a file. */
export class Running {
  #child;
  #log;
  #ended;

  constructor(command, args, { log, stdin = 'ignore', ...options }) {
    this.#log = log;
    const out = openSync(log, 'a');
    this.#child = spawn(command, args, { ...options, stdio: [stdin, out, out] });
    closeSync(out);
    alive.add(this.#child);
    // A test that has failed does not wait for what it leaves behind.
    this.#child.unref();
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        appendFileSync(log, `${error.message}\n`);
        resolve('could not be started');
      });
      this.#child.once('exit', (code, signal) => resolve(signal ?? code));
    }).then((how) => {
      alive.delete(this.#child);
      this.how = how;
      return how;
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get stdin() {
    return this.#child.stdin;
  }

  get output() {
    return readFileSync(this.#log, 'utf8');
  }

  /** Waits until `check` gives something; fails at once when the program ends before. */
  until(what, check, limits) {
    return until(what, async () => {
      if (this.how !== undefined) throw new Error(`ended (${this.how}) before ${what}:\n${this.tail()}`);
      return check();
    }, limits).catch((error) => {
      throw new Error(`${error.message}\n${this.tail()}`, { cause: error });
    });
  }

  tail() {
    return this.output.split('\n').slice(-25).join('\n');
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** How it ended: an exit code or a signal's name. */
  ended() {
    this.#child.ref();
    return this.#ended;
  }

  /** Asks it to end; after `ms` it is killed, and that is an error. */
  async stop(signal = 'SIGTERM', ms = 40_000) {
    if (this.how !== undefined) return this.how;
    this.#child.kill(signal);
    const timer = new AbortController();
    const late = delay(ms, 'late', { signal: timer.signal }).catch(() => {});
    const how = await Promise.race([this.ended(), late]);
    timer.abort();
    if (how !== 'late') return how;
    this.#child.kill('SIGKILL');
    await this.ended();
    throw new Error(`did not end within ${ms / 1000} s of ${signal}:\n${this.tail()}`);
  }
}
