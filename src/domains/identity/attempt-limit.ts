/** Counts failures per peer and minute, in bounded memory, and says when it is enough. */
import type { Clock } from '../../kernel/effects.ts';

type Window = { startMs: number; failures: number; recorded: number };

export type AttemptLimit = {
  /** True when the peer has used up its failures for this minute. */
  readonly isExhausted: (peer: string) => boolean;
  /**
   * Counts one failure; a repeated one (the same bad credential again) only as a record.
   * `shouldRecord` is false once enough were recorded this minute; `suppressed` is how many were
   * left out since the last recorded one.
   */
  readonly fail: (
    peer: string,
    isRepeated?: boolean,
  ) => { readonly shouldRecord: boolean; readonly suppressed: number };
};

export type AttemptBounds = {
  readonly failuresPerMinute: number;
  /** Failures of one peer that are written down in a minute. */
  readonly recordsPerPeer: number;
  /** Failures of all peers together that are written down in a minute. */
  readonly recordsInAll: number;
  readonly maxPeers: number;
};

const windowMs = 60_000;

export const createAttemptLimit = (clock: Clock, bounds: AttemptBounds): AttemptLimit => {
  const peers = new Map<string, Window>();
  const all: Window = { startMs: 0, failures: 0, recorded: 0 };
  let suppressed = 0;

  const roll = (window: Window, nowMs: number): Window => {
    if (nowMs - window.startMs >= windowMs || nowMs < window.startMs)
      Object.assign(window, { startMs: nowMs, failures: 0, recorded: 0 });
    return window;
  };

  const windowOf = (peer: string, nowMs: number): Window => {
    const known = peers.get(peer);
    if (known !== undefined) return roll(known, nowMs);
    // The oldest peer makes room; it may start counting anew, the sum of all still holds.
    const [oldest] = peers.keys();
    if (peers.size >= bounds.maxPeers && oldest !== undefined) peers.delete(oldest);
    const fresh: Window = { startMs: nowMs, failures: 0, recorded: 0 };
    peers.set(peer, fresh);
    return fresh;
  };

  return {
    isExhausted: (peer) => {
      const window = peers.get(peer);
      return (
        window !== undefined &&
        roll(window, clock.monotonicMs()).failures >= bounds.failuresPerMinute
      );
    },
    fail: (peer, isRepeated = false) => {
      const nowMs = clock.monotonicMs();
      const window = windowOf(peer, nowMs);
      roll(all, nowMs);
      if (!isRepeated) window.failures += 1;
      const shouldRecord =
        window.recorded < bounds.recordsPerPeer && all.recorded < bounds.recordsInAll;
      if (!shouldRecord) {
        suppressed += 1;
        return { shouldRecord, suppressed };
      }
      window.recorded += 1;
      all.recorded += 1;
      const leftOut = suppressed;
      suppressed = 0;
      return { shouldRecord, suppressed: leftOut };
    },
  };
};
