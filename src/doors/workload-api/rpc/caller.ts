/** What a service implementation may know of its caller; set by the listener, never by the client. */
import { createContextKey } from '@connectrpc/connect';
import type { Refusal } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { WorkloadPeer } from '../types.ts';

export type Caller =
  | { readonly kind: 'workload'; readonly peer: WorkloadPeer }
  /** `verify` judges the certificate anew, so that a revocation ends streams. */
  | { readonly kind: 'broker'; readonly verify: () => SpiffeId | Refusal };

export const callerKey = createContextKey<Caller | undefined>(undefined);
