/**
 * Records: a list of values and a shape that says where each key stands. Records with the same keys
 * in the same order share one shape, so a million entities carry their attribute names once, and who
 * reads an attribute again and again remembers its place per shape.
 */
import type { Value } from './value.ts';

export type Shape = {
  readonly keys: readonly string[];
  readonly slots: ReadonlyMap<string, number>;
};
export type RecordValue = {
  readonly kind: 'record';
  readonly shape: Shape;
  readonly values: readonly Value[];
};

type GrowingShape = Shape & { readonly next: Map<string, GrowingShape> };

const newShape = (keys: readonly string[]): GrowingShape => ({
  keys,
  slots: new Map(keys.map((key, slot) => [key, slot])),
  next: new Map(),
});

/** Shapes are shared until so many exist; then sharing starts anew (old records stay valid). */
const maxShapes = 4096;
/** Long key lists are not worth their steps: each would keep all its beginnings. */
const maxSharedKeys = 64;

export type ShapeTable = {
  /**
   * The shape of these keys, which must be different from each other; undefined when one of them is
   * not well-formed text.
   */
  readonly of: (keys: readonly string[]) => Shape | undefined;
};

const sameKeys = (left: readonly string[], right: readonly string[]): boolean => {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
};

export const createShapeTable = (): ShapeTable => {
  let root = newShape([]);
  let last = root;
  let count = 0;
  const step = (from: GrowingShape, key: string): GrowingShape | undefined => {
    if (!key.isWellFormed()) return undefined;
    const made = newShape([...from.keys, key]);
    from.next.set(key, made);
    count++;
    return made;
  };
  const find = (keys: readonly string[]): GrowingShape | undefined => {
    if (keys.length > maxSharedKeys)
      return keys.every((key) => key.isWellFormed()) ? newShape(keys) : undefined;
    if (count > maxShapes) {
      root = newShape([]);
      count = 0;
    }
    let shape: GrowingShape | undefined = root;
    for (const key of keys) {
      shape = shape.next.get(key) ?? step(shape, key);
      if (shape === undefined) return undefined;
    }
    return shape;
  };
  return {
    of: (keys) => {
      if (sameKeys(keys, last.keys)) return last;
      const shape = find(keys);
      if (shape !== undefined) last = shape;
      return shape;
    },
  };
};

/** A record of entries whose keys are different from each other. */
export const recordOf = (entries: readonly (readonly [string, Value])[]): RecordValue => ({
  kind: 'record',
  shape: newShape(entries.map(([key]) => key)),
  values: entries.map(([, value]) => value),
});

const noShape = newShape([]);
export const emptyRecord: RecordValue = Object.freeze({
  kind: 'record',
  shape: noShape,
  values: Object.freeze([]) as readonly Value[],
});

export const attributeOf = ({ shape, values }: RecordValue, key: string): Value | undefined => {
  const slot = shape.slots.get(key);
  return slot === undefined ? undefined : values[slot];
};
