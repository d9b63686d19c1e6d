/**
 * The newest state of the Workload API, and whether it may still be judged by: once the agent has
 * lost its server for the lease, or we have lost the agent for as long, or the stream said that this
 * process has no identity, nobody is admitted any more.
 */
import { systemClock } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { followSvids, type SvidState, systemEffects, watchKnowledge } from '../agent/index.ts';
import type { Invocation } from './command.ts';
import { cliErrors } from './errors.ts';
import { workloadClient } from './workload-endpoint.ts';

export type HeldState = {
  readonly state: () => SvidState | undefined;
  readonly isStale: () => boolean;
  readonly first: (waitMs: number) => Promise<void>;
  readonly ended: Promise<void>;
  readonly stop: () => void;
};

const leaseMs = 30_000;

/** Starts following; `onChange` is called after each new state, and when it is taken away. */
export const followHeldState = (invocation: Invocation, onChange: () => void): HeldState => {
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const held: { state?: SvidState; lostAtMs?: number; detail: string } = { detail: 'no answer' };
  const client = workloadClient(invocation);
  const knowledge = watchKnowledge({ client, effects: systemEffects, leaseMs });
  const ended = followSvids({
    client,
    effects: systemEffects,
    signal: abort.signal,
    onState: (state) => {
      held.state = state;
      delete held.lostAtMs;
      resolve();
      onChange();
    },
    onFailure: ({ isDenied, detail }) => {
      held.detail = detail;
      held.lostAtMs ??= systemClock.monotonicMs();
      if (!isDenied) return;
      delete held.state;
      onChange();
    },
  }).then((refusal) => {
    if (refusal !== undefined)
      throw new SallyportError(cliErrors.E_WORKLOAD_INVALID, refusal.detail);
  });
  ended.catch(() => undefined);
  const late = async (waitMs: number): Promise<never> => {
    await systemEffects.sleep(waitMs, abort.signal);
    throw new SallyportError(cliErrors.E_WORKLOAD_UNAVAILABLE, held.detail);
  };
  return {
    state: () => held.state,
    isStale: () =>
      knowledge.isStale() ||
      (held.lostAtMs !== undefined && systemClock.monotonicMs() - held.lostAtMs > leaseMs),
    first: (waitMs) => Promise.race([promise, ended, late(waitMs)]),
    ended,
    stop: () => {
      knowledge.stop();
      abort.abort();
    },
  };
};
