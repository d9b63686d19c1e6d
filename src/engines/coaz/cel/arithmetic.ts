/** Sums and products. Types do not mix; integers that leave 64 bits are faults, doubles follow IEEE 754. */
import { type Budget, sized } from './budget.ts';
import {
  type CelOutcome,
  type CelValue,
  fault,
  isBytes,
  isList,
  isUint,
  maxInt,
  maxUint,
  minInt,
  typeName,
  uintOf,
} from './values.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
type Place = { readonly budget: Budget; readonly at: number };

const ofIntegers: Readonly<Record<ArithmeticOperator, (a: bigint, b: bigint) => bigint>> =
  Object.freeze({
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  });
const ofDoubles: Readonly<
  Record<Exclude<ArithmeticOperator, '%'>, (a: number, b: number) => number>
> = Object.freeze({
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
});

const integers = (
  operator: ArithmeticOperator,
  [left, right]: readonly [bigint, bigint],
  at: number,
): bigint | CelOutcome =>
  right === 0n && (operator === '/' || operator === '%')
    ? fault('division by zero', at)
    : ofIntegers[operator](left, right);

/** Joins what can be joined with `+`; undefined when these types cannot. */
const join = (left: CelValue, right: CelValue, { budget, at }: Place): CelOutcome | undefined => {
  if (typeof left === 'string' && typeof right === 'string')
    return sized(budget, { size: left.length + right.length, at }, () => left + right);
  if (isBytes(left) && isBytes(right))
    return sized(
      budget,
      { size: left.length + right.length, at },
      () => new Uint8Array(Buffer.concat([left, right])),
    );
  if (isList(left) && isList(right))
    return sized(budget, { size: left.length + right.length, at }, () => [...left, ...right]);
  return undefined;
};

const overflow = (at: number): CelOutcome => fault('the number is beyond 64 bits', at);

/** `+ - * / %` */
export const calculate = (
  operator: ArithmeticOperator,
  [left, right]: readonly [CelValue, CelValue],
  place: Place,
): CelOutcome => {
  const { at } = place;
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    const value = integers(operator, [left, right], at);
    return typeof value === 'bigint' && (value > maxInt || value < minInt) ? overflow(at) : value;
  }
  if (typeof left === 'number' && typeof right === 'number' && operator !== '%')
    return ofDoubles[operator](left, right);
  if (isUint(left) && isUint(right)) {
    const value = integers(operator, [left.value, right.value], at);
    if (typeof value !== 'bigint') return value;
    return value < 0n || value > maxUint ? overflow(at) : uintOf(value);
  }
  const joined = operator === '+' ? join(left, right, place) : undefined;
  return joined ?? fault(`${typeName(left)} ${operator} ${typeName(right)} is not defined`, at);
};

/** `-x` */
export const negate = (value: CelValue, at: number): CelOutcome => {
  if (typeof value === 'number') return -value;
  if (typeof value !== 'bigint') return fault(`-${typeName(value)} is not defined`, at);
  return value === minInt ? overflow(at) : -value;
};
