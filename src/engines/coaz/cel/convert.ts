/** `int()`, `uint()`, `double()`, `string()`: conversions that lose nothing but fractions, or are faults. */
import { type Budget, sized } from './budget.ts';
import {
  type CelOutcome,
  type CelValue,
  fault,
  isBytes,
  isUint,
  maxInt,
  maxUint,
  minInt,
  typeName,
  uintOf,
} from './values.ts';

type Place = { readonly budget: Budget; readonly at: number };
export type Conversion = (value: CelValue, place: Place) => CelOutcome;

const maxDigits = 20;
const maxDoubleLength = 400;
const integerPattern = /^-?[0-9]+$/;
const doublePattern = /^-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?$/;

const cannot = (value: CelValue, to: string, at: number): CelOutcome =>
  fault(`this ${typeName(value)} is no ${to}`, at);

/** The whole number in a value, of any size; undefined when there is none. */
const wholeIn = (value: CelValue): bigint | undefined => {
  if (typeof value === 'bigint') return value;
  if (isUint(value)) return value.value;
  if (typeof value === 'number')
    return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
  if (typeof value !== 'string' || value.length > maxDigits) return undefined;
  return integerPattern.test(value) ? BigInt(value) : undefined;
};

export const toInt: Conversion = (value, { at }) => {
  const whole = wholeIn(value);
  const fits = whole !== undefined && whole >= minInt && whole <= maxInt;
  return fits ? whole : cannot(value, 'int', at);
};

export const toUint: Conversion = (value, { at }) => {
  const whole = wholeIn(value);
  const isNegative = typeof value === 'number' && value < 0;
  const fits = whole !== undefined && !isNegative && whole >= 0n && whole <= maxUint;
  return fits ? uintOf(whole) : cannot(value, 'uint', at);
};

export const toDouble: Conversion = (value, { at }) => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (isUint(value)) return Number(value.value);
  const isText = typeof value === 'string' && value.length <= maxDoubleLength;
  return isText && doublePattern.test(value) ? Number(value) : cannot(value, 'double', at);
};

const decode = (bytes: Uint8Array, at: number): CelOutcome => {
  const text = Buffer.from(bytes).toString('utf8');
  return Buffer.compare(Buffer.from(text), bytes) === 0 ? text : cannot(bytes, 'string', at);
};

/** Doubles as JavaScript writes them: `5`, `0.1`, `1e+21`. */
export const toText: Conversion = (value, { budget, at }) => {
  if (typeof value === 'string') return value;
  if (isUint(value)) return value.value.toString();
  if (isBytes(value)) {
    const text = sized(budget, { size: value.length, at }, () => value);
    return text === value ? decode(value, at) : text;
  }
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString();
  return typeof value === 'boolean' ? `${value}` : cannot(value, 'string', at);
};
