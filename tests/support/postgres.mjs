// A PostgreSQL cluster of one's own.
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.mjs';
import { Running, freePort, succeed, run } from './process.mjs';

const DEBIAN = '/usr/lib/postgresql';

function programs() {
  if (!existsSync(DEBIAN)) return '';
  const versions = readdirSync(DEBIAN).filter((version) => existsSync(join(DEBIAN, version, 'bin/postgres')));
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest ? join(DEBIAN, newest, 'bin/') : '';
}

// PostgreSQL refuses to run as root.
async function owner() {
  if (process.getuid() !== 0) return {};
  const [uid, gid] = (await Promise.all(['-u', '-g'].map((flag) => succeed('id', [flag, 'postgres'])))).map(Number);
  return { uid, gid };
}

export class Postgres {
  #as;
  #process;

  /** Starts a new cluster, with further `settings`. Only a `durable` one waits for the disk. */
  static async start({ durable = false, settings = {} } = {}) {
    const cluster = new Postgres();
    Object.assign(cluster, { durable, settings });
    cluster.folder = temporaryFolder('postgres');
    cluster.port = await freePort();
    cluster.#as = await owner();
    if (cluster.#as.uid !== undefined) chownSync(cluster.folder, cluster.#as.uid, cluster.#as.gid);
    await succeed(`${programs()}initdb`, [
      '-D', cluster.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N',
    ], { ...cluster.#as, cwd: cluster.folder });
    await cluster.resume();
    return cluster;
  }

  /** What it has written to its log. */
  get log() {
    return this.#process.output;
  }

  get data() {
    return join(this.folder, 'data');
  }

  /** Starts it again after [`pause`]. */
  async resume() {
    const settings = { listen_addresses: '127.0.0.1', port: this.port, unix_socket_directories: this.folder, max_connections: 200 };
    Object.assign(settings, this.settings);
    if (!this.durable) Object.assign(settings, { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = new Running(`${programs()}postgres`, ['-D', this.data, ...flags], {
      ...this.#as, cwd: this.folder, log: join(this.folder, 'postgres.log'),
    });
    await this.#process.until('PostgreSQL answers', async () => (await this.#psql('SELECT 1')).code === 0);
  }

  /** Ends it, and every connection, as a machine that goes down in good order. */
  async pause() {
    await this.#process.stop('SIGINT');
  }

  async stop() {
    await this.#process.stop('SIGQUIT');
  }

  #psql(statement) {
    const server = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres'];
    return run(`${programs()}psql`, [...server, '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-tAc', statement]);
  }

  url(database) {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes a database and gives its URL. */
  async createDatabase(name) {
    const { code, stderr } = await this.#psql(`CREATE DATABASE "${name}"`);
    if (code !== 0) throw new Error(stderr);
    return this.url(name);
  }
}
