/** The effects that pure code takes as arguments: time and randomness. */
import { randomFillSync } from 'node:crypto';

/** Wall clock in epoch milliseconds and a clock that never goes backwards. */
export type Clock = {
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
};

export type Random = { readonly bytes: (count: number) => Uint8Array<ArrayBuffer> };

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const systemRandom: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
};

/** A clock that moves only when told to; `advance` moves both hands. For tests. */
export const fakeClock = (
  startMs = Date.UTC(2026, 0, 1),
): Clock & { readonly advance: (ms: number) => void } => {
  let elapsedMs = 0;
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    advance: (ms) => {
      elapsedMs += ms;
    },
  };
};
