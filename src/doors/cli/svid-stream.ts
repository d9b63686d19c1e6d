/** The X.509 stream for commands: the first state within a deadline, or all of them until stopped. */
import { SallyportError } from '../../kernel/errors.ts';
import { followSvids, type SvidState, systemEffects } from '../agent/index.ts';
import type { Invocation } from './command.ts';
import { cliErrors } from './errors.ts';
import { workloadClient } from './workload-endpoint.ts';

export type SvidStream = {
  /** The first state; fails after the deadline with what was last said. */
  readonly first: (waitMs: number) => Promise<SvidState>;
  /** Rejects when asking again is of no use. */
  readonly ended: Promise<void>;
  readonly stop: () => void;
};

/** Starts following; `onState` hears every state. */
export const followStream = (
  invocation: Invocation,
  onState: (state: SvidState) => void,
): SvidStream => {
  const abort = new AbortController();
  const { promise, resolve } = Promise.withResolvers<SvidState>();
  let last = 'no answer yet';
  let isDenied = false;
  const ended = followSvids({
    client: workloadClient(invocation),
    effects: systemEffects,
    signal: abort.signal,
    onState: (state) => {
      onState(state);
      resolve(state);
    },
    onFailure: (failure) => {
      last = failure.detail;
      ({ isDenied } = failure);
    },
  }).then((refusal) => {
    if (refusal !== undefined)
      throw new SallyportError(cliErrors.E_WORKLOAD_INVALID, refusal.detail);
  });
  const late = async (waitMs: number): Promise<never> => {
    await systemEffects.sleep(waitMs, abort.signal);
    const kind = isDenied ? cliErrors.E_WORKLOAD_DENIED : cliErrors.E_WORKLOAD_UNAVAILABLE;
    throw new SallyportError(kind, last);
  };
  const failed = ended.then(() => Promise.reject(new Error('the stream was stopped')));
  // Whoever waits hears of it; without anybody waiting it is no failure.
  failed.catch(() => undefined);
  return {
    first: (waitMs) => Promise.race([promise, failed, late(waitMs)]),
    ended,
    stop: () => abort.abort(),
  };
};

/** What may be shown of a state: no keys. */
export const describeState = ({ identities, crls }: SvidState) => ({
  svids: identities.map(({ spiffeId, expiresAtMs, hint }) => ({ spiffeId, expiresAtMs, hint })),
  crls: crls.length,
});
