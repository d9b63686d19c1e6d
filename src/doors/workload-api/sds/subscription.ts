/**
 * One discovery stream in both variants: requests and changes of the state take turns, and a new
 * request is read only after the last one was answered, so that a client cannot flood us.
 */
import { ConnectError } from '@connectrpc/connect';
import type { Log } from '../../../platform/log/index.ts';
import { createBell, entitled } from '../latest.ts';
import { invalid } from '../status.ts';
import type { WorkloadSession, WorkloadState } from '../types.ts';
import { secretType } from './secrets.ts';

export type DiscoveryInput = {
  readonly typeUrl: string;
  readonly responseNonce: string;
  readonly errorDetail?: { readonly code: number; readonly message: string } | undefined;
};

/** The part that differs: what a request subscribes to, and what is still to be sent. */
export type Variant<Input, Output> = {
  /** Takes the request into account; `isFresh` is false for answers to outdated responses. */
  readonly take: (input: Input, isFresh: boolean) => void;
  /** The next response under this nonce, or nothing when the client has all there is. */
  readonly answer: (state: WorkloadState, nonce: string) => Output | undefined;
};

export type Subscription<Input, Output> = {
  readonly session: WorkloadSession;
  readonly requests: AsyncIterable<Input>;
  readonly signal: AbortSignal;
  readonly variant: Variant<Input, Output>;
  readonly log: Log;
};

const maxErrorLength = 200;

const checkRequest = ({ typeUrl, errorDetail }: DiscoveryInput, log: Log): void => {
  if (typeUrl !== '' && typeUrl !== secretType) throw invalid('only secrets are served here');
  if (errorDetail !== undefined)
    log.warn({ detail: errorDetail.message.slice(0, maxErrorLength) }, 'secrets refused');
};

/** Reads requests one at a time; `ready` rings when one is there or the client has no more. */
const startReading = <Input>(requests: AsyncIterable<Input>, ready: () => void) => {
  const iterator = requests[Symbol.asyncIterator]();
  const slot: { next?: IteratorResult<Input>; failure?: unknown; isReading: boolean } = {
    isReading: false,
  };
  return {
    slot,
    read: (): void => {
      if (slot.isReading) return;
      slot.isReading = true;
      void iterator
        .next()
        .then(
          (next) => {
            slot.next = next;
          },
          (error: unknown) => {
            slot.failure = error;
          },
        )
        .then(ready);
    },
    take: (): IteratorResult<Input> | undefined => {
      if (slot.failure !== undefined) throw ConnectError.from(slot.failure);
      const { next } = slot;
      if (next === undefined) return undefined;
      delete slot.next;
      slot.isReading = false;
      return next;
    },
  };
};

/** Yields responses until the client ends or loses its identity (PERMISSION_DENIED). */
export const runSubscription = async function* <Input extends DiscoveryInput, Output>({
  session,
  requests,
  signal,
  variant,
  log,
}: Subscription<Input, Output>): AsyncGenerator<Output> {
  const bell = createBell();
  const unsubscribe = session.subscribe(bell.ring);
  signal.addEventListener('abort', bell.ring);
  const reading = startReading(requests, bell.ring);
  let nonce = 0;
  let isSubscribed = false;
  try {
    for (;;) {
      reading.read();
      await bell.heard();
      if (signal.aborted) throw ConnectError.from(signal.reason);
      const next = reading.take();
      if (next?.done === true) return;
      if (next !== undefined) {
        const { responseNonce } = next.value;
        checkRequest(next.value, log);
        variant.take(next.value, responseNonce === '' || responseNonce === String(nonce));
        isSubscribed = true;
      }
      if (!isSubscribed) continue;
      const output = variant.answer(entitled(session.current()), String(nonce + 1));
      if (output === undefined) continue;
      nonce++;
      yield output;
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', bell.ring);
  }
};
