// A reader of one grant that knows of `/v1/changes` only: it keeps the highest revision of each purchase, stops and goes
// on, loses answers, begins anew, and complains of whatever no reader should ever see.
import { setTimeout as delay } from 'node:timers/promises';
import { assertAddsUp } from './totals.mjs';

const WITH_PURCHASE = ['recorded', 'returned', 'refunded', 'linked', 'revealed'];
const WITHOUT = ['unlinked', 'hidden', 'erased'];
const LONGEST_WAIT = 3;
// How often one page may be refused because too much else is going on.
const MOST_BUSY = 20;

export class Feed {
  /** Purchases by id: {revision, purchase}; `purchase` is absent once it is gone. */
  #purchases = new Map();
  /** Where it stands: nothing when it begins. `count`: changes read up to there; `hasMore`: whether some waited then. */
  #place;
  #finishing = false;
  /** Why it cannot read any more: the problem's code. */
  ended;
  counts = { answers: 0, changes: 0, byType: {}, older: 0, anew: 0, lost: 0, resyncs: 0, unseen: 0, raced: 0, busy: 0 };

  /**
   * `request`: asks the API for a path, gives a response; `chance`: what it does at random. Without `pauses` it reads
   * straight on, while nothing changes.
   */
  constructor(request, chance, { pauses = true } = {}) {
    Object.assign(this, { request, chance, pauses });
    this.#beginAnew();
  }

  /** The purchases as it has them. */
  get purchases() {
    return [...this.#purchases.values()].map(({ purchase }) => purchase).filter((purchase) => purchase !== undefined);
  }

  /** Reads until [`finish`]. */
  follow() {
    this.following = this.#follow();
    // Whoever waits for it hears of it.
    this.following.catch(() => {});
    return this;
  }

  /** Stops at once, whatever there may be to read. */
  abandon() {
    this.ended ??= 'abandoned';
  }

  /** Reads what there is, stops, and gives the purchases. */
  async finish() {
    this.#finishing = true;
    await (this.following ?? this.#follow());
    return this.purchases;
  }

  async #follow() {
    while (!this.ended) {
      const isLast = this.#finishing;
      const isAtEnd = await this.#read(isLast);
      if (isLast && isAtEnd) return;
      if (!this.#finishing && this.pauses && !this.ended) await this.#dawdle();
    }
  }

  async #dawdle() {
    const { chance } = this;
    if (chance.happens(0.1)) await delay(chance.integer(50, 1500));
    if (chance.happens(0.01)) {
      this.counts.anew += 1;
      this.#beginAnew();
    }
  }

  #beginAnew() {
    this.#purchases = new Map();
    this.#place = { cursor: undefined, count: 0, hasMore: true };
  }

  /** One request. Gives whether it is at the feed's end. */
  async #read(isLast) {
    const { chance } = this;
    const from = this.#place;
    const wait = isLast || chance.happens(0.3) ? 0 : chance.integer(1, LONGEST_WAIT);
    const query = new URLSearchParams({ limit: chance.integer(1, 50), wait });
    if (from.cursor !== undefined) query.set('cursor', from.cursor);
    const response = await this.request(`/v1/changes?${query}`);
    const body = await response.json();
    this.counts.answers += 1;
    if (response.status === 409 && body.code === 'resync_required') {
      this.counts.resyncs += 1;
      this.#purchases = new Map();
      this.#place = { cursor: body.nextCursor, count: from.count, hasMore: true };
      return false;
    }
    if (response.status === 403) {
      this.ended = body.code;
      return true;
    }
    if (response.status === 503 && body.retryable && (from.busy = (from.busy ?? 0) + 1) <= MOST_BUSY) {
      this.counts.busy += 1;
      await delay(chance.integer(100, 500));
      return false;
    }
    if (response.status !== 200) throw new Error(`the feed answers ${response.status} ${JSON.stringify(body)}`);
    // An answer that never arrives is asked for again.
    if (!isLast && this.pauses && chance.happens(0.03)) {
      this.counts.lost += 1;
      return false;
    }
    return this.#take(body, from);
  }

  #take({ data, nextCursor, hasMore }, from) {
    const fail = (change, why) => {
      throw new Error(`change ${JSON.stringify({ ...change, purchase: undefined })}: ${why}`);
    };
    if (typeof nextCursor !== 'string') throw new Error('an answer without nextCursor');
    if (typeof hasMore !== 'boolean') throw new Error('an answer without hasMore');
    let isResync = false;
    data.forEach((change, index) => {
      if (change.seq !== from.count + index + 1) fail(change, `seq is not ${from.count + index + 1}`);
      const [about, word] = change.type.split('.');
      this.counts.byType[change.type] = (this.counts.byType[change.type] ?? 0) + 1;
      if (change.type === 'grant.changed') isResync ||= change.resync === 'full';
      else if (about === 'purchase' && WITH_PURCHASE.includes(word)) this.#put(change, fail);
      else if (about === 'purchase' && WITHOUT.includes(word)) this.#drop(change, from, fail);
      else fail(change, 'an unknown type');
    });
    this.counts.changes += data.length;
    this.#place = { cursor: nextCursor, count: from.count + data.length, hasMore };
    if (isResync) {
      this.counts.resyncs += 1;
      this.#beginAnew();
      return false;
    }
    return data.length === 0 && !hasMore;
  }

  #put(change, fail) {
    const { purchaseId, revision, purchase } = change;
    if (!purchase) fail(change, 'comes without its purchase');
    if (purchase.id !== purchaseId || purchase.revision !== revision) fail(change, `is of ${purchase.id}, revision ${purchase.revision}`);
    assertAddsUp(purchase);
    this.#keep(purchaseId, revision, purchase);
  }

  /**
   * What goes must have been given. A reader who was told that there is more may have missed it: it can have moved in
   * the feed from behind that reader to ahead of it, and be gone before they came to it. Who had read all there was
   * has missed nothing: `raced` counts where they are told all the same, which is a fault of the feed.
   */
  #drop(change, from, fail) {
    const { purchaseId, revision } = change;
    if ('purchase' in change) fail(change, 'comes with a purchase');
    if (!this.#purchases.has(purchaseId)) {
      if (!from.hasMore && !this.pauses) fail(change, 'is of a purchase that was never given');
      this.counts[from.hasMore ? 'unseen' : 'raced'] += 1;
    }
    this.#keep(purchaseId, revision, undefined);
  }

  #keep(purchaseId, revision, purchase) {
    const known = this.#purchases.get(purchaseId);
    if (known && known.revision > revision) this.counts.older += 1;
    else this.#purchases.set(purchaseId, { revision, purchase });
  }
}

/** Sums of the counts of several readers. */
export function sumOfFeeds(feeds) {
  const sum = { byType: {} };
  for (const { counts: { byType, ...counts } } of feeds) {
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
    for (const [type, count] of Object.entries(byType)) sum.byType[type] = (sum.byType[type] ?? 0) + count;
  }
  return sum;
}
