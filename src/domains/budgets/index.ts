/** Budgets: hard limits on requests, tokens and spend per principal, team and endpoint. */
export { budgetErrors } from './errors.ts';

export type {
  Actor,
  Amounts,
  Budgets,
  Limit,
  LimitKey,
  Measure,
  Reservation,
  ReserveRequest,
  Scope,
  ScopeKind,
  Usage,
  Window,
} from './types.ts';
