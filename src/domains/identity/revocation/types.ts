/** The words of revocation. */
import type { RevocationReason } from '../../../engines/pki/index.ts';
import type { Refusal } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { Actor } from '../types.ts';

export type RevocationTarget =
  /** One SVID: `x509:…`, `jwt:…` or `wit:…`. */
  | { readonly credentialId: string }
  /** The entry is removed, and what was issued for it refused. */
  | { readonly entryId: string }
  /** The agent's own SVIDs and everything issued through it; `isBanned`: it may not come back. */
  | { readonly agentId: SpiffeId; readonly isBanned?: boolean }
  /** An authority that signs; its leaves are refused and replaced. */
  | { readonly authorityId: string };

export type Revocation = {
  /** What was named. */
  readonly target: string;
  /** SVIDs that are refused from now on, as far as they are known one by one. */
  readonly credentials: number;
};

/** In force here on return, on other replicas within 1 s; at agents as soon as they are told. */
export type Revocations = {
  readonly revoke: (
    actor: Actor,
    target: RevocationTarget,
    reason?: RevocationReason,
  ) => Promise<Revocation | Refusal>;
  /** DER lists in force, one for each authority whose key is held here. */
  readonly crls: () => readonly Uint8Array[];
};
