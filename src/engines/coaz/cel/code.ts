/** What a compiled part of an expression is, and how it sees the world. */
import type { Budget } from './budget.ts';
import type { CelOutcome, CelValue } from './values.ts';

/** One evaluation: the variables by number, and the budget that all parts share. */
export type Frame = {
  readonly variables: readonly (CelValue | undefined)[];
  readonly budget: Budget;
};
export type Code = (frame: Frame) => CelOutcome;
