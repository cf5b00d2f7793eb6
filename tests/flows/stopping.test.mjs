// Thirty-two connections read one customer while the customer stops sharing. Nothing leaves after the answer, and the
// ledger shows that nothing did.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { App } from '../support/client.mjs';
import { Customer } from '../support/customer.mjs';
import { assertContiguous, disclosuresOf, readLedger } from '../support/ledger.mjs';
import { Postgres } from '../support/postgres.mjs';
import { until } from '../support/process.mjs';
import { generated, isLong } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const CONNECTIONS = 32;
const ROUNDS = isLong ? 100 : 5;
const ENDED = { 401: ['invalid_token'], 403: ['grant_withdrawn'] };

describe('stop sharing under load', { timeout: 1_500_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  it('on SQLite', (test) => stopAgainAndAgain(test, {}));
  it('on PostgreSQL, read through two nodes', (test) => stopAgainAndAgain(test, { postgres }));
});

async function stopAgainAndAgain(test, { postgres }) {
  const orders = await generated({ customers: 3, orders: 300 });
  const service = await Service.init({ postgres });
  await service.ingestFile(orders.file);
  const nodes = [(await service.serve()).address];
  if (postgres) nodes.push((await service.serve({ second: true })).address);
  const app = await App.register(service);
  const customerId = [...orders.customers.keys()].sort()[0];

  const rounds = [];
  for (let number = 0; number < ROUNDS; number += 1) {
    const customer = new Customer(service.url, customerId);
    rounds.push(await stopOnce(app, customer, nodes));
  }
  const ledger = await readLedger(service);
  assertContiguous(ledger);
  for (const round of rounds) assertLedger(ledger, round);
  const count = (kind) => rounds.reduce((sum, round) => sum + round.answers.filter(kind).length, 0);
  test.diagnostic(`${ROUNDS} times: ${count(({ status }) => status === 200)} answers with data, ` +
    `${count((answer) => answer.isLate)} requests begun after the answer, all refused`);
  await service.stop();
  if (postgres) assert.doesNotMatch(postgres.log, /deadlock/);
}

async function stopOnce(app, customer, nodes) {
  const connection = await app.connect(customer);
  const stop = await customer.readyToStop(connection.grantId);
  const answers = [];
  let stoppedAt = Infinity;
  const reader = async (number) => {
    const address = nodes[number % nodes.length];
    for (let refused = 0; refused < 3;) {
      const requestId = randomUUID();
      const begun = performance.now();
      const response = await connection.request('/v1/purchases?limit=20', { address, headers: { 'x-request-id': requestId } });
      const body = await response.json();
      assert.equal(response.headers.get('x-request-id'), requestId);
      answers.push({ requestId, status: response.status, code: body.code, isLate: begun > stoppedAt });
      // Each connection goes on until it has been told several times, after the answer.
      if (begun > stoppedAt) refused += 1;
    }
  };
  const readers = Array.from({ length: CONNECTIONS }, (_, number) => reader(number));
  const all = Promise.all(readers);
  all.catch(() => {});
  await until('every connection reads', () => answers.filter(({ status }) => status === 200).length >= 2 * CONNECTIONS, { every: 5 });
  await stop();
  stoppedAt = performance.now();
  await all;

  for (const { status, code, isLate } of answers) {
    if (isLate) assert.ok(ENDED[status]?.includes(code), `begun after the answer, and got ${status} ${code}`);
    else assert.ok(status === 200 || ENDED[status]?.includes(code), `got ${status} ${code}`);
  }
  return { grantId: connection.grantId, answers };
}

function assertLedger(ledger, { grantId, answers }) {
  const disclosures = disclosuresOf(ledger, grantId);
  for (const { requestId, status } of answers) {
    if (status === 200) assert.ok(disclosures.has(requestId), 'every answer with data has its entry');
  }
  const withdrawals = ledger.consent.filter(({ header, payload }) =>
    header.type === 'grant.withdrawn' && payload.grantId === grantId);
  assert.equal(withdrawals.length, 1);
  const { accessSize } = withdrawals[0].payload;
  for (const seq of disclosures.values()) assert.ok(seq < accessSize, `disclosure ${seq} came after the withdrawal at ${accessSize}`);
}
