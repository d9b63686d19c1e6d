/**
 * The wall clock under guard of the monotonic one. For verification time never runs backwards:
 * what has expired stays expired when the wall clock is set back. For issuing a clock that jumped
 * is not believed until it has stood by its new time for a while; one that was set back, or is
 * behind what was recorded before the start, is not believed until it has caught up.
 */
import type { Clock } from '../../../kernel/effects.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { identityErrors } from '../errors.ts';

export type GuardedClock = Clock & {
  /** Why nothing may be signed now; undefined when the clock is believed. */
  readonly problem: () => Refusal | undefined;
};

/** Steps of a time daemon; more is a jump. */
const toleranceMs = 5000;
/** A clock that jumped forward (a machine that slept) is believed after standing so long. */
const settleMs = 60_000;

type Jump = { readonly offsetMs: number; readonly sinceMs: number };

/**
 * @param floorMs newest time that was recorded before the start: the clock was there already
 */
export const guardClock = (clock: Clock, floorMs = 0): GuardedClock => {
  const { monotonicMs } = clock;
  /** Wall time minus monotonic time, as it was last believed. */
  let offsetMs = Math.max(clock.nowMs(), floorMs) - monotonicMs();
  let jump: Jump | undefined;

  const look = (): { readonly wallMs: number; readonly steadyMs: number } => {
    const atMs = monotonicMs();
    const wallMs = clock.nowMs();
    const ahead = wallMs - atMs - offsetMs;
    if (ahead < 0) {
      jump = undefined;
      return { wallMs, steadyMs: atMs + offsetMs };
    }
    if (ahead > toleranceMs) {
      const isSame = jump !== undefined && Math.abs(wallMs - atMs - jump.offsetMs) <= toleranceMs;
      if (!isSame) jump = { offsetMs: wallMs - atMs, sinceMs: atMs };
    }
    const hasSettled = jump !== undefined && atMs - jump.sinceMs >= settleMs;
    if (ahead <= toleranceMs || hasSettled) {
      offsetMs = wallMs - atMs;
      jump = undefined;
    }
    return { wallMs, steadyMs: atMs + offsetMs };
  };

  return {
    monotonicMs,
    nowMs: () => {
      const { wallMs, steadyMs } = look();
      return Math.max(wallMs, Math.floor(steadyMs));
    },
    problem: () => {
      const { wallMs, steadyMs } = look();
      const differenceMs = wallMs - steadyMs;
      if (Math.abs(differenceMs) <= toleranceMs) return undefined;
      const way = differenceMs > 0 ? 'ahead of' : 'behind';
      return refuse(
        identityErrors.E_IDENTITY_CLOCK,
        `the wall clock is ${Math.round(Math.abs(differenceMs) / 1000)} s ${way} the time that passed`,
      );
    },
  };
};
