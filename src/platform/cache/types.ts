/** A small shared memory between nodes: short-lived values, counters that never overshoot, news. */

export type CacheListener = (message: string) => void;

export type CounterBound = {
  readonly limit: number;
  /** Life of the counter from its first use; later calls do not extend it. */
  readonly ttlMs: number;
};

/**
 * Every method rejects with E_CACHE_UNAVAILABLE when the server cannot be asked (no method waits
 * longer than 2 seconds) and with E_CACHE_VALUE for arguments out of bounds.
 */
export type Cache = {
  readonly kind: 'memory' | 'valkey';
  /** Undefined when absent or expired. */
  readonly get: (key: string) => Promise<string | undefined>;
  /** Keeps the value for `ttlMs` milliseconds (1 or more). May be forgotten earlier. */
  readonly set: (key: string, value: string, ttlMs: number) => Promise<void>;
  readonly delete: (key: string) => Promise<void>;
  /**
   * Atomically adds to a counter without ever letting it pass the limit. A counter is never
   * forgotten before its time.
   *
   * @returns how much was granted, from 0 to `amount`: less when the limit came first
   */
  readonly takeUpTo: (key: string, amount: number, bound: CounterBound) => Promise<number>;
  /**
   * Gives back what was taken: lowers the counter, never below 0. A negative amount charges
   * beyond the limit. Does nothing when the counter is gone.
   */
  readonly give: (key: string, amount: number) => Promise<void>;
  /** What a counter holds now; 0 when it is gone. */
  readonly taken: (key: string) => Promise<number>;
  /** Tells all nodes, this one included. Nobody listening is no error; delivery is best effort. */
  readonly publish: (channel: string, message: string) => Promise<void>;
  /** Returns the function that ends the subscription. A listener must not throw. */
  readonly subscribe: (channel: string, listener: CacheListener) => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
};

/** The part of a log that the cache writes to. */
export type CacheLog = {
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
};
