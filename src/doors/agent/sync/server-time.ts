/**
 * What time it is, for judging expiry. While the server is heard, its clock counts, carried on by the
 * monotonic clock: a wall clock that jumps, or a device that has none, changes nothing. Once the
 * server was not heard for the lease, the wall clock counts too where it has gone further.
 */
import type { Clock } from '../../../kernel/effects.ts';

export type ServerTime = Clock & {
  /** The server said that it is `timeMs` now. */
  readonly hear: (timeMs: number | undefined) => void;
  /** The lease: how long silence may last. */
  readonly setLease: (ttlMs: number) => void;
  /** True before the first word and after a silence longer than the lease. */
  readonly isStale: () => boolean;
  /** Milliseconds since the last word; infinite before the first. */
  readonly silenceMs: () => number;
};

type Moment = { readonly monotonicMs: number; readonly wallMs: number };

/** Silence is measured by both clocks, because a machine that slept stops only one of them. */
const elapsed = (since: Moment, clock: Clock): number =>
  Math.max(clock.monotonicMs() - since.monotonicMs, clock.nowMs() - since.wallMs);

/** A second less than the 30 promised: proxies need a part of it to notice and to cut. */
const longestLeaseMs = 29_000;

/** Creates the time of an agent; `defaultLeaseMs` counts until the server names a shorter one. */
export const createServerTime = (clock: Clock, defaultLeaseMs = longestLeaseMs): ServerTime => {
  let lease = defaultLeaseMs;
  let lastWord: Moment | undefined;
  /** Server time minus monotonic time. */
  let offset: number | undefined;
  const silenceMs = (): number => (lastWord === undefined ? Infinity : elapsed(lastWord, clock));
  const isStale = (): boolean => silenceMs() > lease;
  return {
    monotonicMs: clock.monotonicMs,
    hear: (timeMs) => {
      const monotonicMs = clock.monotonicMs();
      lastWord = { monotonicMs, wallMs: clock.nowMs() };
      if (timeMs !== undefined) offset = timeMs - monotonicMs;
    },
    setLease: (ttlMs) => {
      // A server may shorten the lease; more than the promised bound nobody may have.
      lease = Math.min(defaultLeaseMs, ttlMs);
    },
    silenceMs,
    isStale,
    nowMs: () => {
      const wallMs = clock.nowMs();
      if (offset === undefined) return wallMs;
      const steady = clock.monotonicMs() + offset;
      if (!isStale() || lastWord === undefined) return steady;
      // A machine that slept: the wall clock has gone on. Its date may be wrong by years, and it may
      // have been set right meanwhile, so that neither date nor distance counts alone.
      const byDistance = lastWord.monotonicMs + offset + (wallMs - lastWord.wallMs);
      return Math.max(steady, Math.min(wallMs, byDistance));
    },
  };
};
