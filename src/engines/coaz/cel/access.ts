/**
 * Reaching into maps, lists and optionals. A plain selection of what is not there is a fault, an optional
 * one holds nothing; whatever follows an optional is optional too. Null holds nothing either way.
 */
import { keyOf, numberOf } from './compare.ts';
import {
  type CelOutcome,
  type CelValue,
  fault,
  isFault,
  isList,
  isMap,
  isOptional,
  memberOf,
  optionalOf,
  typeName,
} from './values.ts';

const placeIn = (list: readonly CelValue[], index: CelValue): CelValue | undefined => {
  const number = numberOf(index);
  return number !== undefined && number >= 0 && number < list.length
    ? list[Number(number)]
    : undefined;
};

/** The part under a key or number; undefined when there is none; a fault when there can be none. */
const partOf = (whole: CelValue, index: CelValue, at: number): CelOutcome | undefined => {
  if (isList(whole))
    return typeof keyOf(index) === 'bigint'
      ? placeIn(whole, index)
      : fault(`a list has no place ${typeName(index)}`, at);
  if (!isMap(whole)) return fault(`${typeName(whole)} has no parts to select`, at);
  const key = keyOf(index);
  return key === undefined ? fault(`${typeName(index)} is no key`, at) : memberOf(whole, key);
};

const softly = (whole: CelValue, index: CelValue, at: number): CelOutcome => {
  if (whole === null) return optionalOf(undefined);
  const part = partOf(whole, index, at);
  return isFault(part) ? part : optionalOf(part);
};

export type Step = { readonly index: CelValue; readonly at: number; readonly isOptional: boolean };

/** `whole[index]`, `whole[?index]`; a field is an index that is a string. */
export const reach = (whole: CelValue, { index, at, isOptional: isSoft }: Step): CelOutcome => {
  if (isOptional(whole)) return whole.value === undefined ? whole : softly(whole.value, index, at);
  if (isSoft) return softly(whole, index, at);
  const part = partOf(whole, index, at);
  if (part !== undefined) return part;
  return fault(typeof index === 'string' ? 'no such member' : 'no such element', at);
};

/** `has(whole.field)` */
export const hasField = (whole: CelValue, field: string, at: number): CelOutcome => {
  const inner = isOptional(whole) ? whole.value : whole;
  if (inner === undefined) return false;
  if (!isMap(inner)) return fault(`${typeName(inner)} has no members`, at);
  return memberOf(inner, field) !== undefined;
};
