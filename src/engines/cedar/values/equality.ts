/**
 * Equality of values as Cedar's `==` sees it (across types it is false, never an error), and search
 * in sets: by comparison while they are small, by a table made once when they are large.
 */
import { attributeOf, type RecordValue } from './record.ts';
import type { IpValue, SetIndex, SetValue, Value } from './value.ts';
import { valueKey } from './value-key.ts';

const equalRecords = (left: RecordValue, right: RecordValue): boolean => {
  if (left.values.length !== right.values.length) return false;
  if (left.shape === right.shape)
    return left.values.every((value, slot) => equalValues(value, right.values[slot] as Value));
  return left.shape.keys.every((key, slot) => {
    const other = attributeOf(right, key);
    return other !== undefined && equalValues(left.values[slot] as Value, other);
  });
};

const includesAll = (outer: SetValue, inner: SetValue): boolean =>
  inner.elements.every((element) => setHas(outer, element));

const isNested = (value: Value): boolean =>
  typeof value === 'object' && (value.kind === 'set' || value.kind === 'record');

/** By text when something nests: comparing both ways at every level doubles the work with each. */
const equalSets = (left: SetValue, right: SetValue): boolean =>
  left.elements.some(isNested) && right.elements.some(isNested)
    ? valueKey(left) === valueKey(right)
    : includesAll(left, right) && includesAll(right, left);

const equalIps = (left: IpValue, right: IpValue): boolean =>
  left.version === right.version && left.prefix === right.prefix && left.address === right.address;

/** True for equal values. Longs are in normal form, so primitives compare by `===`. */
export const equalValues = (left: Value, right: Value): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object') return false;
  switch (left.kind) {
    case 'entity':
      return right.kind === 'entity' && left.id === right.id && left.type === right.type;
    case 'set':
      return right.kind === 'set' && equalSets(left, right);
    case 'record':
      return right.kind === 'record' && equalRecords(left, right);
    case 'decimal':
      return right.kind === 'decimal' && left.units === right.units;
    case 'ipaddr':
      return right.kind === 'ipaddr' && equalIps(left, right);
    case 'datetime':
    case 'duration':
      return right.kind === left.kind && left.ms === right.ms;
  }
};

const largestScanned = 8;

const indexOf = (set: SetValue): SetIndex => {
  if (set.index !== undefined) return set.index;
  const plain = new Set<unknown>();
  const keyed = new Set<string>();
  for (const element of set.elements)
    if (typeof element === 'object') keyed.add(valueKey(element));
    else plain.add(element);
  set.index = { plain, keyed };
  return set.index;
};

/** `contains`. */
export const setHas = (set: SetValue, value: Value): boolean => {
  const { elements } = set;
  if (elements.length > largestScanned) {
    const { plain, keyed } = indexOf(set);
    return typeof value === 'object' ? keyed.has(valueKey(value)) : plain.has(value);
  }
  for (const element of elements) if (equalValues(element, value)) return true;
  return false;
};

/** `containsAll`. */
export const setHasAll = includesAll;

/** `containsAny`. */
export const setHasAny = (left: SetValue, right: SetValue): boolean =>
  left.elements.length < right.elements.length
    ? left.elements.some((element) => setHas(right, element))
    : right.elements.some((element) => setHas(left, element));
