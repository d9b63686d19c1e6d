/** The words of authorities: who signs, who will, who did. */
import type { Refusal } from '../../../kernel/errors.ts';
import type { AuthorityKind } from '../authority-store.ts';
import type { SigningKind } from '../trust-domain.ts';
import type { Actor } from '../types.ts';

/**
 * `prepared`: published, signs later. `active`: signs. `old`: signs no more, trusted until its last
 * leaf has ended. `tainted`: its leaves are being replaced. `revoked`: not trusted.
 */
export type AuthorityState = 'prepared' | 'active' | 'old' | 'tainted' | 'revoked';

export type Authority = {
  /** Key identifier in hex (X.509) or `kid`. */
  readonly id: string;
  readonly kind: AuthorityKind;
  readonly sequence: number;
  readonly state: AuthorityState;
  readonly createdAtMs: number;
  readonly activatesAtMs: number;
  readonly expiresAtMs: number;
};

export type AuthorityVerbs = {
  readonly list: () => readonly Authority[];
  /** Makes and publishes a successor; it signs in an hour, or when it is activated. */
  readonly prepare: (actor: Actor, kind: SigningKind) => Promise<Authority | Refusal>;
  /**
   * Lets a prepared authority sign from now on. E_AUTHORITY_STATE when verifiers may not have it
   * yet (published less than 15 minutes ago) unless forced; intermediates need no such wait.
   */
  readonly activate: (actor: Actor, id: string, isForced?: boolean) => Promise<Authority | Refusal>;
  /** Stops signing with it; a successor signs at once, and agents replace what it signed. */
  readonly taint: (actor: Actor, id: string) => Promise<Authority | Refusal>;
  /**
   * Takes it out of trust, everywhere. E_AUTHORITY_STATE when it was not tainted first, unless
   * forced: agents whose own SVID it signed must then attest again.
   */
  readonly revoke: (actor: Actor, id: string, isForced?: boolean) => Promise<Authority | Refusal>;
};
