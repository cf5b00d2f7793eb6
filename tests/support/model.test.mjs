// The model's own corner cases, and the cases of tests/cases that say who is who, held against it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { expectedView, worldsOf } from './model.mjs';

const CASES = join(dirname(fileURLToPath(import.meta.url)), '../cases');

const at = (day) => `2025-${day}T12:00:00Z`;
const about = (type, data, { time = at('06-01'), source = '/shop' } = {}) => ({ specversion: '1.0', id: 'e', source, type, time, data });
const order = (orderId, revision, customerId, more) => about('order.recorded.v1', {
  orderId, revision, ...(customerId && { customerId }), placedAt: at('03-01'), currency: 'EUR', channel: 'store',
  lines: [{ lineId: '1', sku: 's', name: 'Thing', quantity: 2, net: '10.00' }], totals: { grandTotal: '10.00' }, ...more,
});
const removed = (orderId, revision, reason = 'test') => about('order.removed.v1', { orderId, revision, reason });
const returned = (returnId, more) => about('return.recorded.v1', {
  returnId, revision: 1, status: 'completed', returnedAt: at('03-09'),
  lines: [{ returnLineId: '1', lineId: '1', sku: 's', quantity: 1, amount: '5.00' }], ...more,
});
const refund = (refundId, more) => about('refund.recorded.v1', {
  refundId, revision: 1, amount: '5.00', currency: 'EUR', issuedAt: at('03-10'), status: 'settled',
  allocations: [{ lineId: '1', amount: '5.00' }], ...more,
});
const said = (type, day, data) => about(`customer.${type}.v1`, data, { time: at(day), source: '/crm' });
const linked = (day, customerId, ...orderIds) => said('linked', day, { customerId, orderIds });
const unlinked = (day, customerId, ...orderIds) => said('unlinked', day, { customerId, orderIds });
const merged = (day, mergeId, from, into) => said('merged', day, { mergeId, from, into });
const split = (day, mergeId) => said('split', day, { mergeId });
const identified = (day, customerId, id, verified = true) =>
  said('identified', day, { customerId, aliases: [{ scheme: 'card', id, verified }] });
const erased = (day, customerId, more) => said('erased', day, { customerId, ...more });

const SCHEMES = { '/partner': 'card' };

/** Where everything lies at the end: `c-1: o-1 (o-2)`, in brackets what has joined; each order of one phase is the same. */
function lies(...phases) {
  const seen = new Set();
  for (const each of [phases, phases.map((events) => [...events].reverse())]) {
    const world = worldsOf(each, SCHEMES).at(-1);
    const all = [...world.purchases.values()].filter(({ name }) => name !== undefined);
    const texts = all.map(({ object, name, own }) => `${name.replace(/^:/, '')}: ${own ? object : `(${object})`}`);
    seen.add(texts.sort().join(', '));
  }
  assert.equal(seen.size, 1, 'the order of arrival does not matter');
  return [...seen][0];
}

describe('whose a purchase is', () => {
  it('who the newest event names that names anybody', () => {
    assert.equal(lies([order('o-1', 1, 'a'), order('o-1', 2, 'b')]), 'b: order o-1');
    assert.equal(lies([order('o-1', 1, 'a'), order('o-1', 2)]), 'a: order o-1');
    assert.equal(lies([order('o-1', 1)]), '');
  });
  it('links come before what the order says, whatever it says later', () => {
    assert.equal(lies([order('o-1', 1), linked('06-01', 'a', 'o-1')]), 'a: (order o-1)');
    assert.equal(lies([order('o-1', 1, 'b'), linked('06-01', 'a', 'o-1'), order('o-1', 2, 'c')]), 'a: (order o-1)');
    assert.equal(lies([order('o-1', 1, 'a'), linked('06-01', 'b', 'o-1'), linked('06-02', 'a', 'o-1')]), 'a: order o-1');
  });
  it('an unlink takes an order away from that customer, and from no other', () => {
    assert.equal(lies([order('o-1', 1, 'a'), unlinked('06-01', 'a', 'o-1')]), '');
    assert.equal(lies([order('o-1', 1, 'a'), unlinked('06-01', 'b', 'o-1')]), 'a: order o-1');
    assert.equal(lies([order('o-1', 1, 'a'), linked('06-01', 'b', 'o-1'), unlinked('06-02', 'b', 'o-1')]), 'a: order o-1');
    assert.equal(lies([order('o-1', 1, 'a'), unlinked('06-01', 'b', 'o-1'), merged('06-02', 'm', 'a', 'b')]), '');
  });
  it('aliases while they are verified', () => {
    const bought = { ...order('o-1', 1, '7'), source: '/partner' };
    assert.equal(lies([bought]), 'card:7: order o-1');
    assert.equal(lies([bought, identified('06-01', 'a', '7')]), 'a: (order o-1)');
    assert.equal(lies([bought, identified('06-01', 'a', '7'), identified('06-02', 'b', '7')]), 'b: (order o-1)');
    assert.equal(lies([bought, identified('06-01', 'a', '7'), identified('06-02', 'a', '7', false)]), 'card:7: order o-1');
  });
  it('merges until they are split; the newest from one customer; circles are cut', () => {
    const bought = order('o-1', 1, 'a');
    assert.equal(lies([bought, merged('06-01', 'm', 'a', 'b'), merged('06-02', 'n', 'b', 'c')]), 'c: (order o-1)');
    assert.equal(lies([bought, merged('06-01', 'm', 'a', 'b'), split('06-02', 'm')]), 'a: order o-1');
    assert.equal(lies([bought, split('06-01', 'm'), merged('06-02', 'm', 'a', 'b')]), 'b: (order o-1)');
    const two = [merged('06-01', 'm', 'a', 'b'), merged('06-02', 'n', 'a', 'c')];
    assert.equal(lies([bought, ...two]), 'c: (order o-1)');
    assert.equal(lies([bought, ...two, split('06-03', 'n')]), 'b: (order o-1)');
    const circle = [merged('06-01', 'l', 'a', 'b'), merged('06-03', 'm', 'b', 'c'), merged('06-02', 'n', 'c', 'a')];
    assert.equal(lies([bought, ...circle]), 'c: (order o-1)');
    assert.equal(lies([bought, ...circle, merged('06-04', 'k', 'x', 'a'), order('o-2', 1, 'x')]), 'c: (order o-1), c: (order o-2)');
    const pair = [merged('06-01', 'm', 'a', 'b'), merged('06-02', 'n', 'b', 'a')];
    assert.equal(lies([bought, order('o-2', 1, 'b'), ...pair]), 'a: (order o-2), a: order o-1');
  });
});

describe('what a purchase says', () => {
  const shape = (events) => expectedView(worldsOf([events])[0], ':a');
  it('the newest order, with what came back of it', () => {
    const [{ lines, returns, refunds, totals }] = shape([
      order('o-1', 1, 'a'), returned('r-1', { orderId: 'o-1' }), refund('f-1', { returnId: 'r-1' }),
    ]);
    assert.deepEqual(lines, [{ id: '1', name: 'Thing', net: '10.00', returned: '1', refunded: '5.00' }]);
    assert.deepEqual([returns, refunds], [['r-1'], ['f-1']]);
    assert.deepEqual(totals, { grandTotal: '10.00', refunded: '5.00', net: '5.00' });
  });
  it('a return goes where its newest event says, and takes the refunds with it that name only it', () => {
    const events = [
      order('o-1', 1, 'a'), order('o-2', 1, 'a'), returned('r-1', { orderId: 'o-1' }), returned('r-1', { orderId: 'o-2', revision: 2 }),
      refund('f-1', { returnId: 'r-1' }), refund('f-2', { returnId: 'r-1', orderId: 'o-1' }),
    ];
    assert.deepEqual(shape(events).map(({ key, returns, refunds }) => ({ key, returns, refunds })), [
      { key: 'order o-1', returns: [], refunds: ['f-2'] }, { key: 'order o-2', returns: ['r-1'], refunds: ['f-1'] },
    ]);
  });
  it('without an order it is of who it names; failed refunds and announced returns do not count', () => {
    const theirs = [returned('r-1', { customerId: 'a' }), refund('f-1', { returnId: 'r-1', customerId: 'b' })];
    assert.equal(lies(theirs), 'a: return r-1');
    const nowhere = refund('f-2', { returnId: 'nowhere', customerId: 'a' });
    assert.equal(lies([refund('f-1', { customerId: 'a' }), nowhere]), 'a: refund f-1');
    const [{ lines, totals }] = shape([
      order('o-1', 1, 'a'), returned('r-1', { orderId: 'o-1', status: 'requested' }),
      refund('f-1', { orderId: 'o-1', status: 'failed' }),
    ]);
    assert.deepEqual(lines, [{ id: '1', name: 'Thing', net: '10.00' }]);
    assert.equal(totals.net, '10.00');
  });
  it('nothing of what the receiver of a gift brought back', () => {
    const [{ returns, refunds }] = shape([
      order('o-1', 1, 'a'), returned('r-1', { orderId: 'o-1', party: 'recipient' }), refund('f-1', { returnId: 'r-1', orderId: 'o-1' }),
    ]);
    assert.deepEqual([returns, refunds], [[], []]);
  });
  it('what is shared only to who may see it, what has joined likewise', () => {
    const world = worldsOf([[order('o-1', 1, 'a', { account: 'shared' }), order('o-2', 1, 'b'), linked('06-01', 'a', 'o-2')]])[0];
    const keys = (view) => expectedView(world, ':a', view).map(({ key }) => key);
    assert.deepEqual(keys(), ['order o-1', 'order o-2']);
    assert.deepEqual(keys({ own: true }), ['order o-1']);
    assert.deepEqual(keys({ shared: false }), ['order o-2']);
  });
});

describe('what is not there any more', () => {
  it('a removed order, until it is recorded again', () => {
    assert.equal(lies([order('o-1', 1, 'a'), removed('o-1', 2), returned('r-1', { orderId: 'o-1' })]), '');
    assert.equal(lies([order('o-1', 1, 'a'), removed('o-1', 2), order('o-1', 3)]), 'a: order o-1');
    assert.equal(lies([order('o-1', 3, 'a'), removed('o-1', 2)]), 'a: order o-1');
  });
  it('an erased customer: what was before, and what names them about it', () => {
    const later = { placedAt: at('09-01') };
    assert.equal(lies([order('o-1', 1, 'a'), order('o-2', 1, 'a', later), erased('08-01', 'a')]), 'a: order o-2');
    const returns = [returned('r-1', { customerId: 'a' }), returned('r-2', { customerId: 'a', returnedAt: at('09-01') })];
    assert.equal(lies([...returns, erased('08-01', 'a')]), 'a: return r-2');
    const naming = erased('08-01', 'a', { orderIds: ['o-2'] });
    assert.equal(lies([order('o-1', 1, 'a'), order('o-2', 1), naming, linked('09-01', 'b', 'o-2')]), '');
    assert.equal(lies([erased('08-01', 'a')], [order('o-1', 1, 'a'), order('o-2', 1), linked('06-01', 'a', 'o-2')]), '');
    assert.equal(lies([erased('08-01', 'a')], [order('o-2', 1), linked('09-01', 'a', 'o-2')]), '');
    assert.equal(lies([erased('08-01', 'a')], [order('o-2', 1, undefined, later), linked('09-01', 'a', 'o-2')]), 'a: (order o-2)');
  });
  it('with every name that has the same home, and their merges', () => {
    const events = [order('o-1', 1, 'a'), order('o-2', 1, 'b'), order('o-3', 1, 'c'), merged('06-01', 'm', 'a', 'b')];
    const later = (orderId, customerId) => order(orderId, 1, customerId, { placedAt: at('09-01') });
    const afterwards = [later('o-4', 'a'), later('o-5', 'b'), order('o-6', 1, 'a')];
    assert.equal(lies(events, [erased('08-01', 'a')], afterwards), 'a: order o-4, b: order o-5, c: order o-3');
  });
  it('what lies with another stays, and what was linked to the erased goes', () => {
    const events = [order('o-1', 1, 'a'), linked('06-01', 'b', 'o-1'), order('o-2', 1, 'b'), linked('06-02', 'a', 'o-2')];
    assert.equal(lies(events, [erased('08-01', 'a')], [order('o-2', 2, 'b')]), 'b: (order o-1)');
  });
  it('a part goes with its purchase and does not come back by an older event', () => {
    const [older, newer] = [returned('r-1', { orderId: 'o-2' }), returned('r-1', { orderId: 'o-1', revision: 2 })];
    const world = worldsOf([[order('o-1', 1, 'a'), order('o-2', 1, 'b'), older, newer], [erased('08-01', 'a')]]).at(-1);
    assert.deepEqual(expectedView(world, ':b').map(({ returns }) => returns), [[]]);
  });
});

describe('cases of who is who', () => {
  const files = readdirSync(CASES).filter((name) => name.endsWith('.json'));
  const cases = files.map((name) => JSON.parse(readFileSync(join(CASES, name), 'utf8')));
  const isOfPeople = ({ messages }) => messages.some(({ value }) => /^(customer|order\.removed)/.test(value?.type ?? ''));

  for (const { name, sources = {}, messages, expect, anyOrder } of cases.filter(isOfPeople)) {
    it(name, () => {
      const schemes = Object.fromEntries(Object.entries(sources).map(([source, { customerScheme }]) => [source, customerScheme]));
      const isReadable = ({ data, time }) => data !== undefined && (data.revision ?? data.revisedAt ?? time) !== undefined;
      const events = messages.map(({ value }) => value).filter(isReadable);
      // What arrives before an erasure is a phase of its own, unless the order does not matter.
      const phases = [[]];
      for (const event of events) {
        phases.at(-1).push(event);
        if (event.type === 'customer.erased.v1' && !anyOrder) phases.push([]);
      }
      const world = worldsOf(withoutRepeats(phases), schemes).at(-1);
      // An alias that is nobody's has its purchases for itself.
      const all = [...world.purchases.values()].filter((purchase) => purchase.name?.startsWith(':'));
      const found = all.map((purchase) => `${purchase.name.replace(/^:/, '')} ${purchase.object}${purchase.own ? '' : ' joined'}`);
      const expected = expect.purchases.map(({ customerId, orderId, returns }) => {
        const object = orderId === undefined ? `return ${returns[0].id}` : `order ${orderId}`;
        return `${customerId} ${object}${(expect.joined ?? []).includes(orderId) ? ' joined' : ''}`;
      });
      assert.deepEqual(found.sort(), expected.sort());
    });
  }
});

/** Each event once, and of those with the same place the first: the others are duplicates or in conflict. */
function withoutRepeats(phases) {
  const seen = new Set();
  return phases.map((events) => events.filter(({ type, time, data }) => {
    const named = data.orderIds?.join() ?? data.aliases?.map(({ id }) => id).join();
    const about = data.orderId ?? data.returnId ?? data.refundId ?? data.mergeId ?? named;
    const key = JSON.stringify([type.split('.')[0], about, data.revision ?? data.revisedAt ?? time]);
    return !seen.has(key) && seen.add(key);
  }));
}
