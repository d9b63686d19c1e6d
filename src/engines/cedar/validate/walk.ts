/** Goes through all of an expression, also where evaluation never comes. */
import type { Expr } from '../ast.ts';

/** The operands of an expression, in order. */
export const operandsOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'if':
      return [expr.condition, expr.then, expr.otherwise];
    case 'and':
    case 'or':
    case 'binary':
      return [expr.left, expr.right];
    case 'not':
    case 'negate':
    case 'isEmpty':
    case 'like':
    case 'has':
    case 'get':
      return [expr.operand];
    case 'is':
      return expr.in === undefined ? [expr.operand] : [expr.operand, expr.in];
    case 'set':
      return expr.elements;
    case 'record':
      return expr.entries.map(({ value }) => value);
    case 'call':
      return expr.args;
    default:
      return [];
  }
};

/** Visits the expression and everything in it, outermost first, left to right. */
export const visitAll = (root: Expr, visit: (expr: Expr) => void): void => {
  const open = [root];
  for (let expr = open.pop(); expr !== undefined; expr = open.pop()) {
    visit(expr);
    open.push(...operandsOf(expr).toReversed());
  }
};
