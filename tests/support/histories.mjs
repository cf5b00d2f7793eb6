// Random histories of a shop and its customers, made from a seed: everything that an order stream can say, in any
// order of arrival, some of it twice, over two topics. What comes of one does not depend on that order.
//
// Three phases. The first holds nearly everything. In the second some customers are erased whose histories are tied to
// others' (by merges, links, aliases): what that erases depends on what is known by then. The third says all of it
// again, and new things about the same customers after their erasure, and late things about before. Customers of whom
// there is nothing but plain purchases are erased in the midst of the first.
import { Chance } from './chance.mjs';
import { World, nameOf } from './model.mjs';
import { Orders, SOURCES } from './orders.mjs';

/** What the service must know about the sources. */
export const SCHEMES = { [SOURCES.partner]: 'loyalty' };

const HOUR = 3_600_000;
const day = (text) => Date.parse(`${text}T00:00:00Z`);
const PURCHASES = [day('2024-01-01'), day('2025-12-01')];
/** When plain customers are erased: they have purchases before and after. */
const PLAIN_ERASURES = [day('2024-10-01'), day('2025-04-01')];
const IDENTITIES_FROM = day('2026-01-01');
/** Later than every identity of the first phase, and earlier than the purchases that outlast it. */
const ERASURES_FROM = day('2026-06-01');
const OUTLASTING = [day('2026-07-01'), day('2026-08-01')];
const AFTERWARDS = [day('2026-09-01'), day('2026-10-01')];
const DUPLICATES = 0.1;

/**
 * `scale`: 1 is about 10,000 messages in all. Gives {seed, customers, plain, erased, phases, deliveries}: customer ids;
 * those who are erased in the first phase and in the second (with all whose home they share); the events of each phase
 * once; and as they are sent, lists of {topic: 0 or 1, key, event}.
 */
export function historyOf(seed, { scale = 1 } = {}) {
  return new History(seed, scale).make();
}

class History {
  constructor(seed, scale) {
    this.seed = seed;
    this.scale = scale;
    this.chance = new Chance(seed);
    this.orders = new Orders(this.chance.apart());
    this.customers = Array.from({ length: 60 }, (_, number) => `c-${String(number + 1).padStart(2, '0')}`);
    this.plain = this.customers.slice(0, 6);
    this.others = this.customers.slice(6);
    this.cards = Array.from({ length: 40 }, (_, number) => `card-${number + 1}`);
    this.said = 0;
  }

  make() {
    const first = [...this.#purchases(), ...this.#links(), ...this.#identifications(), ...this.#merges(), ...this.#plainErasures()];
    const groups = this.#groupsToErase(first);
    first.push(...groups.flatMap((group) => this.#outlasting(group)));
    const second = groups.map((group, number) => this.#erasure(group, number));
    const third = this.#afterwards(groups);
    const phases = [first, second, third];
    return {
      seed: this.seed, customers: this.customers, plain: this.plain, erased: groups.flatMap(({ names }) => names), phases,
      deliveries: [first, second, [...first, ...second, ...third]].map((events) => this.#delivered(events)),
    };
  }

  /** Purchases of everybody: orders with all that becomes of them, and what comes back without one. */
  #purchases() {
    const { chance, orders } = this;
    const events = [];
    const each = Math.round(26 * this.scale);
    for (const customerId of this.plain) {
      for (let count = 0; count < each; count += 1) events.push(...orders.plain(customerId, this.#at(PURCHASES)));
      for (let count = 0; count < 4; count += 1) events.push(...orders.withoutReceipt(customerId, this.#at(PURCHASES)));
    }
    for (let count = 0; count < each * this.others.length; count += 1) {
      const isPartner = chance.happens(0.12);
      events.push(...orders.eventful(isPartner ? this.cards : this.others, this.#at(PURCHASES), { isPartner }));
    }
    for (let count = 0; count < 60 * this.scale; count += 1) {
      events.push(...orders.withoutReceipt(chance.happens(0.85) ? chance.pick(this.others) : undefined, this.#at(PURCHASES)));
    }
    for (let count = 0; count < 16; count += 1) {
      const whose = count % 2 ? [] : chance.some(this.others, chance.integer(1, 2));
      events.push(...orders.reserved(whose, this.#at(PURCHASES)));
    }
    return [...events, ...orders.movedReturns()];
  }

  #links() {
    const { chance, orders: { free } } = this;
    const events = [];
    for (const orderId of chance.some(free, Math.round(free.length * 0.2))) {
      for (let count = chance.integer(1, 3); count > 0; count -= 1) {
        const alongside = chance.happens(0.2) ? chance.some(free.filter((id) => id !== orderId), chance.integer(1, 3)) : [];
        const type = chance.happens(0.7) ? 'customer.linked.v1' : 'customer.unlinked.v1';
        const orderIds = [orderId, ...alongside];
        events.push(this.#identity(type, { customerId: chance.pick(this.others), orderIds, reason: 'service desk' }));
      }
    }
    // That an order is not its own customer's: it is nobody's.
    for (const { orderId, customerId } of chance.some(this.orders.named.filter(({ orderId: id }) => free.includes(id)), 30)) {
      events.push(this.#identity('customer.unlinked.v1', { customerId, orderIds: [orderId] }));
    }
    return events;
  }

  #identifications() {
    const { chance } = this;
    return chance.shuffled([...this.cards, ...this.cards]).slice(0, 60).map((card) => {
      const cards = chance.happens(0.3) ? [card, chance.pick(this.cards.filter((other) => other !== card))] : [card];
      const aliases = cards.map((id) => ({ scheme: 'loyalty', id, verified: chance.happens(0.75) }));
      return this.#identity('customer.identified.v1', { customerId: chance.pick(this.others), aliases });
    });
  }

  /** Merges between some of the customers, undone and done again; a chain, two from one customer, and two circles. */
  #merges() {
    const { chance } = this;
    const events = [];
    const merge = (mergeId, from, into) => events.push(this.#identity('customer.merged.v1', { mergeId, from, into }));
    const split = (mergeId) => events.push(this.#identity('customer.split.v1', { mergeId }));
    const [a, b, c, d, e, f, g, h, i, j, k, l, ...rest] = chance.shuffled(this.others);
    const designed = [
      ['chain-1', a, b], ['chain-2', b, c], ['chain-3', c, d],
      ['fork-1', e, f], ['fork-2', e, g],
      ['circle-1', h, i], ['circle-2', i, j], ['circle-3', j, h],
      ['pair-1', k, l], ['pair-2', l, k],
    ];
    for (const each of chance.shuffled(designed)) merge(...each);
    for (let number = 1; number <= 12; number += 1) {
      const [from, into] = chance.some(rest.slice(0, 16), 2);
      const mergeId = `merge-${number}`;
      // A split may say that a merge is undone of which nobody has heard.
      const acts = chance.pick([['m'], ['m'], ['m', 's'], ['m', 's', 'm'], ['s', 'm'], ['s'], ['m', 's', 'm', 's']]);
      for (const act of acts) if (act === 'm') merge(mergeId, from, into); else split(mergeId);
    }
    return events;
  }

  #plainErasures() {
    // One is erased twice; an erasure may name orders besides, of nobody or of others.
    return [...this.plain, this.plain[0]].map((customerId, number) => {
      const orderIds = number % 3 ? [this.orders.takeReserved()] : undefined;
      return this.orders.erasure({ customerId, orderIds }, this.#at(PLAIN_ERASURES) + number);
    });
  }

  /** Whom to erase in the second phase: all who share a home, some with many names and some with one. */
  #groupsToErase(first) {
    const world = new World(first, SCHEMES);
    const groups = new Map();
    for (const id of this.others) {
      const home = world.home(nameOf(id));
      groups.set(home, [...(groups.get(home) ?? []), id]);
    }
    const all = [...groups.values()].map((names) => ({ names }));
    const several = this.chance.some(all.filter(({ names }) => names.length > 1), 4);
    const single = this.chance.some(all.filter(({ names }) => names.length === 1), 4);
    return [...several, ...single];
  }

  /** Purchases after an erasure that is still to come, under any of the names: they stay, each its own name's. */
  #outlasting({ names }) {
    const count = this.chance.integer(2, 5);
    return Array.from({ length: count }, () => this.orders.plain(this.chance.pick(names), this.#at(OUTLASTING))).flat();
  }

  #erasure({ names }, number) {
    const orderIds = number % 3 ? [this.orders.takeReserved()] : undefined;
    return this.orders.erasure({ customerId: this.chance.pick(names), orderIds }, ERASURES_FROM + number * HOUR);
  }

  #afterwards(groups) {
    const { chance, orders } = this;
    const events = [];
    this.said += (AFTERWARDS[0] - IDENTITIES_FROM) / 60_000;
    for (const { names } of groups) {
      for (const name of names) {
        for (let count = chance.integer(0, 3); count > 0; count -= 1) events.push(...orders.plain(name, this.#at(AFTERWARDS)));
        // Late: about what was before.
        for (let count = chance.integer(1, 3); count > 0; count -= 1) events.push(...orders.late(name, this.#at(PURCHASES)));
      }
      const guest = orders.guestOrder(this.#at(AFTERWARDS));
      events.push(guest, this.#identity('customer.linked.v1', { customerId: chance.pick(names), orderIds: [guest.data.orderId] }));
      if (names.length > 1 && chance.happens(0.5)) {
        const [from, into] = chance.some(names, 2);
        events.push(this.#identity('customer.merged.v1', { mergeId: `again-${names[0]}`, from, into }));
      }
      const aliases = [{ scheme: 'loyalty', id: `new-${names[0]}`, verified: true }];
      events.push(this.#identity('customer.identified.v1', { customerId: chance.pick(names), aliases }));
      events.push(...orders.eventful([aliases[0].id], this.#at(AFTERWARDS), { isPartner: true }));
    }
    for (const customerId of this.plain) {
      events.push(...orders.plain(customerId, this.#at(AFTERWARDS)));
      events.push(...orders.late(customerId, this.#at([PURCHASES[0], PLAIN_ERASURES[0]])));
    }
    // What is news about those who stay.
    for (let count = 0; count < 40 * this.scale; count += 1) events.push(...orders.plain(chance.pick(this.others), this.#at(AFTERWARDS)));
    return events;
  }

  /** An event about who is who; no two were said at one time. */
  #identity(type, data) {
    this.said += 1;
    const time = new Date(IDENTITIES_FROM + this.said * 60_000).toISOString();
    return { specversion: '1.0', id: `i-${this.said}`, source: SOURCES.identities, type, time, data };
  }

  #at([from, to]) {
    return this.chance.integer(from / 60_000, to / 60_000) * 60_000;
  }

  /** Some events twice, all in any order, each on one of two topics. */
  #delivered(events) {
    const { chance } = this;
    const twice = events.filter(() => chance.happens(DUPLICATES));
    return chance.shuffled([...events, ...twice]).map((event) => {
      const { customerId, orderId, returnId, refundId, mergeId } = event.data;
      const topic = chance.integer(0, 1);
      const about = orderId ?? returnId ?? refundId ?? mergeId;
      return { topic, key: (topic === 0 ? customerId : about) ?? `any-${chance.integer(1, 999)}`, event };
    });
  }
}

/** How many events there are of each type. */
export function countByType(events) {
  const counts = {};
  for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort());
}
