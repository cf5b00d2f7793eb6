// What an order stream must come to: whose each purchase is, and what it says. A model of the whole service that
// knows no order of arrival: it is a function of the set of events. Only the erasure of a customer is an act in time:
// a history is a list of phases, and an erasure in one of them finds what was known by its end.
//
// Words. A name is `scheme:id`; the customers of the stream have the scheme ''. An object is `order ID`, `return ID`
// or `refund ID`. All money has two decimals.

/** The name of a customer of the stream, or another name under a scheme. */
export const nameOf = (id, scheme = '') => `${scheme}:${id}`;

const instant = (text) => Date.parse(text);
const cents = (text) => Math.round(Number(text) * 100);
const money = (amount) => (amount / 100).toFixed(2);

/** An event's place among those about the same thing. */
const placeOf = ({ time, data }) => data.revision ?? instant(data.revisedAt ?? time);
/** When it was said; an event without a time was said before everything. */
const saidAt = ({ time, data }) => instant(data.revisedAt ?? time ?? 0);

const newest = (events) => events.reduce((best, event) => (best && placeOf(best) >= placeOf(event) ? best : event), undefined);

/** Lists of what has the same key. */
function grouped(list, keyOf) {
  const groups = new Map();
  for (const each of list) {
    const key = keyOf(each);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(each);
  }
  return groups;
}

/** The object that an event is about, if it is about one. */
function objectOf({ type, data }) {
  const kind = type.split('.')[0];
  return { order: `order ${data.orderId}`, return: `return ${data.returnId}`, refund: `refund ${data.refundId}` }[kind];
}

/** When the thing itself was: what an erasure of everything before a time goes by. */
const happenedAt = ({ data }) => instant(data.placedAt ?? data.returnedAt ?? data.issuedAt ?? 0);

/** Nobody was erased. */
const NOTHING_ERASED = { before: new Map(), gone: new Set() };

/**
 * What is true of a set of events. `schemes`: of which scheme the customer ids of a CloudEvents source are.
 * `erased`: `before`, times by name; what names such a customer and was before is as if it had never been said.
 * `gone`: objects that are erased for good.
 */
export class World {
  constructor(events, schemes = {}, erased = NOTHING_ERASED) {
    Object.assign(this, { events, schemes, erased });
    const objects = grouped(events.filter(objectOf), objectOf);
    this.objects = new Map([...objects].map(([object, all]) => [object, { newest: newest(all), claim: this.#claim(all) }]));
    this.#readLinks();
    this.#readAliases();
    this.#gatherPurchases();
  }

  /** Whether this was said about an erased customer's earlier life. */
  isForgotten(name, at) {
    return at < (this.erased.before.get(name) ?? -Infinity);
  }

  /** Whom the newest event names that names anybody: saying nothing later changes nothing. */
  #claim(events) {
    const naming = newest(events.filter(({ data }) => data.customerId !== undefined));
    const name = naming && nameOf(naming.data.customerId, this.schemes[naming.source]);
    return naming && this.isForgotten(name, happenedAt(naming)) ? undefined : name;
  }

  /** The newest word on each order from `customer.linked` and `customer.unlinked`. */
  #readLinks() {
    const words = this.events.filter(({ type }) => /^customer\.(un)?linked\./.test(type))
      .flatMap((event) => event.data.orderIds.map((orderId) => ({ object: `order ${orderId}`, event })));
    this.links = new Map([...grouped(words, ({ object }) => object)].map(([object, all]) => {
      const word = newest(all.map(({ event }) => event));
      const name = nameOf(word.data.customerId);
      // Of an erased customer the word keeps its place, and names nobody.
      return [object, { linked: word.type.includes('.linked.'), name: this.isForgotten(name, saidAt(word)) ? undefined : name }];
    }));
  }

  /** Which name is another: by identified aliases while they are verified, by merges until they are split. */
  #readAliases() {
    const rows = [
      ...this.#rows('customer.identified.v1', ({ data }) => data.aliases.map(({ scheme, id, verified }) => ({
        key: `alias ${nameOf(id, scheme)}`, from: nameOf(id, scheme), into: nameOf(data.customerId), active: verified,
      }))),
      ...this.#rows('customer.merged.v1', ({ data }) => [{
        key: `merge ${data.mergeId}`, from: nameOf(data.from), into: nameOf(data.into), active: true,
      }]),
      ...this.#rows('customer.split.v1', ({ data }) => [{ key: `merge ${data.mergeId}`, active: false }]),
    ].filter(({ from, into, event }) => ![from, into].some((name) => this.isForgotten(name, saidAt(event))));
    const latest = (all) => all.find(({ event }) => event === newest(all.map((row) => row.event)));
    const standing = [...grouped(rows, ({ key }) => key).values()].map(latest).filter(({ active }) => active);
    this.aliases = new Map([...grouped(standing, ({ from }) => from)].map(([from, all]) => [from, latest(all)]));
  }

  #rows(type, read) {
    return this.events.filter((event) => event.type === type).flatMap((event) => read(event).map((row) => ({ ...row, event })));
  }

  /** The name in whose history the purchases of a name lie. */
  home(name) {
    const path = [];
    for (let at = name; ; at = this.aliases.get(at).into) {
      if (!this.aliases.has(at)) return at;
      // A circle: where its newest step leads is home.
      if (path.includes(at)) {
        const steps = path.slice(path.indexOf(at)).map((each) => this.aliases.get(each));
        return steps.find(({ event }) => event === newest(steps.map((step) => step.event))).into;
      }
      path.push(at);
    }
  }

  /** In whose history a purchase lies: a name, or undefined where nobody is served it. */
  holder(object) {
    const claim = this.objects.get(object)?.claim;
    const link = this.links.get(object);
    if (link?.linked) return link.name && this.home(link.name);
    if (claim === undefined) return undefined;
    const home = this.home(claim);
    return link?.name && home === this.home(link.name) ? undefined : home;
  }

  /** The purchase that a return or refund belongs to. */
  #purchaseOf(object) {
    const { data } = this.objects.get(object).newest;
    if (data.orderId !== undefined) return `order ${data.orderId}`;
    const returned = `return ${data.returnId}`;
    if (data.refundId === undefined || data.returnId === undefined) return object;
    // Where its return lies; a return that has not come is waited for.
    return this.objects.has(returned) ? this.#purchaseOf(returned) : returned;
  }

  /** Every purchase that is there with its parts, whoever it belongs to: object → {events, name, own, at}. */
  #gatherPurchases() {
    const there = [...this.objects.keys()].filter((object) => !this.erased.gone.has(object));
    const parts = grouped(there.filter((object) => !object.startsWith('order ')), (object) => this.#purchaseOf(object));
    const isHead = (object) =>
      this.objects.get(object).newest.type === 'order.recorded.v1' || parts.get(object)?.includes(object);
    this.purchases = new Map(there.filter(isHead).map((object) => {
      const objects = [...new Set([object, ...(parts.get(object) ?? [])])];
      const events = objects.map((each) => this.objects.get(each).newest);
      const at = object.startsWith('order ') ? happenedAt(events[0]) : Math.min(...events.map(happenedAt));
      const link = this.links.get(object);
      // Of an earlier life nothing comes back by a later link either.
      const name = link?.name && link.linked && this.isForgotten(link.name, at) ? undefined : this.holder(object);
      return [object, { object, objects, events, name, own: name !== undefined && name === this.objects.get(object).claim, at }];
    }));
  }

  /** Every name that anything says something about. */
  names() {
    const claims = [...this.objects.values()].map(({ claim }) => claim).filter((claim) => claim !== undefined);
    const linked = [...this.links.values()].map(({ name }) => name).filter((name) => name !== undefined);
    const aliased = [...this.aliases].flatMap(([from, { into }]) => [from, into]);
    return new Set([...claims, ...linked, ...aliased]);
  }
}

/** What the erasures among `events` leave erased, beyond what was. */
function erase(world, erasures) {
  const before = new Map(world.erased.before);
  const gone = new Set(world.erased.gone);
  for (const event of erasures) {
    const name = nameOf(event.data.customerId);
    const at = saidAt(event);
    const home = world.home(name);
    for (const each of new Set([name, ...world.names()])) {
      if (world.home(each) === home) before.set(each, Math.max(at, before.get(each) ?? -Infinity));
    }
    const named = new Set((event.data.orderIds ?? []).map((orderId) => `order ${orderId}`));
    for (const purchase of world.purchases.values()) {
      const isBefore = purchase.name === home && purchase.at < at;
      if (isBefore || named.has(purchase.object)) purchase.objects.forEach((object) => gone.add(object));
    }
    named.forEach((object) => gone.add(object));
  }
  return { before, gone };
}

/** The world at the end of each phase. `phases`: each event once, where it first arrives. */
export function worldsOf(phases, schemes = {}) {
  let world = new World([], schemes);
  return phases.map((events) => {
    const known = [...world.events, ...events.filter((event) => !isLate(world, event))];
    const all = new World(known, schemes, world.erased);
    world = new World(known, schemes, erase(all, events.filter(({ type }) => type === 'customer.erased.v1')));
    return world;
  });
}

/** What arrives later about an earlier life changes nothing at all; what had arrived before may be another's by now. */
function isLate(world, event) {
  const { type, source, data } = event;
  const isAbout = type === 'order.recorded.v1' || (/^(return|refund)\./.test(type) && data.orderId === undefined);
  return isAbout && data.customerId !== undefined && world.isForgotten(nameOf(data.customerId, world.schemes[source]), happenedAt(event));
}

/** What one purchase says, as far as the model goes; the same as `shapeOf` a served one. */
export function expectedShape({ object, events }) {
  const of = (type) => events.filter((event) => event.type === type).map(({ data }) => data);
  const [order] = of('order.recorded.v1');
  const ownReturns = of('return.recorded.v1');
  const byRecipient = ownReturns.filter(({ party }) => party === 'recipient').map(({ returnId }) => returnId);
  // What the receiver of a gift brought back is never shown to who bought it.
  const returns = ownReturns.filter(({ returnId }) => !byRecipient.includes(returnId));
  const refunds = of('refund.recorded.v1').filter(({ returnId }) => !byRecipient.includes(returnId));
  const paid = refunds.filter(({ status }) => status !== 'failed');
  const back = returns.filter(({ status }) => ['received', 'completed'].includes(status)).flatMap(({ lines }) => lines);
  const allocated = paid.flatMap(({ allocations = [] }) => allocations);
  const grandTotal = order ? cents(order.totals.grandTotal) : 0;
  const refunded = paid.reduce((sum, { amount }) => sum + cents(amount), 0);
  const sum = (list, amountOf) => (list.length ? list.reduce((all, each) => all + amountOf(each), 0) : undefined);
  return {
    key: object,
    account: order?.account ?? 'personal',
    lines: (order?.lines ?? []).map(({ lineId, name, net }) => {
      const returned = sum(back.filter((line) => line.lineId === lineId), ({ quantity }) => quantity);
      const paidBack = sum(allocated.filter((each) => each.lineId === lineId), ({ amount }) => cents(amount));
      return {
        id: lineId, name, net,
        ...(returned !== undefined && { returned: String(returned) }),
        ...(paidBack !== undefined && { refunded: money(paidBack) }),
      };
    }),
    returns: returns.map(({ returnId }) => returnId).sort(),
    refunds: refunds.map(({ refundId }) => refundId).sort(),
    totals: { grandTotal: money(grandTotal), refunded: money(refunded), net: money(grandTotal - refunded) },
  };
}

/** What an app of who has this name is to see: shapes by key. `own` alone, or all; `shared` accounts or not. */
export function expectedView(world, holder, { own = false, shared = true } = {}) {
  const mine = [...world.purchases.values()].filter(({ name }) => name === holder);
  const shapes = mine.filter((purchase) => purchase.own || !own).map(expectedShape);
  return shapes.filter(({ account }) => shared || account === 'personal').sort(byKey);
}

const byKey = (one, other) => (one.key < other.key ? -1 : 1);

/** What a served purchase says, as far as the model goes. */
export function shapeOf({ orderId, account = 'personal', lines, returns, refunds, totals: { grandTotal, refunded, net } }) {
  const ids = (parts) => parts.map(({ id }) => id).sort();
  const [firstReturn] = returns;
  const withoutOrder = firstReturn ? `return ${firstReturn.id}` : `refund ${refunds[0]?.id}`;
  return {
    key: orderId === undefined ? withoutOrder : `order ${orderId}`,
    account,
    lines: lines.map(({ id, name, net: cost, returnedQuantity, refunded: back }) => ({
      id, name, net: cost,
      ...(returnedQuantity !== undefined && { returned: returnedQuantity }),
      ...(back !== undefined && { refunded: back }),
    })),
    returns: ids(returns),
    refunds: ids(refunds),
    totals: { grandTotal, refunded, net },
  };
}

/** Shapes of served purchases by key. */
export const shapesOf = (purchases) => purchases.map(shapeOf).sort(byKey);
