/** The effects of a running process. */
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock, systemRandom } from '../../kernel/effects.ts';
import type { Effects } from './types.ts';

/** Real clock, real randomness, real timers. */
export const systemEffects: Effects = {
  clock: systemClock,
  random: systemRandom,
  sleep: (ms, signal) =>
    wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
};
