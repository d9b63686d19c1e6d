/** Writes failed proofs of identity into the ledger, bounded, with the peer as a sealed field. */
import { hash } from 'node:crypto';
import type { Refusal } from '../../kernel/errors.ts';
import { type AttemptLimit, createAttemptLimit } from './attempt-limit.ts';
import type { IdentityContext } from './context.ts';
import { authenticationFailed } from './events.ts';

export type FailedProofs = Pick<AttemptLimit, 'isExhausted'> & {
  /** Counts and perhaps records; gives the refusal back. */
  readonly note: (refusal: Refusal, attempt: FailedAttempt) => Refusal;
};

export type FailedAttempt = {
  readonly method: string;
  readonly peer: string;
  /** The same bad credential was refused a moment ago. */
  readonly isRepeated?: boolean;
};

const usualBounds = {
  failuresPerMinute: 600,
  recordsPerPeer: 10,
  recordsInAll: 600,
  maxPeers: 4096,
};
const saltBytes = 16;
const sourceDigits = 16;

export const createFailedProofs = (
  context: Pick<IdentityContext, 'clock' | 'random' | 'ledger' | 'config'>,
  failuresPerMinute = usualBounds.failuresPerMinute,
): FailedProofs => {
  const { clock, random, ledger, config } = context;
  const limit = createAttemptLimit(clock, { ...usualBounds, failuresPerMinute });
  // Lets an auditor tell peers apart for the life of this process without knowing their addresses.
  const salt = random.bytes(saltBytes);
  const sourceOf = (peer: string): string =>
    hash('sha256', Buffer.concat([salt, Buffer.from(peer)])).slice(0, sourceDigits);
  return {
    isExhausted: limit.isExhausted,
    note: (refusal, { method, peer, isRepeated }) => {
      const { shouldRecord, suppressed } = limit.fail(peer, isRepeated);
      if (shouldRecord)
        ledger.record(
          authenticationFailed({
            method,
            code: refusal.error.code,
            source: sourceOf(peer),
            peer,
            suppressed,
            timeMs: clock.nowMs(),
            tenant: config.tenant,
          }),
        );
      return refusal;
    },
  };
};
