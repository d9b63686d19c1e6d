/** The refusals of reserve. They name the limit, so that a caller knows whom to ask and when. */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { budgetErrors } from './errors.ts';
import { describeKey } from './limit-keys.ts';
import type { Pocket } from './pocket.ts';

export const exceeded = (pocket: Pocket, needed: number, nowMs: number): Refusal => {
  const { measure, window, amount, isRate } = pocket.limit;
  const scope = { kind: pocket.limit.scope.kind, id: pocket.scopeId };
  const retryAfterSeconds = Math.max(1, Math.ceil((pocket.endMs - nowMs) / 1000));
  return refuse(
    isRate ? budgetErrors.E_RATE_LIMITED : budgetErrors.E_BUDGET_EXCEEDED,
    `${describeKey({ scope, measure, window })}: the limit of ${amount} does not leave ${needed}`,
    { scope, measure, window, limit: amount, needed, retryAfterSeconds },
  );
};

export const unavailable = (why: string): Refusal =>
  refuse(budgetErrors.E_BUDGETS_UNAVAILABLE, why);
