// Order streams to run through the service, with what must come of them.
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { temporaryFolder } from './folder.mjs';
import { expectedFigures, modelOf } from './totals.mjs';
import { succeed } from './process.mjs';
import { BINARY } from './service.mjs';

const beside = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data');
const folder = process.env.COUNTERFOIL_SAMPLE ?? beside;
const BASKETS = join(folder, 'orders-sample.ndjson.gz');

/** Whether all counts are asked for, or those of an ordinary run. */
export const isLong = process.env.COUNTERFOIL_TEST_LONG === '1';

/** Lines `key<TAB>JSON` of a file, as {key, value}. */
export async function* messagesOf(file) {
  const bytes = createReadStream(file);
  const text = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  for await (const line of createInterface({ input: text, crlfDelay: Infinity })) {
    const tab = line.indexOf('\t');
    yield { key: line.slice(0, tab), value: line.slice(tab + 1) };
  }
}

/** Generated orders and the model's figures for them. */
export async function generated({ customers, orders, seed = 7, randomIds = false }) {
  const file = join(temporaryFolder('sample'), 'orders.ndjson');
  const flags = Object.entries({ customers, orders, seed }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const text = await succeed(BINARY, ['sample', 'orders', ...flags, ...(randomIds ? ['--random-ids'] : [])]);
  await writeFile(file, text);
  const model = modelOf(text.split('\n').filter(Boolean).map((line) => line.slice(line.indexOf('\t') + 1)));
  return { name: 'generated orders', file, counts: { ...model.counts, quarantined: 0 }, customers: model.customers };
}

/** The sample of real baskets; without it, generated orders, and it says so. */
export async function sample() {
  if (!existsSync(BASKETS)) {
    console.error(`\n*** No basket sample in ${folder} (--sample DIR): the same totals are tested on generated orders. ***\n`);
    return generated({ customers: 60, orders: 4000 });
  }
  const { total, customers } = JSON.parse(readFileSync(join(folder, 'orders-sample-expected.json'), 'utf8'));
  const figures = Object.entries(customers).map(([customer, expected]) => [customer, expectedFigures(expected, 'USD')]);
  const counts = { read: total.messages, duplicates: total.duplicates, quarantined: total.broken };
  return { name: 'the basket sample', file: BASKETS, counts, customers: new Map(figures) };
}

/** Customers to look at: all in a long run, else some that are spread over them. */
export function chosen(customers, count = 20) {
  const all = [...customers.keys()].sort();
  if (isLong || all.length <= count) return all;
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)]);
}
