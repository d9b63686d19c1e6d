/** What the broker asks of the two places where leases come from. */
import type { Pocket } from './pocket.ts';

/** One pocket's business with the shared store. All amounts are 0 or more. */
export type LeaseChange = {
  readonly pocket: Pocket;
  /** What waiting reservations need. */
  readonly want: number;
  /** A reserve on top, granted as far as plenty remains. */
  readonly bonus: number;
  readonly giveBack: number;
  /** Spent beyond the lease: charged whatever the limit. */
  readonly debt: number;
  readonly spent: number;
};

/** `isGone`: the limit does not exist any more; look at the limits again. */
export type LeaseGrant = { readonly granted: number; readonly isGone: boolean };

export type LeaseStore = {
  /**
   * All changes at once. Grants less than wanted only when the limit is reached. When it
   * rejects, none of the changes may be relied on, and none may be repeated except debts.
   */
  readonly exchange: (changes: readonly LeaseChange[]) => Promise<readonly LeaseGrant[]>;
};
