// Chance from a seed: the same seed, the same numbers.

export class Chance {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to 1, without it (mulberry32). */
  number() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least, most) {
    return least + Math.floor(this.number() * (most - least + 1));
  }

  happens(share) {
    return this.number() < share;
  }

  pick(list) {
    return list[this.integer(0, list.length - 1)];
  }

  /** So many different ones of a list, or all of it. */
  some(list, count) {
    return this.shuffled(list).slice(0, count);
  }

  shuffled(list) {
    const mixed = [...list];
    for (let last = mixed.length - 1; last > 0; last -= 1) {
      const other = this.integer(0, last);
      [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
    }
    return mixed;
  }

  /** A chance of its own for one of many that take turns in no fixed order. */
  apart() {
    return new Chance(this.integer(0, 2 ** 32 - 1));
  }
}
