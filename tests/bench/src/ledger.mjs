// P6 and P7: seals, single decisions and verification of the ledger, on both databases.
//   cargo build --release -p counterfoil-ledger --example ledger_figures
//   (cd tests/bench/tessera && go build -o ../target/release/tessera-bench .)
import { join } from 'node:path';

const { Postgres } = await import('../../support/postgres.mjs');
const { succeed } = await import('../../support/process.mjs');
const MINUTES = 60_000;
const CALLERS = [1, 16, 256];

const lines = (out) => out.trim().split('\n').map((line) => JSON.parse(line));

/** What the program says of a database that is empty, on PostgreSQL and on SQLite. */
async function onBoth({ program, folder, what, amount, say, name }) {
  const postgres = await Postgres.start({ durable: true });
  const urls = { postgresql: await postgres.createDatabase(name), sqlite: `sqlite://${join(folder, `${name}.db`)}` };
  const figures = {};
  for (const [database, url] of Object.entries(urls)) {
    const out = await succeed(program, [what, url, join(folder, `${name}-${database}`), String(amount)], { ms: 60 * MINUTES });
    figures[database] = lines(out).map(say);
  }
  await postgres.stop();
  return figures;
}

/** P6: seals and single decisions a second at 1, 16 and 256 callers, beside appends to Tessera on the same disk. */
export async function p6({ program, tessera, folder, seconds, say }) {
  const figures = await onBoth({ program, folder, what: 'seals', amount: seconds, say, name: 'p6' });
  for (const callers of CALLERS) {
    const out = await succeed(tessera, [join(folder, `tessera-${callers}`), String(seconds), String(callers)], { ms: 10 * MINUTES });
    const baseline = say(lines(out)[0]);
    for (const [database, list] of Object.entries(figures)) {
      const ours = list.find((one) => one.what === 'seals' && one.callers === callers);
      say({
        what: `P6: seals beside Tessera's appends, ${callers} callers, ${database}`, ours: Math.round(ours.perSecond),
        baseline: Math.round(baseline.perSecond), ratio: Number((ours.perSecond / baseline.perSecond).toPrecision(3)),
        p99Ms: ours.p99Ms, baselineP99Ms: baseline.p99Ms,
      });
    }
  }
}

/** P7: a log of many entries, integrated and verified. */
export async function p7({ program, folder, entries, say }) {
  await onBoth({ program, folder, what: 'tree', amount: entries, say, name: 'p7' });
}
