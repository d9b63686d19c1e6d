/** Repeatable chance: the same seed makes the same worlds, policies and requests. */

export type Chance = {
  /** A whole number from 0 up to, not including, `count`. */
  readonly below: (count: number) => number;
  /** True with this probability. */
  readonly hits: (probability: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
  /** As many as wanted, between `least` and `most`. */
  readonly many: <T>(least: number, most: number, make: (at: number) => T) => T[];
};

export const createChance = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    hits: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined && items.length === 0) throw new Error('nothing to pick from');
      return item as (typeof items)[number];
    },
    many: (least, most, make) =>
      Array.from({ length: least + below(most - least + 1) }, (_, at) => make(at)),
  };
};
