// P11: decisions for the retailer's systems over HTTP, beside one indexed read of the same table by pgbench, in one run.
import { readdirSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as jose from 'jose';
import { Customer } from '../../support/customer.mjs';
import { Postgres } from '../../support/postgres.mjs';
import { run, succeed } from '../../support/process.mjs';
import { generated } from '../../support/sample.mjs';
import { Service } from '../../support/service.mjs';
import { System } from '../../support/system.mjs';

const objects = join(dirname(fileURLToPath(import.meta.url)), '../../../crates/counterfoil/src/sample/config');
const CUSTOMERS = 1_000;

/** `bench` runs the load client, `summary` prints medians. */
export async function p11({ folder, rounds, seconds, bench, summary, say }) {
  const postgres = await Postgres.start({ durable: true });
  const service = await Service.init({
    postgres, settings: { HTTP__SYSTEM_REQUESTS_PER_MINUTE: '100000000', LOG__FILTER: 'warn' },
  });
  const orders = await generated({ customers: CUSTOMERS, orders: CUSTOMERS * 2 });
  await service.ingestFile(orders.file, { ms: 600_000 });
  const files = readdirSync(objects).filter((name) => name.endsWith('.toml')).map((name) => join(objects, name));
  await service.json(['config-objects', 'publish', ...files]);
  const { running: server } = await service.serve();
  const ids = [...orders.customers.keys()];
  // Every customer has said yes or no to one purpose.
  for (const [number, id] of ids.entries()) {
    const customer = new Customer(service.url, id);
    const page = await customer.signIn(await customer.open('/asks/q2'));
    await customer.submit(page, '#ask-form', number % 2 ? '#no' : '#yes');
  }
  const system = await System.register(service, { purposes: ['p2'] });
  const kept = join(folder, 'system');
  mkdirSync(kept);
  writeFileSync(join(kept, 'dpop-key.json'), JSON.stringify(await jose.exportJWK(system.keyPair.privateKey)));
  const url = `${service.url}/v1/decisions`;
  const body = JSON.stringify({ customerId: ids[0], purpose: 'p2' });
  const database = service.settings.DATABASE__URL;
  await run('psql', [database, '-qc', 'VACUUM ANALYZE']);
  const [person] = await service.sql("SELECT encode(person, 'hex') FROM consents WHERE purpose = 'p2' LIMIT 1");
  const script = join(folder, 'read.sql');
  writeFileSync(script, `SELECT state, version FROM consents WHERE person = '\\x${person}'::bytea AND purpose = 'p2';\n`);
  for (const connections of [1, 16, 64]) {
    const [ours, baseline, slowest, theirs] = [[], [], [], []];
    for (let round = 0; round < rounds; round += 1) {
      await system.renew();
      writeFileSync(join(kept, 'connection.json'), JSON.stringify({ accessToken: system.tokens.access_token }));
      const figure = await bench(
        'load', '--url', url, '--folder', kept, '--body', body, '--connections', String(connections), '--seconds', String(seconds));
      if (figure.failures) throw new Error(`${figure.failures} decisions failed`);
      ours.push(figure.rate);
      slowest.push(figure.p99ms);
      const log = join(folder, `read-${connections}-${round}`);
      const out = await succeed('pgbench', [
        '-n', '-M', 'prepared', '-f', script, '-c', String(connections), '-j', '2', '-T', String(seconds), '-l', `--log-prefix=${log}`, database,
      ], { ms: 120_000 });
      const rate = Number(out.match(/tps = ([0-9.]+)/)[1]);
      const p99 = Number(await succeed('sh', ['-c',
        'cat "$1".* | cut -d" " -f3 | sort -n | awk \'{ a[NR] = $1 } END { print a[int(NR * 0.99)] / 1000 }\'', 'sh', log]));
      say({ what: 'pgbench', connections, rate, p99ms: p99 });
      baseline.push(rate);
      theirs.push(p99);
    }
    summary(`P11: decisions at ${connections} connections beside pgbench reading one row by an index (/s)`, ours, baseline);
    summary(`P11: p99 in ms at ${connections} connections`, slowest, theirs);
  }
  await server.stop();
  await postgres.stop();
}
