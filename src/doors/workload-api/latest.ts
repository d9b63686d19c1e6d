/**
 * Changes as a stream that holds one element: whoever reads slowly misses what is outdated and gets
 * what is current. That is all a stream of full states needs (WL-03), and it bounds memory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '@connectrpc/connect';
import { denied } from './status.ts';
import type { WorkloadSession, WorkloadState } from './types.ts';

/** Wakes a waiting reader; wakes that nobody waits for count once. */
export type Bell = {
  readonly ring: () => void;
  /** Resolves at the next ring, or at once when it has rung since the last wait. */
  readonly heard: () => Promise<void>;
};

export const createBell = (): Bell => {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    heard: async () => {
      if (!hasRung)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      hasRung = false;
      wake = undefined;
    },
  };
};

export type StreamPace = {
  readonly signal: AbortSignal;
  /** A push is delayed by a random part of this. */
  readonly spreadMs: number;
  /** How long an empty first state is waited with. */
  readonly graceMs: number;
};

/** Throws what ended the call: the deadline, the shutdown, or the client. */
const throwIfEnded = (signal: AbortSignal): void => {
  if (signal.aborted) throw ConnectError.from(signal.reason);
};

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
};

/** Waits for the first identity, at most for the grace. */
const firstState = async (
  session: WorkloadSession,
  bell: Bell,
  { signal, graceMs }: StreamPace,
): Promise<WorkloadState> => {
  const endMs = performance.now() + graceMs;
  while (session.current().identities.length === 0 && performance.now() < endMs) {
    const timer = setTimeout(bell.ring, endMs - performance.now());
    await bell.heard();
    clearTimeout(timer);
    throwIfEnded(signal);
  }
  return session.current();
};

/** The state, or PERMISSION_DENIED when it holds no identity (EP-14). */
export const entitled = (state: WorkloadState): WorkloadState => {
  if (state.identities.length === 0) throw denied('no identity issued');
  return state;
};

/**
 * Yields the full state at once and after each change. Throws PERMISSION_DENIED as soon as the
 * workload has no identity, and the reason when the signal ends it.
 */
export const latestStates = async function* (
  session: WorkloadSession,
  pace: StreamPace,
): AsyncGenerator<WorkloadState> {
  const { signal, spreadMs } = pace;
  const bell = createBell();
  const unsubscribe = session.subscribe(bell.ring);
  signal.addEventListener('abort', bell.ring);
  try {
    let state = await firstState(session, bell, pace);
    for (;;) {
      throwIfEnded(signal);
      yield entitled(state);
      await bell.heard();
      throwIfEnded(signal);
      await pause(Math.random() * spreadMs, signal);
      state = session.current();
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', bell.ring);
  }
};
