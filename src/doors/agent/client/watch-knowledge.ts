/**
 * Whether the agent behind a Workload API still knows who was revoked. The API has no word for it,
 * but an agent that lost its server judges no token any more: it answers UNAVAILABLE where it would
 * have answered INVALID_ARGUMENT to what is no token. An agent that does not answer at all is
 * believed for the lease.
 */
import { Code, ConnectError } from '@connectrpc/connect';
import type { WorkloadClient } from '../../workload-api/index.ts';
import type { Effects } from '../types.ts';

export type KnowledgeWatch = {
  /** True when nobody may be judged by what the agent said. */
  readonly isStale: () => boolean;
  /** Asks now; never rejects. */
  readonly look: () => Promise<void>;
  readonly stop: () => void;
};

export type KnowledgeWatchOptions = {
  readonly client: Pick<WorkloadClient, 'validateJWTSVID'>;
  readonly effects: Pick<Effects, 'clock' | 'every'>;
  /** 30 s at most, and when absent. */
  readonly leaseMs?: number;
};

const lookMs = 500;
const answerMs = 1_000;
const usualLeaseMs = 30_000;
const noToken = { audience: 'sallyport', svid: 'x' };
/** What only an agent that judges can say; every other failure may be of our own side. */
const judged: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.Unimplemented,
]);

type Answer = 'knows' | 'stale' | 'silent';

const ask = async (client: KnowledgeWatchOptions['client']): Promise<Answer> => {
  try {
    await client.validateJWTSVID(noToken, { timeoutMs: answerMs });
    return 'knows';
  } catch (error) {
    const { code, cause } = ConnectError.from(error);
    // UNAVAILABLE is also what our own side says when there is no connection; that has a cause.
    if (code === Code.Unavailable) return cause === undefined ? 'stale' : 'silent';
    return judged.has(code) ? 'knows' : 'silent';
  }
};

/** Starts asking, twice a second. Nothing is known before the first answer but that it began. */
export const watchKnowledge = (options: KnowledgeWatchOptions): KnowledgeWatch => {
  const { client, effects, leaseMs = usualLeaseMs } = options;
  const { clock } = effects;
  const held = { heardAtMs: clock.monotonicMs(), isStale: false, isAsking: false };
  const look = async (): Promise<void> => {
    if (held.isAsking) return;
    held.isAsking = true;
    const answer = await ask(client);
    held.isAsking = false;
    if (answer === 'silent') return;
    held.isStale = answer === 'stale';
    held.heardAtMs = clock.monotonicMs();
  };
  return {
    look,
    isStale: () =>
      held.isStale || clock.monotonicMs() - held.heardAtMs > Math.min(leaseMs, usualLeaseMs),
    stop: effects.every(lookMs, () => void look()),
  };
};
