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

/** Scope, measure and window together name a limit within its tenant. */
export type LimitKey = {
  readonly scope: Scope;
  readonly measure: Measure;
  readonly window: Window;
};
/**
 * At most `amount` of `measure` per `window`: a whole number from 0 (nothing) to 10^15. Requests
 * and tokens per minute are rates, kept in the cache; everything else is a budget, kept in storage.
 */
export type Limit = LimitKey & { readonly amount: number };

/** Whole numbers, 0 or more. */
export type Amounts = {
  readonly requests: number;
  readonly tokens: number;
  readonly microUsd: number;
};

export type ReserveRequest = {
  readonly tenant: string;
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
  dispatched(): void;
  /**
   * Replaces the reserved amounts by the real ones; what is missing stays as reserved. Less is
   * given back, more is charged even beyond the limit (later reservations then refuse). Negative,
   * fractional or non-finite amounts leave that measure as reserved. Only the first call counts.
   */
  settle(actual: Partial<Amounts>): void;
  /**
   * Gives everything back. For exchanges that were never dispatched, or whose failure proves that
   * the upstream did not spend (connection refused). Ignored after `settle`.
   */
  cancel(): void;
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
export type BudgetActor = {
  readonly principal: { readonly type: string; readonly id: string };
  readonly tenant: string;
  readonly requestId?: string;
};

export type Budgets = {
  /**
   * Sets the amounts aside in every limit that applies, or in none. Synchronous when this
   * process already holds leases large enough.
   *
   * Refusals: E_RATE_LIMITED or E_BUDGET_EXCEEDED (429) with data `{scope, measure, window,
   * limit, needed, retryAfterSeconds}` naming the first limit that is exceeded;
   * E_BUDGETS_UNAVAILABLE (503) when the shared store cannot be asked. Never throws, never rejects.
   */
  readonly reserve: (
    request: ReserveRequest,
  ) => Reservation | Refusal | Promise<Reservation | Refusal>;
  /** Creates or changes a limit; durable in the ledger before it takes effect. */
  readonly setLimit: (actor: BudgetActor, limit: Limit) => Promise<Limit | Refusal>;
  /** Refuses with E_LIMIT_UNKNOWN when there is none. */
  readonly removeLimit: (actor: BudgetActor, key: LimitKey) => Promise<Limit | Refusal>;
  readonly listLimits: (tenant: string, scope?: Scope) => Promise<readonly Limit[]>;
  /** What is charged in the current window of every limit that applies to the scope. */
  readonly usage: (tenant: string, scope: Scope) => Promise<readonly Usage[]>;
  /** Gives back what is leased and not reserved. Reservations in flight stay charged. */
  readonly close: () => Promise<void>;
};
