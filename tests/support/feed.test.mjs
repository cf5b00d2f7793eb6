// The feed reader against a shop of a few lines: it ends with what is there, and complains of what must not be.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from './chance.mjs';
import { Feed } from './feed.mjs';

/** A customer's feed as it is meant to be: each purchase once, at its latest number; what went leaves a tombstone. */
class Shop {
  #newest = 0;
  #rows = new Map();
  #tombstones = [];
  #cursors = [];
  revoked = false;

  put(id, price) {
    const before = this.#rows.get(id) ?? this.#tombstones.findLast((tombstone) => tombstone.id === id);
    const seq = (this.#newest += 1);
    this.#rows.set(id, { id, seq, shown: this.#rows.get(id)?.shown ?? seq, revision: (before?.revision ?? 0) + 1, price });
  }

  remove(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.delete(id);
    this.#tombstones.push({ ...row, seq: (this.#newest += 1), revision: row.revision + 1, isGone: true });
  }

  get purchases() {
    return [...this.#rows.values()].map(purchase);
  }

  request = async (path) => {
    await delay(1);
    if (this.revoked) return answer(403, { code: 'grant_revoked' });
    const query = new URL(path, 'http://shop').searchParams;
    const place = query.has('cursor') ? this.#cursors[query.get('cursor')] : { position: 0, began: this.#newest, count: 0 };
    const isTold = (row) => row.seq > place.position && (!row.isGone || (row.seq > place.began && row.shown <= place.position));
    const rows = [...this.#rows.values(), ...this.#tombstones].filter(isTold).sort((one, other) => one.seq - other.seq);
    const page = rows.slice(0, Number(query.get('limit')));
    const hasMore = rows.length > page.length;
    this.#cursors.push({ ...place, position: hasMore ? page.at(-1).seq : this.#newest, count: place.count + page.length });
    const data = page.map((row, index) => change(row, place.count + index + 1));
    return answer(200, { data, nextCursor: String(this.#cursors.length - 1), hasMore });
  };
}

const purchase = ({ id, revision, price }) => ({
  id, revision, lines: [{ net: price }], charges: [], completeness: { reconciled: true },
  totals: { grandTotal: price, refunded: '0', net: price },
});
const change = (row, seq) => ({
  seq, purchaseId: row.id, revision: row.revision,
  ...(row.isGone ? { type: 'purchase.unlinked' } : { type: 'purchase.recorded', purchase: purchase(row) }),
});
const answer = (status, body) => ({ status, json: async () => body });
const byId = (list) => [...list].sort((one, other) => (one.id < other.id ? -1 : 1));

/** A reader that is given these answers, one after the other, and then nothing new. */
function given(...pages) {
  let count = 0;
  const request = async () => {
    const { data = [], hasMore = false } = pages[count] ?? {};
    count += 1;
    return answer(200, { data, hasMore, nextCursor: String(count) });
  };
  return new Feed(request, new Chance(1), { pauses: false }).finish();
}

describe('a reader of the change feed', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    it(`has in the end what is there, seed ${seed}`, async () => {
      const [shop, chance] = [new Shop(), new Chance(seed)];
      const feed = new Feed(shop.request, chance.apart()).follow();
      for (let step = 0; step < 400; step += 1) {
        const id = `pur_${chance.integer(1, 80)}`;
        if (chance.happens(0.25)) shop.remove(id);
        else shop.put(id, String(chance.integer(1, 99)));
        if (chance.happens(0.2)) await delay(1);
      }
      assert.deepEqual(byId(await feed.finish()), byId(shop.purchases));
      assert.ok(feed.counts.changes > 0 && feed.ended === undefined);
    });
  }
  it('ends when the grant does, and says why', async () => {
    const shop = new Shop();
    const feed = new Feed(shop.request, new Chance(1)).follow();
    shop.revoked = true;
    await feed.finish();
    assert.equal(feed.ended, 'grant_revoked');
  });

  const row = { id: 'pur_1', revision: 1, price: '3' };
  const withPurchase = (changes) => ({ ...change(row, 1), purchase: { ...purchase(row), ...changes } });
  it('keeps the highest revision', async () => {
    const [{ totals }] = await given({ data: [change({ ...row, revision: 3, price: '5' }, 1), change({ ...row, revision: 2 }, 2)] });
    assert.equal(totals.net, '5');
  });
  for (const [what, ...pages] of [
    ['a number left out', { data: [change(row, 1), change({ ...row, id: 'pur_2' }, 3)] }],
    ['a number that comes again', { data: [change(row, 1)] }, { data: [change({ ...row, revision: 2 }, 1)] }],
    ['an end of what it was never given', { data: [change(row, 1)] }, { data: [change({ ...row, id: 'pur_2', isGone: true }, 2)] }],
    ['a purchase of another revision', { data: [{ ...change(row, 1), revision: 2 }] }],
    ['a change without its purchase', { data: [{ ...change(row, 1), purchase: undefined }] }],
    ['a purchase that is gone with its purchase', { data: [{ ...change(row, 1), type: 'purchase.erased' }] }],
    ['a type that nobody knows', { data: [{ ...change(row, 1), type: 'purchase.eaten' }] }],
    ['totals that do not add up', { data: [withPurchase({ totals: { grandTotal: '3', refunded: '1', net: '3' } })] }],
    ['lines that are not the total', { data: [withPurchase({ lines: [{ net: '2' }] })] }],
  ]) {
    it(`complains of ${what}`, () => assert.rejects(given(...pages)));
  }
});
