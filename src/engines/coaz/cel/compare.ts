/**
 * Equality and order. Numbers of all three types compare by value, exactly; values of different types
 * are unequal; only numbers, strings, bytes and booleans have an order. NaN equals nothing.
 */
import { type Budget, deeper, spend, spent, unitsPerMember } from './budget.ts';
import {
  type CelMap,
  type CelOutcome,
  type CelValue,
  entriesOf,
  fault,
  isBytes,
  isList,
  isMap,
  isOptional,
  isUint,
  memberOf,
  typeName,
} from './values.ts';

/** The number behind any of the three number types. */
export const numberOf = (value: CelValue): number | bigint | undefined => {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  return isUint(value) ? value.value : undefined;
};

const equalLists = (
  left: readonly CelValue[],
  right: readonly CelValue[],
  budget: Budget,
): boolean =>
  left.length === right.length &&
  left.every((item, place) => {
    const other = right[place];
    return other !== undefined && areEqual(item, other, budget);
  });

const equalMaps = (left: CelMap, right: CelMap, budget: Budget): boolean => {
  const entries = entriesOf(left);
  if (!spend(budget, entries.length * unitsPerMember) || entries.length !== entriesOf(right).length)
    return false;
  return entries.every(([key, value]) => {
    const other = memberOf(right, key);
    return other !== undefined && areEqual(value, other, budget);
  });
};

const equalStructures = (left: CelValue, right: CelValue, budget: Budget): boolean => {
  if (isList(left)) return isList(right) && equalLists(left, right, budget);
  if (isBytes(left))
    return isBytes(right) && spend(budget, left.length) && Buffer.compare(left, right) === 0;
  if (isOptional(left)) {
    if (!isOptional(right)) return false;
    if (left.value === undefined || right.value === undefined) return left.value === right.value;
    return areEqual(left.value, right.value, budget);
  }
  return isMap(left) && isMap(right) && equalMaps(left, right, budget);
};

/** Deep equality. When the budget is spent the answer means nothing: callers look at it afterwards. */
export const areEqual = (left: CelValue, right: CelValue, budget: Budget): boolean => {
  if (!spend(budget, typeof left === 'string' ? left.length : 0)) return false;
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one !== undefined || other !== undefined)
    // Loose equality of number and bigint is exact, and false against undefined.
    // oxlint-disable-next-line eqeqeq
    return one !== undefined && other !== undefined && one == other;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return left === right;
  return deeper(budget, () => equalStructures(left, right, budget));
};

const isHighPlane = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** By code points; UTF-16 units would put the higher planes before U+E000. */
const compareStrings = (left: string, right: string): number => {
  const length = Math.min(left.length, right.length);
  let place = 0;
  while (place < length && left.charCodeAt(place) === right.charCodeAt(place)) place += 1;
  if (place === length) return left.length - right.length;
  const [one, other] = [left.charCodeAt(place), right.charCodeAt(place)];
  const isOrderSame = isHighPlane(one) === isHighPlane(other);
  return isOrderSame ? one - other : isHighPlane(one) ? 1 : -1;
};

/** Negative, zero, positive; NaN: no order. Undefined: these types have none. */
const orderOf = (left: CelValue, right: CelValue): number | undefined => {
  const [one, other] = [numberOf(left), numberOf(right)];
  if (one !== undefined && other !== undefined) {
    if (one < other) return -1;
    return one > other ? 1 : areSame(one, other);
  }
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  return isBytes(left) && isBytes(right) ? Buffer.compare(left, right) : undefined;
};

const areSame = (left: number | bigint, right: number | bigint): number =>
  Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : 0;

export type OrderOperator = '<' | '<=' | '>' | '>=';

const holds: Readonly<Record<OrderOperator, (order: number) => boolean>> = Object.freeze({
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
});

type Place = { readonly budget: Budget; readonly at: number };

/** `<`, `<=`, `>`, `>=` */
export const compare = (
  operator: OrderOperator,
  [left, right]: readonly [CelValue, CelValue],
  { budget, at }: Place,
): CelOutcome => {
  const length = typeof left === 'string' || isBytes(left) ? left.length : 0;
  if (!spend(budget, length)) return spent(at);
  const order = orderOf(left, right);
  if (order !== undefined) return holds[operator](order);
  return fault(`${typeName(left)} ${operator} ${typeName(right)} is not defined`, at);
};

/** `==` */
export const equal = (left: CelValue, right: CelValue, { budget, at }: Place): CelOutcome => {
  const answer = areEqual(left, right, budget);
  return budget.steps < 0 ? spent(at) : answer;
};

/** `in`: an element of a list, a key of a map. */
export const isIn = (value: CelValue, whole: CelValue, { budget, at }: Place): CelOutcome => {
  if (isList(whole)) {
    const answer = whole.some((item) => areEqual(value, item, budget));
    return budget.steps < 0 ? spent(at) : answer;
  }
  if (!isMap(whole)) return fault(`${typeName(value)} in ${typeName(whole)} is not defined`, at);
  const key = keyOf(value);
  return key !== undefined && memberOf(whole, key) !== undefined;
};

/** A value as a key of a map; undefined when it cannot be one. */
export const keyOf = (value: CelValue): string | bigint | boolean | undefined => {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  const number = numberOf(value);
  if (typeof number === 'number') return Number.isInteger(number) ? BigInt(number) : undefined;
  return number;
};
