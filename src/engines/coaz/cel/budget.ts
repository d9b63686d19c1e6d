/** What one evaluation may still do. Once it is spent, everything that follows is a fault. */
import type { CelLimits } from './limits.ts';
import { type CelFault, type CelOutcome, type CelValue, limitFault } from './values.ts';

export type Budget = {
  steps: number;
  /** Levels of data that a comparison stands in. */
  depth: number;
  readonly maxSize: number;
};

/** All that one evaluation, or several together, may do. */
export const createBudget = ({
  maxSteps,
  maxSize,
}: Pick<CelLimits, 'maxSteps' | 'maxSize'>): Budget => ({ steps: maxSteps, depth: 0, maxSize });

/** Letters and bytes compared or copied per step. */
const unitsPerStep = 64;

/** Takes work off the budget; false when it is spent. */
export const spend = (budget: Budget, units: number): boolean => {
  budget.steps -= 1 + Math.floor(units / unitsPerStep);
  return budget.steps >= 0;
};

/** Members of a map listed: each costs as much as this many letters. */
export const unitsPerMember = 16;

const maxDataDepth = 128;

/** Looks at something one level down; data that is too deep spends the budget. */
export const deeper = (budget: Budget, look: () => boolean): boolean => {
  if (budget.depth >= maxDataDepth) {
    budget.steps = -1;
    return false;
  }
  budget.depth += 1;
  const answer = look();
  budget.depth -= 1;
  return answer;
};

export const spent = (at: number): CelFault => limitFault('too much to do', at);

/** The value unless it is larger than values may be. */
export const sized = <Value extends CelValue>(
  budget: Budget,
  { size, at }: { readonly size: number; readonly at: number },
  make: () => Value,
): CelOutcome => {
  if (size > budget.maxSize) return limitFault('a value is too large', at);
  return spend(budget, size) ? make() : spent(at);
};
