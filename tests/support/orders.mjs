// Orders, and what becomes of them: revisions, removals, returns and refunds, as events of an order stream.

/** CloudEvents sources. Each orders its events in its own way: by revision, by revisedAt, by the envelope's time. */
export const SOURCES = {
  shop: '/shop', till: '/till', web: '/web', partner: '/partner', identities: '/crm', privacy: '/privacy',
};
const SHOPS = [SOURCES.shop, SOURCES.shop, SOURCES.till, SOURCES.web];

const HOUR = 3_600_000;
const money = (cents) => (cents / 100).toFixed(2);
const text = (at) => new Date(at).toISOString();

/** The events of one object, each newer than the one before. */
class Sequence {
  #step = 0;

  constructor(chance, source, id, at) {
    Object.assign(this, { chance, source, id, at });
  }

  next(type, data) {
    this.#step += this.chance.integer(1, 3);
    const time = text(this.at + this.#step * HOUR);
    const byRevision = [SOURCES.shop, SOURCES.partner].includes(this.source);
    const order = byRevision ? { revision: this.#step } : this.source === SOURCES.till ? { revisedAt: time } : {};
    return {
      specversion: '1.0', id: `e-${this.id}-${this.#step}`, source: this.source, type,
      // Only where nothing else orders them does the time matter.
      time: this.source === SOURCES.web ? time : text(this.at + 720 * HOUR),
      data: { ...order, ...data },
    };
  }
}

export class Orders {
  /** Orders that may be linked to anybody. */
  free = [];
  /** Of those, whom the last event that named anybody named. */
  named = [];
  #reserved = [];
  #moving = [];
  // What was erased takes its returns with it; none is moved there.
  #erased = new Set();
  #count = { o: 0, r: 0, f: 0, x: 0 };

  constructor(chance) {
    this.chance = chance;
    this.erasesByTime = chance.happens(0.5);
  }

  /** An order of one customer only; a later event may not name them again. */
  plain(customerId, at) {
    const { chance } = this;
    const order = this.#begin(chance.pick(SHOPS), at);
    const count = chance.pick([1, 1, 1, 2, 3]);
    const events = [this.#recorded(order, customerId)];
    while (events.length < count) events.push(this.#recorded(order, chance.happens(0.7) ? customerId : undefined));
    return [...events, ...this.#aftermath(order, customerId, customerId)];
  }

  /** An order of one of these customers: or of nobody, or of another in a later event. */
  eventful(names, at, { isPartner = false } = {}) {
    const { chance } = this;
    const order = this.#begin(isPartner ? SOURCES.partner : chance.pick(SHOPS), at);
    const name = chance.happens(0.12) ? undefined : chance.pick(names);
    const events = [this.#recorded(order, name)];
    order.isCorrected = true;
    let claim = name;
    for (let more = chance.pick([0, 0, 0, 1, 1, 2]); more > 0; more -= 1) {
      const says = name === undefined ? undefined : chance.pick([name, name, undefined, chance.pick(names)]);
      claim = says ?? claim;
      events.push(this.#recorded(order, says));
    }
    this.free.push(order.orderId);
    if (claim !== undefined && !isPartner) this.named.push({ orderId: order.orderId, customerId: claim });
    return [...events, ...this.#aftermath(order, claim, isPartner ? undefined : claim)];
  }

  /** An order that names nobody. */
  guestOrder(at) {
    return this.#recorded(this.#begin(SOURCES.shop, at), undefined);
  }

  /** One that nothing else will ever be said about, of nobody or of one customer after the other, with a return. */
  reserved(customerIds, at) {
    const order = this.#begin(SOURCES.shop, at);
    order.isCorrected = customerIds.length > 1;
    this.#reserved.push(order.orderId);
    const says = customerIds.length > 0 ? customerIds : [undefined];
    return [...says.map((customerId) => this.#recorded(order, customerId)), ...this.#returned(order, undefined)];
  }

  /** The id of a reserved order, each once. */
  takeReserved() {
    return this.#reserved.pop();
  }

  /** What comes back without an order: a return, with or without money, or money alone. */
  withoutReceipt(customerId, at) {
    const { chance } = this;
    if (chance.happens(0.3)) return this.#refunded({ source: SOURCES.shop, at }, { customerId });
    return this.#returned({ source: chance.pick(SHOPS), at, orderId: undefined, lines: 2 }, customerId);
  }

  /** Something new about what was long ago. */
  late(customerId, at) {
    if (this.chance.happens(0.3)) return this.withoutReceipt(customerId, at);
    return [this.#recorded(this.#begin(SOURCES.shop, at), customerId)];
  }

  /** Newer events of some returns, which put them under other orders. */
  movedReturns() {
    const orders = this.free.filter((orderId) => !this.#erased.has(orderId));
    return this.#moving.map(({ sequence, data }) =>
      sequence.next('return.recorded.v1', { ...data, orderId: this.chance.pick(orders) }));
  }

  /** The erasure of a customer, of everything before `at`. */
  erasure({ customerId, orderIds }, at) {
    const id = this.#id('x');
    const data = { customerId, reason: 'asked for', ...(orderIds && { orderIds }) };
    const of = (source, time, more) => ({
      specversion: '1.0', id, source, type: 'customer.erased.v1', time: text(time), data: { ...data, ...more },
    });
    if (this.erasesByTime) return of(SOURCES.identities, at, {});
    return of(SOURCES.privacy, at + 48 * HOUR, { revisedAt: text(at) });
  }

  #id(kind) {
    this.#count[kind] += 1;
    return `${kind}-${this.#count[kind]}`;
  }

  #begin(source, at) {
    const orderId = this.#id('o');
    const { chance } = this;
    return {
      orderId, source, at, sequence: new Sequence(chance, source, orderId, at), lines: chance.integer(1, 4),
      isShared: chance.happens(0.08), channel: chance.pick(['store', 'online', 'app']),
    };
  }

  #recorded({ orderId, at, sequence, lines, isShared, channel, isCorrected = false }, customerId) {
    const { chance } = this;
    const placedAt = text(isCorrected && chance.happens(0.1) ? at - chance.integer(1, 30) * HOUR : at);
    const sold = Array.from({ length: Math.max(1, lines + chance.pick([0, 0, 0, -1, 1])) }, (_, index) => {
      const [net, discount] = [chance.integer(50, 5000), chance.happens(0.2) ? chance.integer(1, 300) : 0];
      return {
        lineId: String(index + 1), sku: `s-${chance.integer(1, 500)}`, name: `Thing ${chance.integer(1, 500)} of ${orderId}`,
        quantity: chance.integer(1, 3), gross: money(net + discount), net: money(net),
        ...(discount > 0 && { discounts: [{ kind: 'promotion', amount: money(discount) }] }),
      };
    });
    const delivery = channel === 'online' ? chance.integer(100, 900) : 0;
    const grandTotal = money(sold.reduce((sum, { net }) => sum + Math.round(Number(net) * 100), delivery));
    return sequence.next('order.recorded.v1', {
      orderId, ...(customerId !== undefined && { customerId }), channel, placedAt, currency: 'EUR', lines: sold,
      ...(delivery > 0 && { charges: [{ chargeId: '1', kind: 'delivery', amount: money(delivery) }] }),
      tenders: [{ method: 'card', amount: grandTotal, last4: '4417' }],
      // A correction may say that it was bought on a shared account after all.
      ...((isShared || chance.happens(0.01)) && { account: 'shared' }),
      totals: { grandTotal },
    });
  }

  /**
   * What follows an order of `claim`: it may be removed and come back; some of it, or its money, may be brought back,
   * which `customerId` is named for.
   */
  #aftermath(order, claim, customerId) {
    const { chance } = this;
    const { orderId, sequence } = order;
    const removed = (reason) => sequence.next('order.removed.v1', { orderId, reason });
    if (chance.happens(0.03)) {
      this.#erased.add(orderId);
      return [removed('erased'), ...(chance.happens(0.5) ? [this.#recorded(order, claim)] : [])];
    }
    const events = [];
    if (chance.happens(0.08)) {
      events.push(removed(chance.pick(['test', 'fraud', 'misattributed'])));
      if (chance.happens(0.6)) events.push(this.#recorded(order, chance.happens(0.5) ? claim : undefined));
    }
    if (chance.happens(0.22)) events.push(...this.#returned(order, customerId));
    if (chance.happens(0.12)) events.push(...this.#refunded(order, { orderId }));
    return events;
  }

  /** A return, and what is paid back for it: known by the order, by the return, or by both. */
  #returned({ orderId, source, at, lines: most }, customerId) {
    const { chance } = this;
    const returnId = this.#id('r');
    const returnedAt = at + chance.integer(24, 480) * HOUR;
    const sequence = new Sequence(chance, source, returnId, returnedAt);
    const lineIds = chance.some(Array.from({ length: most }, (_, index) => String(index + 1)), chance.integer(1, 2));
    const lines = lineIds.map((lineId, index) => ({
      returnLineId: String(index + 1), lineId, sku: `s-${lineId}`, quantity: 1, amount: money(chance.integer(50, 900)),
    }));
    const data = {
      returnId, ...(orderId !== undefined && { orderId }), returnedAt: text(returnedAt), lines,
      ...(orderId !== undefined && chance.happens(0.1) && { party: 'recipient' }),
    };
    const named = customerId !== undefined && { customerId };
    const events = [];
    if (chance.happens(0.3)) events.push(sequence.next('return.recorded.v1', { ...data, ...named, status: 'requested' }));
    const status = chance.pick(['received', 'completed', 'completed', 'rejected']);
    events.push(sequence.next('return.recorded.v1', { ...data, ...((events.length === 0 || chance.happens(0.8)) && named), status }));
    if (orderId !== undefined && chance.happens(0.08) && this.free.includes(orderId)) {
      this.#moving.push({ sequence, data: { ...data, status } });
    }
    if (chance.happens(0.7)) {
      const by = orderId === undefined ? { returnId } : chance.pick([{ orderId }, { returnId }, { orderId, returnId }]);
      events.push(...this.#refunded({ source, at: returnedAt, lineIds }, { ...by, ...named }));
    }
    return events;
  }

  #refunded({ source, at, lineIds = ['1'] }, about) {
    const { chance } = this;
    const refundId = this.#id('f');
    const issuedAt = at + chance.integer(1, 48) * HOUR;
    const sequence = new Sequence(chance, source, refundId, issuedAt);
    const parts = lineIds.map((lineId) => ({ lineId, amount: chance.integer(50, 900) }));
    const goodwill = chance.happens(0.2) ? chance.integer(1, 500) : 0;
    const data = {
      ...about, refundId, amount: money(parts.reduce((sum, { amount }) => sum + amount, goodwill)), currency: 'EUR',
      issuedAt: text(issuedAt), method: chance.pick(['card', 'gift_card']),
      allocations: [
        ...parts.map(({ lineId, amount }) => ({ lineId, amount: money(amount) })),
        ...(goodwill > 0 ? [{ other: 'goodwill', amount: money(goodwill) }] : []),
      ],
    };
    const events = [];
    if (chance.happens(0.3)) events.push(sequence.next('refund.recorded.v1', { ...data, status: 'pending' }));
    events.push(sequence.next('refund.recorded.v1', { ...data, status: chance.pick(['settled', 'settled', 'settled', 'failed']) }));
    return events;
  }
}
