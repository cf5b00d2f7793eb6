// Systems keep asking and fetching while the customer takes back: whatever they begin after the answer is in vain.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Customer } from '../support/customer.mjs';
import { Postgres } from '../support/postgres.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';
import { System } from '../support/system.mjs';

const objects = join(dirname(fileURLToPath(import.meta.url)), '../../crates/counterfoil/src/sample/config');
const CALLERS = 64;
const ROUNDS = process.env.COUNTERFOIL_TEST_LONG === '1' ? 100 : 3;

for (const database of ['SQLite', 'PostgreSQL']) {
  describe(`taking back under way, on ${database}`, { timeout: 1_800_000 }, () => {
    it(`${CALLERS} callers get nothing by what they begin after the answer, ${ROUNDS} times`, async (test) => {
      const postgres = database === 'PostgreSQL' ? await Postgres.start() : undefined;
      const orders = await generated({ customers: 1, orders: 3 });
      const service = await Service.init({ postgres, settings: { HTTP__SYSTEM_REQUESTS_PER_MINUTE: '100000000' } });
      await service.ingestFile(orders.file);
      const files = readdirSync(objects).filter((name) => name.endsWith('.toml')).map((name) => join(objects, name));
      await service.json(['config-objects', 'publish', ...files]);
      await service.serve();
      const [customerId] = orders.customers.keys();
      const customer = new Customer(service.url, customerId);
      const system = await System.register(service, { purposes: ['p2'] });
      const [before, after] = [{ permitted: 0, values: 0 }, { permitted: 0, values: 0, asked: 0 }];
      for (let round = 0; round < ROUNDS; round += 1) {
        if (round % 20 === 0) await system.renew();
        let page = await customer.open('/asks/q2');
        if (page.url.pathname === '/sign-in') page = await customer.signIn(page);
        await customer.submit(page, '#ask-form', '#yes', choice(page, 'Strong'));
        const [id] = await service.sql("SELECT count(*) FROM items WHERE state = 'live'");
        assert.equal(id, '1');
        const told = await customer.open('/told');
        const address = told.$('a[id^=back-]').attr('href');
        const ready = await customer.open(address);
        let answered;
        let isOver = false;
        const call = async (number) => {
          while (!isOver) {
            const began = performance.now();
            const isFetch = number % 2 === 0;
            const answer = isFetch
              ? await system.send('GET', '/v1/volunteered-items?purpose=p2&limit=500')
              : await system.send('POST', '/v1/decisions', { customerId, purpose: 'p2' });
            assert.equal(answer.status, 200, JSON.stringify(answer.body));
            const count = answered !== undefined && began > answered ? after : before;
            if (count === after) after.asked += 1;
            if (isFetch && answer.body.data.some(({ value }) => value !== undefined)) count.values += 1;
            if (!isFetch && answer.body.data.permitted) count.permitted += 1;
          }
        };
        const callers = Array.from({ length: CALLERS }, (_, number) => call(number));
        await new Promise((resolve) => setTimeout(resolve, 300));
        const done = await customer.submit(ready, '#back-form', '#back');
        answered = performance.now();
        assert.equal(done.response.status, 200);
        await new Promise((resolve) => setTimeout(resolve, 300));
        isOver = true;
        await Promise.all(callers);
      }
      test.diagnostic(`before the answer ${before.permitted} permitted, ${before.values} with a value; after it ${after.asked} asked`);
      assert.ok(before.permitted > 0 && before.values > 0, 'there was something to be had');
      assert.ok(after.asked >= ROUNDS);
      assert.deepEqual([after.permitted, after.values], [0, 0]);
      assert.deepEqual(await service.json(['ledger', 'rebuild', '--check']), { differences: [] });
      await service.stop();
      await postgres?.stop();
    });
  });
}

/** The choice with these words: {name: value}. */
function choice(page, words) {
  const label = page.$('#ask-form label').filter((_, one) => page.$(one).text().trim() === words);
  const input = page.$(`#${label.attr('for')}`);
  return { [input.attr('name')]: input.attr('value') };
}
