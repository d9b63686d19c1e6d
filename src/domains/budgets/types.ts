/**
 * The words of the budgets room. A reservation is charged before anything is sent upstream and
 * stays charged from `dispatched()` on, whatever dies afterwards.
 */
import type { Refusal } from '../../kernel/errors.ts';

/** What is counted. `microUsd` is millionths of a US dollar. */
export type Measure = 'requests' | 'tokens' | 'microUsd';
/** Windows are aligned to UTC: a day ends at 00:00Z, a month on the first. */
export type Window = 'minute' | 'hour' | 'day' | 'month';
export type ScopeKind = 'principal' | 'team' | 'endpoint';

/** Who is limited. The id `*` means each one that has no limit of its own (same measure, window). */
export type Scope = { readonly kind: ScopeKind; readonly id: string };

/** At most `amount` of `measure` per `window`. Scope, measure and window together are its key. */
export type Limit = {
  readonly scope: Scope;
  readonly measure: Measure;
  readonly window: Window;
  /** Whole number from 0 (nothing allowed) to 10^15. */
  readonly amount: number;
};
export type LimitKey = Omit<Limit, 'amount'>;

/** Whole numbers, 0 or more. */
export type Amounts = {
  readonly requests: number;
  readonly tokens: number;
  readonly microUsd: number;
};

export type ReserveRequest = {
  readonly principal: string;
  readonly teams: readonly string[];
  readonly endpoint: string;
  /** The most this exchange can cost; the upstream's maximum must be capped to it. */
  readonly amounts: Amounts;
};

/** Amounts set aside for one exchange. Every method is synchronous, cheap and never throws. */
export type Reservation = {
  readonly amounts: Amounts;
  /** Call before the first byte goes upstream: from here on only `settle` changes the charge. */
  readonly dispatched: () => void;
  /**
   * Replaces the reserved amounts by the real ones; what is missing stays as reserved. Less is
   * given back, more is charged even beyond the limit (later reservations then refuse). Negative,
   * fractional or non-finite amounts leave that measure as reserved. Only the first call counts.
   */
  readonly settle: (actual: Partial<Amounts>) => void;
  /**
   * Gives everything back. For exchanges that were never dispatched, or whose failure proves that
   * the upstream did not spend (connection refused). Ignored after `settle`.
   */
  readonly cancel: () => void;
};

export type Usage = {
  readonly limit: Limit;
  /** For a `*` limit: the one this usage belongs to. */
  readonly scope: Scope;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** Charged in the shared store: spent, in flight, or leased by a node. */
  readonly charged: number;
};

/** Who changes a limit, for the ledger. */
export type Actor = { readonly type: string; readonly id: string };

export type Budgets = {
  /**
   * Sets the amounts aside in every limit that applies, or in none. Synchronous when this
   * process already holds a lease large enough.
   *
   * Refusals: E_RATE_LIMITED or E_BUDGET_EXCEEDED (429) with data `{scope, measure, window,
   * amount, retryAfterSeconds}`, E_BUDGETS_UNAVAILABLE (503) when the shared store cannot be
   * asked. Never throws, never rejects.
   */
  readonly reserve: (
    request: ReserveRequest,
  ) => Reservation | Refusal | Promise<Reservation | Refusal>;
  /** Creates or changes a limit; in the ledger before it takes effect. */
  readonly setLimit: (limit: Limit, actor: Actor) => Promise<Limit | Refusal>;
  /** Refuses with E_LIMIT_UNKNOWN when there is none. */
  readonly removeLimit: (key: LimitKey, actor: Actor) => Promise<undefined | Refusal>;
  readonly listLimits: (scope?: Scope) => Promise<readonly Limit[]>;
  /** What is charged in the current window of every limit that applies to the scope. */
  readonly usage: (scope: Scope) => Promise<readonly Usage[]>;
  /** Gives back what is leased and not dispatched. Reservations in flight stay charged. */
  readonly close: () => Promise<void>;
};
