/**
 * `&&`, `||`, `!` and `?:`. Conjunction and disjunction commute: the operand that decides alone wins over
 * a fault on the other side; a reached limit wins over everything.
 */
import type { Code } from './code.ts';
import { type CelOutcome, fault, isFault, typeName } from './values.ts';

const isLimit = (outcome: CelOutcome): boolean => isFault(outcome) && outcome.isLimit;

const faultOf = (outcome: CelOutcome, operator: string, at: number): CelOutcome =>
  isFault(outcome) ? outcome : fault(`${operator} of ${typeName(outcome)} is not defined`, at);

/** `decisive` is the value of either operand that settles it: false for `&&`, true for `||`. */
export const compileLogic = (
  [left, right]: readonly [Code, Code],
  decisive: boolean,
  at: number,
): Code => {
  const operator = decisive ? '||' : '&&';
  return (frame) => {
    const one = left(frame);
    if (one === decisive || isLimit(one)) return one;
    const other = right(frame);
    if (other === decisive || isLimit(other)) return other;
    if (typeof one !== 'boolean') return faultOf(one, operator, at);
    return typeof other === 'boolean' ? other : faultOf(other, operator, at);
  };
};

export const compileNot =
  (of: Code, at: number): Code =>
  (frame) => {
    const value = of(frame);
    return typeof value === 'boolean' ? !value : faultOf(value, '!', at);
  };

export const compileChoice =
  (
    { test, then, otherwise }: Readonly<Record<'test' | 'then' | 'otherwise', Code>>,
    at: number,
  ): Code =>
  (frame) => {
    const value = test(frame);
    if (typeof value !== 'boolean') return faultOf(value, '?', at);
    return value ? then(frame) : otherwise(frame);
  };
