/**
 * Follows the X.509 stream of a Workload API: reconnects with backoff, hands over every full state,
 * and gives up only on answers that will not change (INVALID_ARGUMENT, UNIMPLEMENTED).
 */
import { Code, ConnectError } from '@connectrpc/connect';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { WorkloadClient } from '../../workload-api/index.ts';
import { agentErrors } from '../errors.ts';
import { createBackoff } from '../sync/backoff.ts';
import type { Effects } from '../types.ts';
import { readSvidMessage, type SvidState } from './svid-state.ts';

export type FollowOptions = {
  readonly client: Pick<WorkloadClient, 'fetchX509SVID'>;
  readonly effects: Effects;
  readonly signal: AbortSignal;
  readonly onState: (state: SvidState) => void;
  /** Called after each failure; `denied` means that the workload has no identity now. */
  readonly onFailure: (failure: { readonly isDenied: boolean; readonly detail: string }) => void;
};

const bounds = { firstMs: 50, mostMs: 5_000 };
const final: ReadonlySet<Code> = new Set([Code.InvalidArgument, Code.Unimplemented]);

const readStream = async (
  { client, signal, onState }: FollowOptions,
  onGood: () => void,
): Promise<ConnectError> => {
  try {
    for await (const message of client.fetchX509SVID({}, { signal })) {
      const state = readSvidMessage(message);
      if (isRefusal(state)) return new ConnectError(state.detail, Code.DataLoss);
      onGood();
      onState(state);
    }
    return new ConnectError('the stream ended', Code.Unavailable);
  } catch (error) {
    return ConnectError.from(error);
  }
};

/** Runs until the signal is aborted; resolves with a refusal when asking again is of no use. */
export const followSvids = async (options: FollowOptions): Promise<Refusal | undefined> => {
  const { effects, signal, onFailure } = options;
  const backoff = createBackoff(effects.random, bounds);
  while (!signal.aborted) {
    const error = await readStream(options, backoff.reset);
    if (signal.aborted) return undefined;
    if (final.has(error.code)) return refuse(agentErrors.E_AGENT_ANSWER, error.rawMessage);
    const isDenied = error.code === Code.PermissionDenied;
    onFailure({ isDenied, detail: error.rawMessage });
    await effects.sleep(backoff.next(), signal);
  }
  return undefined;
};
