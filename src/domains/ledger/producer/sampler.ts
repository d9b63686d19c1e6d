/**
 * Thins telemetry out: up to a rate every event of a type passes; beyond it one in `weight`, the
 * weight following from the second before. Each kept event carries its weight, so that sums over
 * weights stay unbiased.
 */
import type { Clock } from '../../../kernel/effects.ts';

const windowMs = 1000;
const maxTypes = 1000;

type Window = { startMs: number; seen: number; weight: number; skipped: number };

export type Sampler = {
  /** How many events this one stands for; 0 when it is left out. */
  readonly weigh: (typeUid: number) => number;
};

export const createSampler = (clock: Clock, perSecond: number): Sampler => {
  const windows = new Map<number, Window>();
  const windowOf = (typeUid: number, nowMs: number): Window => {
    const known = windows.get(typeUid);
    if (known !== undefined) return known;
    if (windows.size >= maxTypes) windows.clear();
    const window = { startMs: nowMs, seen: 0, weight: 1, skipped: 0 };
    windows.set(typeUid, window);
    return window;
  };
  return {
    weigh: (typeUid) => {
      const nowMs = clock.monotonicMs();
      const window = windowOf(typeUid, nowMs);
      if (nowMs - window.startMs >= windowMs) {
        const perWindow = (window.seen * windowMs) / (nowMs - window.startMs);
        window.weight = Math.max(1, Math.ceil(perWindow / perSecond));
        window.startMs = nowMs;
        window.seen = 0;
      }
      window.seen += 1;
      window.skipped += 1;
      // A burst is thinned out within its first second already.
      const weight = Math.max(window.weight, Math.ceil(window.seen / perSecond));
      if (window.skipped < weight) return 0;
      const stands = window.skipped;
      window.skipped = 0;
      return stands;
    },
  };
};
