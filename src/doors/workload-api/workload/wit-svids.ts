/** The stream of WIT-SVIDs: anew when the identities change and well before the tokens end. */
import type { Clock } from '../../../kernel/effects.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import { latestStates, type StreamPace } from '../latest.ts';
import { witSvidFields } from '../tokens.ts';
import type { WorkloadSession, WorkloadState } from '../types.ts';

const minRenewalMs = 1_000;
const maxRenewalMs = 3_600_000;

/** Between 40 % and 60 % of what is left, so that a fleet does not renew together. */
export const renewalDelayMs = (leftMs: number, random: number): number =>
  Math.min(maxRenewalMs, Math.max(minRenewalMs, leftMs * (0.4 + 0.2 * random)));

const namesIn = ({ identities }: WorkloadState): string =>
  JSON.stringify(identities.map(({ spiffeId, hint }) => [spiffeId, hint]));

export type WitStream = {
  readonly session: WorkloadSession;
  readonly wanted: SpiffeId | undefined;
  readonly pace: StreamPace;
  readonly clock: Clock;
};

/** A session whose subscription also fires when it is time to renew. */
const withAlarm = (session: WorkloadSession) => {
  const listeners = new Set<(state: WorkloadState) => void>();
  let timer: NodeJS.Timeout | undefined;
  const alarmed: WorkloadSession = {
    ...session,
    subscribe: (listener) => {
      listeners.add(listener);
      const unsubscribe = session.subscribe(listener);
      return () => {
        clearTimeout(timer);
        listeners.delete(listener);
        unsubscribe();
      };
    },
  };
  const ringIn = (ms: number, onRing: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      onRing();
      for (const listener of listeners) listener(session.current());
    }, ms);
  };
  return { alarmed, ringIn };
};

/** Yields the fields of WITSVIDResponse. */
export const witSvidStream = async function* ({ session, wanted, pace, clock }: WitStream) {
  const { alarmed, ringIn } = withAlarm(session);
  let isDue = true;
  let names = '';
  for await (const state of latestStates(alarmed, pace)) {
    const current = namesIn(state);
    if (!isDue && current === names) continue;
    isDue = false;
    names = current;
    const { fields, expiresAtMs } = await witSvidFields(session, wanted);
    ringIn(renewalDelayMs(expiresAtMs - clock.nowMs(), Math.random()), () => {
      isDue = true;
    });
    yield fields;
  }
};
