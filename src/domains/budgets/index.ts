/** Budgets: hard limits on requests, tokens and spend per principal, team and endpoint. */
export { createBudgets } from './create-budgets.ts';
export { budgetErrors } from './errors.ts';
export { createMemoryBudgets } from './fake.ts';
export { budgetMigrations } from './schema.ts';

export type { BudgetsOptions, Every } from './options.ts';
export type {
  Amounts,
  BudgetActor,
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
