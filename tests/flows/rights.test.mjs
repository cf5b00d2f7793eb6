// Rights that the retailer must answer, by the command line: listed, shown, answered, refused, given more time, in the
// ledger, in no log. And how customers meet what they are asked.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Customer } from '../support/customer.mjs';
import { readLedger } from '../support/ledger.mjs';
import { Postgres } from '../support/postgres.mjs';
import { Service } from '../support/service.mjs';

const STREET = 'My street is Elm Road, and not Elm Row.';
const DAY = 86_400_000;

const customers = new Map();

/** A page of a customer's, who signs in where that is asked for. */
async function page(service, id, address) {
  const name = `${service.url} ${id}`;
  if (!customers.has(name)) customers.set(name, new Customer(service.url, id));
  const customer = customers.get(name);
  const found = await customer.open(address);
  return { customer, found: found.url.pathname === '/sign-in' ? await customer.signIn(found) : found };
}

const idsOn = (found, prefix) => found.$(`article[id^=${prefix}]`).map((_, one) => found.$(one).attr('id')).get();

/** Uses a right on the page; its id, and when the answer is due. */
async function useRight(service, id, kind, detail) {
  const { customer, found } = await page(service, id, '/rights');
  const known = idsOn(found, 'rgt_');
  const done = await customer.submit(found, `#ask-${kind} form`, `#send-${kind}`, { detail });
  const [right] = idsOn(done, 'rgt_').filter((one) => !known.includes(one));
  return { right, dueAt: (await service.json(['rights', 'show', right])).dueAt };
}

async function takeBackRight(service, id, right) {
  const { customer, found } = await page(service, id, '/rights');
  await customer.submit(found, `form[action$="${right}/take-back"]`, `#back-${right}`);
  assert.equal((await service.json(['rights', 'show', right])).state, 'withdrawn');
}

/** Answers an ask on its page by the button `answer`, with what these labels stand for. */
async function say(service, id, ask, answer, labels = []) {
  const { customer, found } = await page(service, id, `/asks/${ask}`);
  const changes = Object.fromEntries(labels.map((words) => {
    const label = found.$('#ask-form label').filter((_, one) => found.$(one).text().trim() === words);
    const field = found.$(`#${label.attr('for')}`);
    return [field.attr('name'), field.attr('value')];
  }));
  const done = await customer.submit(found, '#ask-form', `#${answer}`, changes);
  assert.equal(done.response.status, 200, done.$('main').text());
}

async function takeBackAll(service, id) {
  const { customer, found } = await page(service, id, '/told');
  const asking = await customer.open(found.$('a[id^=back-]').attr('href'));
  await customer.submit(asking, '#back-form', '#back');
}

async function answerRights(service) {
  const file = (name, text) => {
    const path = join(service.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const began = Date.now();
  const opened = [];
  for (const [id, kind, detail] of [
    ['customer-001', 'rectification', STREET], ['customer-001', 'access', 'What else do you have of me?'],
    ['customer-002', 'objection', 'You think I have a baby. I have none.'], ['customer-002', 'access', 'Everything, please.'],
  ]) opened.push(await useRight(service, id, kind, detail));
  const [street, all, baby, twice] = opened.map(({ right }) => right);
  for (const { dueAt } of opened) {
    const days = (Date.parse(dueAt) - began) / DAY;
    assert.ok(days >= 28 && days <= 31.1, `a month: ${dueAt}`);
  }
  await takeBackRight(service, 'customer-002', twice);

  const listed = await service.command(['rights', 'list']);
  assert.deepEqual(JSON.parse(listed).rights.map(({ right, state, overdue }) => [right, state, overdue]).sort(),
    [street, all, baby].map((right) => [right, 'requested', false]).sort());
  assert.ok(!listed.includes('Elm'), 'what customers say is in no list');
  const shown = await service.json(['rights', 'show', street]);
  assert.deepEqual([shown.kind, shown.detail, shown.answer, shown.closedAt], ['rectification', STREET, null, null]);

  // More time: once, with a reason, and counted from the day of the request.
  const reason = file('reason.txt', 'We must ask the shop in Leeds first.');
  const extended = await service.json(['rights', 'extend', all, '--as', 'anna', '--file', reason]);
  assert.equal(extended.state, 'extended');
  const months = (Date.parse(extended.dueAt) - Date.parse(extended.openedAt)) / DAY;
  assert.ok(months >= 89 && months <= 92.1, `three months: ${extended.dueAt}`);
  const again = await service.attempt(['rights', 'extend', all, '--as', 'anna', '--file', reason]);
  assert.equal(again.code, 4, again.stderr);

  const answer = file('answer.txt', 'It says Elm Road now.');
  const answered = await service.json(['rights', 'answer', street, '--as', 'anna', '--file', answer]);
  assert.deepEqual([answered.state, answered.answer], ['answered', 'It says Elm Road now.']);
  const no = file('no.txt', 'We guess nothing of the kind. You can complain to the authority.');
  const refused = await service.json(['rights', 'answer', baby, '--as', 'ben', '--refuse', '--file', no]);
  assert.equal(refused.state, 'refused');
  for (const [args, code] of [
    [['answer', street, '--as', 'anna', '--file', answer], 4],
    [['answer', twice, '--as', 'anna', '--file', answer], 4],
    [['answer', all, '--as', ' ', '--file', answer], 2],
    [['answer', all, '--as', 'anna', '--file', file('empty.txt', ' \n')], 2],
    [['answer', all, '--as', 'anna', '--file', join(service.folder, 'nowhere.txt')], 1],
    [['show', `rgt_${'a'.repeat(26)}`], 4],
    [['show', 'con_1'], 2],
  ]) {
    const { code: found, stderr } = await service.attempt(['rights', ...args]);
    assert.equal(found, code, `${args.join(' ')}: ${stderr}`);
  }

  // A month passes.
  assert.deepEqual(await service.json(['rights', 'list', '--overdue']), { rights: [] });
  await service.sql("UPDATE rights SET due_at = '2020-01-01 00:00:00' WHERE closed_at IS NULL");
  const overdue = await service.json(['rights', 'list', '--overdue']);
  assert.deepEqual(overdue.rights.map(({ right, overdue }) => [right, overdue]), [[all, true]]);
  const late = await service.json(['rights', 'answer', all, '--as', 'anna', '--file', answer]);
  assert.equal(late.state, 'answered', 'late is better than never');
  assert.deepEqual(await service.json(['rights', 'list']), { rights: [] });

  const { consent } = await readLedger(service);
  const kinds = consent.map(({ header }) => header?.type).filter((type) => /^(rectification|access|objection)\./.test(type));
  assert.deepEqual(kinds.sort(), [
    'access.answered', 'access.answered', 'access.requested', 'access.requested', 'access.requested',
    'objection.raised', 'objection.raised', 'rectification.answered', 'rectification.requested',
  ]);
  assert.deepEqual(await service.json(['ledger', 'rebuild', '--check']), { differences: [] });
}

async function reportAsks(service) {
  const five = Array.from({ length: 5 }, (_, n) => `customer-00${n + 1}`);
  for (const id of five) await say(service, id, 'q2', 'yes', ['From whole beans', 'Strong']);
  await say(service, 'customer-006', 'q2', 'no');
  await say(service, 'customer-007', 'q2', 'later');
  await say(service, 'customer-001', 'q1', 'no');
  const report = async () => {
    const { asks } = await service.json(['asks', 'report', '--format', 'json']);
    return Object.fromEntries(asks.map((ask) => [ask.ask, ask]));
  };
  const before = await report();
  assert.equal(Object.keys(before).length, 6);
  assert.deepEqual(before.q2, {
    ask: 'q2', title: 'How do you like your coffee?', shown: 7, answered: 5, refused: 1, deferred: 1, withdrawn: 0,
    promised: { points: '250' }, delivered: {}, daysUntilWithdrawal: null,
  });
  assert.deepEqual([before.q1.shown, before.q1.refused, before.q1.promised], [1, 1, {}]);
  for (const id of five.slice(0, 4)) await takeBackAll(service, id);
  const four = await report();
  assert.deepEqual([four.q2.withdrawn, four.q2.daysUntilWithdrawal, four.q2.promised], [4, null, { points: '50' }]);
  await takeBackAll(service, five[4]);
  const all = await report();
  assert.deepEqual([all.q2.answered, all.q2.withdrawn, all.q2.promised], [5, 5, {}]);
  assert.deepEqual(all.q2.daysUntilWithdrawal, { lower: 0, median: 0, upper: 0 });
  const table = (await service.command(['asks', 'report'])).split('\n');
  assert.match(table[0], /^ask +shown +answered +refused +later +withdrawn +promised +delivered +days until withdrawal$/);
  assert.match(table.find((line) => line.startsWith('q2')), /^q2 +7 +5 +1 +1 +5 +- +- +0 \(0 to 0\)$/);
}

describe('rights and asks on the command line', { timeout: 600_000 }, () => {
  let postgres;
  before(async () => {
    postgres = await Postgres.start();
  });
  after(() => postgres.stop());

  for (const [name, on] of [['SQLite', () => ({})], ['PostgreSQL', () => ({ postgres })]]) {
    describe(`on ${name}`, () => {
      let service;
      before(async () => {
        service = await Service.init(on());
        const config = join(service.folder, 'config');
        await service.command(['config-objects', 'export', config]);
        await service.command(['config-objects', 'publish', ...readdirSync(config).map((name) => join(config, name))]);
        await service.serve();
      });
      after(async () => {
        await service.stop();
        assert.ok(!/Elm|Leeds|baby/.test(service.logText()), 'what is said is in no log');
      });

      it('rights are answered', () => answerRights(service));
      it('asks are reported on', () => reportAsks(service));
    });
  }
});
