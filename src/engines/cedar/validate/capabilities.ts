/**
 * What has been tested on the way to an expression: `e has a` allows `e.a`, `e.hasTag(k)` allows
 * `e.getTag(k)`. Expressions are the same when they read the same, wherever they stand.
 */
import type { Expr } from '../ast.ts';

export type Capabilities = ReadonlySet<string>;
export const noCapabilities: Capabilities = new Set();

export const union = (left: Capabilities, right: Capabilities): Capabilities =>
  left.size === 0 ? right : right.size === 0 ? left : left.union(right);

export const intersection = (left: Capabilities, right: Capabilities): Capabilities =>
  left.size === 0 || right.size === 0 ? noCapabilities : left.intersection(right);

/** Numbers for expressions, equal for equal ones. */
export type Numbering = {
  readonly byNode: WeakMap<Expr, number>;
  readonly byText: Map<string, number>;
};
export const createNumbering = (): Numbering => ({ byNode: new WeakMap(), byText: new Map() });

const textOf = (numbering: Numbering, expr: Expr): string => {
  const number = (inner: Expr): number => numberOf(numbering, inner);
  switch (expr.kind) {
    case 'bool':
    case 'long':
    case 'string':
      return `${expr.kind} ${String(expr.value)}`;
    case 'entity':
      return `entity ${JSON.stringify([expr.uid.type, expr.uid.id])}`;
    case 'variable':
      return `variable ${expr.name}`;
    case 'slot':
      return `slot ${expr.slot}`;
    case 'if':
      return `if ${number(expr.condition)} ${number(expr.then)} ${number(expr.otherwise)}`;
    case 'and':
    case 'or':
      return `${expr.kind} ${number(expr.left)} ${number(expr.right)}`;
    case 'not':
    case 'negate':
    case 'isEmpty':
      return `${expr.kind} ${number(expr.operand)}`;
    case 'binary':
      return `${expr.operator} ${number(expr.left)} ${number(expr.right)}`;
    case 'like':
      return `like ${number(expr.operand)} ${JSON.stringify(expr.pattern)}`;
    case 'is':
      return `is ${number(expr.operand)} ${expr.entityType} ${expr.in === undefined ? '' : number(expr.in)}`;
    case 'has':
      return `has ${number(expr.operand)} ${JSON.stringify(expr.path)}`;
    case 'get':
      return `get ${number(expr.operand)} ${JSON.stringify(expr.attribute)}`;
    case 'set':
      return `set ${expr.elements.map(number).join(' ')}`;
    case 'record':
      return `record ${expr.entries.map(({ key, value }) => `${JSON.stringify(key)} ${number(value)}`).join(' ')}`;
    case 'call':
      return `call ${expr.name} ${expr.args.map(number).join(' ')}`;
  }
};

const numberOf = (numbering: Numbering, expr: Expr): number => {
  const known = numbering.byNode.get(expr);
  if (known !== undefined) return known;
  const text = textOf(numbering, expr);
  const number = numbering.byText.get(text) ?? numbering.byText.size;
  numbering.byText.set(text, number);
  numbering.byNode.set(expr, number);
  return number;
};

/** That `expr` has this attribute. */
export const attributeCapability = (numbering: Numbering, expr: Expr, name: string): string =>
  `${numberOf(numbering, expr)}.${name}`;

/** That `expr` has the tag that `tag` names. */
export const tagCapability = (numbering: Numbering, expr: Expr, tag: Expr): string =>
  `${numberOf(numbering, expr)}#${numberOf(numbering, tag)}`;
