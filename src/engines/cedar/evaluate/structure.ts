/** Numbers for expressions: two have the same exactly when they differ in nothing but their places. */
import type { Expr } from '../ast.ts';

export type StructureIds = (node: Expr) => number;

const isExpr = (value: object): value is Expr => 'kind' in value;

/** Children are written as their numbers, so each node costs its own size once. */
export const createStructureIds = (): StructureIds => {
  const ids = new Map<string, number>();
  const known = new WeakMap<Expr, number>();
  const describe = (value: unknown): unknown => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(describe);
    return isExpr(value) ? idOf(value) : Object.values(value).map(describe);
  };
  const idOf = (node: Expr): number => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const parts: unknown[] = [];
    for (const [name, value] of Object.entries(node))
      if (name !== 'span') parts.push(name, describe(value));
    const key = JSON.stringify(parts);
    const id = ids.get(key) ?? ids.size;
    ids.set(key, id);
    known.set(node, id);
    return id;
  };
  return idOf;
};
