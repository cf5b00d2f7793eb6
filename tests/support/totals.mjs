// What a customer's purchases come to: as served, and as an order stream says they must.
import Big from 'big.js';

class Totals {
  purchases = 0;
  lines = 0;
  returns = 0;
  #grandTotal = new Map();
  #refunded = new Map();
  #returnedQuantity = Big(0);

  charge(currency, amount) {
    add(this.#grandTotal, currency, amount);
  }

  refund(currency, amount) {
    add(this.#refunded, currency, amount);
  }

  takeBack(quantity) {
    this.#returnedQuantity = this.#returnedQuantity.plus(quantity);
  }

  /** To be compared; sums by currency, without those that are nothing. */
  figures() {
    const { purchases, lines, returns } = this;
    const returnedQuantity = this.#returnedQuantity.toFixed();
    return { purchases, lines, returns, grandTotal: plain(this.#grandTotal), refunded: plain(this.#refunded), returnedQuantity };
  }
}

function add(sums, currency, amount) {
  sums.set(currency, (sums.get(currency) ?? Big(0)).plus(amount));
}

function plain(sums) {
  return Object.fromEntries([...sums].filter(([, sum]) => !sum.eq(0)).sort().map(([currency, sum]) => [currency, sum.toFixed(2)]));
}

/**
 * Fails unless a purchase adds up in itself: what it cost less what came back is what is left; and, where it is whole
 * and says that it reconciles, its lines, charges and taxes are its total.
 */
export function assertAddsUp({ id, lines, charges, pricesIncludeTax, taxes, totals, completeness }) {
  const { grandTotal, refunded, net } = totals;
  if (!Big(grandTotal).minus(refunded).eq(net)) throw new Error(`${id}: ${grandTotal} − ${refunded} is not ${net}`);
  if (!lines?.length || !completeness.reconciled || completeness.partial || (taxes?.length && !pricesIncludeTax)) return;
  const sum = [...lines.map((line) => line.net), ...charges.map(({ amount }) => amount)].reduce((all, each) => all.plus(each), Big(0));
  if (!sum.eq(grandTotal)) throw new Error(`${id}: its lines and charges are ${sum}, not ${grandTotal}`);
}

/** The figures of purchases as the API serves them; fails where one does not add up in itself. */
export async function served(purchases) {
  const totals = new Totals();
  const ids = new Set();
  for await (const purchase of purchases) {
    if (ids.has(purchase.id)) throw new Error(`${purchase.id} was served twice`);
    ids.add(purchase.id);
    totals.purchases += 1;
    totals.lines += purchase.lines.length;
    totals.returns += purchase.returns.length;
    totals.charge(purchase.currency, purchase.totals.grandTotal);
    totals.refund(purchase.currency, purchase.totals.refunded);
    for (const { currency, amount } of purchase.totals.refundedOther ?? []) totals.refund(currency, amount);
    for (const line of purchase.lines) totals.takeBack(line.returnedQuantity ?? 0);
    assertAddsUp(purchase);
  }
  return totals.figures();
}

/** Figures of one currency as a file of expected ones has them. */
export function expectedFigures({ purchases, lines, returns, grandTotal, refunded, returnedQuantity }, currency) {
  const totals = new Totals();
  Object.assign(totals, { purchases, lines, returns });
  totals.charge(currency, grandTotal);
  totals.refund(currency, refunded);
  totals.takeBack(returnedQuantity);
  return totals.figures();
}

/** The id and kind of the object that an event is about. */
function objectOf({ type, data }) {
  const kind = type.split('.')[0];
  return `${kind} ${data[`${kind}Id`]}`;
}

/**
 * A model of the whole service in a few lines: what a sound stream (JSON texts of `order.recorded.v1`,
 * `return.recorded.v1`, `refund.recorded.v1` with revisions) must come to, in counts and by customer.
 */
export function modelOf(messages) {
  const newest = new Map();
  const counts = { read: 0, duplicates: 0, stale: 0 };
  for (const message of messages) {
    const event = JSON.parse(message);
    const stands = newest.get(objectOf(event))?.data.revision ?? -1;
    counts.read += 1;
    if (event.data.revision === stands) counts.duplicates += 1;
    else if (event.data.revision < stands) counts.stale += 1;
    else newest.set(objectOf(event), event);
  }
  const customers = new Map();
  const totalsOf = ({ orderId }) => {
    const { customerId } = newest.get(`order ${orderId}`).data;
    if (!customers.has(customerId)) customers.set(customerId, new Totals());
    return customers.get(customerId);
  };
  for (const { type, data } of newest.values()) MERGE[type](totalsOf(data), data);
  const figures = [...customers].map(([customer, totals]) => [customer, totals.figures()]);
  return { counts, customers: new Map(figures) };
}

const MERGE = {
  'order.recorded.v1'(totals, { lines, currency, totals: { grandTotal } }) {
    totals.purchases += 1;
    totals.lines += lines.length;
    totals.charge(currency, grandTotal);
  },
  'return.recorded.v1'(totals, { status, lines }) {
    totals.returns += 1;
    if (!['received', 'completed'].includes(status)) return;
    for (const { quantity } of lines) totals.takeBack(quantity.value ?? quantity);
  },
  'refund.recorded.v1'(totals, { status, amount, currency }) {
    if (status !== 'failed') totals.refund(currency, amount);
  },
};
