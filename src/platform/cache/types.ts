/** A small shared memory between nodes: short-lived values, counters that never overshoot, news. */

export type CacheListener = (message: string) => void;

export type Cache = {
  readonly kind: 'memory' | 'valkey';
  /** Undefined when absent or expired. */
  readonly get: (key: string) => Promise<string | undefined>;
  /** Keeps the value for `ttlMs` milliseconds (1 or more). */
  readonly set: (key: string, value: string, ttlMs: number) => Promise<void>;
  readonly delete: (key: string) => Promise<void>;
  /**
   * Atomically adds to a counter without ever letting it pass `limit`.
   *
   * @param ttlMs life of the counter, counted from its first use; later calls do not extend it
   * @returns how much was granted, from 0 to `amount`: less when the limit came first
   */
  readonly takeUpTo: (key: string, amount: number, bound: CounterBound) => Promise<number>;
  /**
   * Gives back what was taken: lowers the counter, never below 0. A negative amount charges
   * beyond the limit. Does nothing when the counter is gone.
   */
  readonly give: (key: string, amount: number) => Promise<void>;
  /** Tells all nodes, this one included. Nobody listening is no error; delivery is best effort. */
  readonly publish: (channel: string, message: string) => Promise<void>;
  /** Returns the function that ends the subscription. */
  readonly subscribe: (channel: string, listener: CacheListener) => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
};

export type CounterBound = { readonly limit: number; readonly ttlMs: number };
