/** Opens the caller's view for one call, within a deadline, and closes it whatever happens. */
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { callerKey } from './rpc/caller.ts';
import { denied, toStatus } from './status.ts';
import type { WorkloadPeer, WorkloadSession } from './types.ts';

export type Opening = Promise<WorkloadSession | Refusal>;

/** The workload at the other end of the socket; only listeners for workloads have one. */
export const workloadOf = (context: HandlerContext): WorkloadPeer => {
  const caller = context.values.get(callerKey);
  if (caller?.kind !== 'workload') throw denied('only workloads are served here');
  return caller.peer;
};

/** A session that comes too late is closed, not leaked. */
const closeLate = (opening: Opening): void => {
  void opening.then(
    (late) => {
      if (!isRefusal(late)) late.close();
    },
    () => undefined,
  );
};

/**
 * Waits for the agent. Throws the refusal's status, UNAVAILABLE after the deadline or when the
 * agent fails, and the reason when the call has ended meanwhile.
 */
export const awaitSession = async (
  opening: Opening,
  { signal }: HandlerContext,
  openMs: number,
): Promise<WorkloadSession> => {
  const unavailable = new ConnectError('the agent is not ready', Code.Unavailable);
  let stop = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(ConnectError.from(signal.reason));
    const timer = setTimeout(() => reject(unavailable), openMs);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  });
  const opened = opening.catch(() => {
    throw unavailable;
  });
  const session = await Promise.race([opened, ended])
    .catch((error: unknown) => {
      closeLate(opening);
      throw error;
    })
    .finally(stop);
  if (isRefusal(session)) throw toStatus(session);
  return session;
};
