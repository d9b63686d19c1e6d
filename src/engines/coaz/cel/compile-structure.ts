/** List and map literals; optional parts that hold nothing are left out. */
import type { Code } from './code.ts';
import { keyOf } from './compare.ts';
import {
  type CelFault,
  type CelKey,
  type CelValue,
  fault,
  isFault,
  isOptional,
  typeName,
} from './values.ts';

export type ItemCode = { readonly value: Code; readonly isOptional: boolean; readonly at: number };
export type EntryCode = ItemCode & { readonly key: Code };

/** The value of a part; undefined when it is left out. */
const partOf = (
  { value, isOptional: isSoft, at }: ItemCode,
  frame: Parameters<Code>[0],
): CelValue | CelFault | undefined => {
  const part = value(frame);
  if (!isSoft || isFault(part)) return part;
  return isOptional(part) ? part.value : fault(`? before ${typeName(part)} is not defined`, at);
};

export const compileList =
  (items: readonly ItemCode[]): Code =>
  (frame) => {
    const list: CelValue[] = [];
    for (const item of items) {
      const part = partOf(item, frame);
      if (isFault(part)) return part;
      if (part !== undefined) list.push(part);
    }
    return list;
  };

/** Keys are strings, integers or booleans. */
const keyFrom = ({ key, at }: EntryCode, frame: Parameters<Code>[0]): CelKey | CelFault => {
  const value = key(frame);
  if (isFault(value)) return value;
  const name = typeof value === 'number' ? undefined : keyOf(value);
  return name ?? fault(`${typeName(value)} is no key`, at);
};

export const compileMap =
  (entries: readonly EntryCode[]): Code =>
  (frame) => {
    const map = new Map<CelKey, CelValue>();
    for (const entry of entries) {
      const key = keyFrom(entry, frame);
      if (isFault(key)) return key;
      const part = partOf(entry, frame);
      if (isFault(part)) return part;
      if (map.has(key)) return fault('a key is given twice', entry.at);
      if (part !== undefined) map.set(key, part);
    }
    return map;
  };
