/** Remembers what was seen lately, bounded, so that polling does not fill the ledger. */
import type { Clock } from '../../kernel/effects.ts';

export type Sightings = {
  /** True the first time in ten minutes; what is forgotten for lack of room is new again. */
  readonly isNew: (key: string) => boolean;
};

const periodMs = 10 * 60_000;
const maxKeys = 4096;

export const createSightings = (clock: Pick<Clock, 'monotonicMs'>): Sightings => {
  // Insertion order is age: the first key is always the oldest.
  const seenAt = new Map<string, number>();
  return {
    isNew: (key) => {
      const nowMs = clock.monotonicMs();
      const before = seenAt.get(key);
      if (before !== undefined && nowMs - before < periodMs) return false;
      seenAt.delete(key);
      seenAt.set(key, nowMs);
      if (seenAt.size > maxKeys) seenAt.delete(seenAt.keys().next().value as string);
      return true;
    },
  };
};
