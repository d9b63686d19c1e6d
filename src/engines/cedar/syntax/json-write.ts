/** Policies as JSON (the EST form), the same members the oracle writes. */
import type {
  ActionConstraint,
  Expr,
  PatternPart,
  PolicyNode,
  ScopeConstraint,
  ScopeTarget,
} from '../ast.ts';

/** A JSON value; integers beyond 2^53 are bigint. */
export type EstValue =
  | boolean
  | number
  | bigint
  | string
  | readonly EstValue[]
  | { readonly [key: string]: EstValue };
type EstObject = { readonly [key: string]: EstValue };

const longValue = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** Like the oracle: one literal for each character. */
const patternJson = (pattern: readonly PatternPart[]): readonly EstValue[] =>
  pattern.flatMap((part): EstValue[] =>
    part === 'wildcard' ? ['Wildcard'] : Array.from(part.literal, (char) => ({ Literal: char })),
  );

const recordJson = (
  entries: readonly { readonly key: string; readonly value: Expr }[],
): EstObject => Object.fromEntries(entries.map(({ key, value }) => [key, expressionToJson(value)]));

const hasPath = (path: readonly string[]): EstValue => (path.length === 1 ? (path[0] ?? '') : path);

const isJson = (expr: Extract<Expr, { kind: 'is' }>): EstObject => ({
  is: {
    left: expressionToJson(expr.operand),
    entity_type: expr.entityType,
    ...(expr.in === undefined ? {} : { in: expressionToJson(expr.in) }),
  },
});

const ifJson = (expr: Extract<Expr, { kind: 'if' }>): EstObject => ({
  'if-then-else': {
    if: expressionToJson(expr.condition),
    then: expressionToJson(expr.then),
    else: expressionToJson(expr.otherwise),
  },
});

const argument = (operand: Expr): EstObject => ({ arg: expressionToJson(operand) });
const sides = (left: Expr, right: Expr): EstObject => ({
  left: expressionToJson(left),
  right: expressionToJson(right),
});

/** One expression in the EST form. */
export const expressionToJson = (expr: Expr): EstObject => {
  switch (expr.kind) {
    case 'bool':
    case 'string':
      return { Value: expr.value };
    case 'long':
      return { Value: longValue(expr.value) };
    case 'entity':
      return { Value: { __entity: { type: expr.uid.type, id: expr.uid.id } } };
    case 'variable':
      return { Var: expr.name };
    case 'slot':
      return { Slot: expr.slot };
    case 'if':
      return ifJson(expr);
    case 'and':
      return { '&&': sides(expr.left, expr.right) };
    case 'or':
      return { '||': sides(expr.left, expr.right) };
    case 'binary':
      return { [expr.operator]: sides(expr.left, expr.right) };
    default:
      return memberJson(expr);
  }
};

type Rest = Exclude<
  Expr,
  {
    kind:
      | 'bool'
      | 'string'
      | 'long'
      | 'entity'
      | 'variable'
      | 'slot'
      | 'if'
      | 'and'
      | 'or'
      | 'binary';
  }
>;

const memberJson = (expr: Rest): EstObject => {
  switch (expr.kind) {
    case 'not':
      return { '!': argument(expr.operand) };
    case 'negate':
      return { neg: argument(expr.operand) };
    case 'isEmpty':
      return { isEmpty: argument(expr.operand) };
    case 'like':
      return {
        like: { left: expressionToJson(expr.operand), pattern: patternJson(expr.pattern) },
      };
    case 'is':
      return isJson(expr);
    case 'has':
      return { has: { left: expressionToJson(expr.operand), attr: hasPath(expr.path) } };
    case 'get':
      return { '.': { left: expressionToJson(expr.operand), attr: expr.attribute } };
    case 'set':
      return { Set: expr.elements.map(expressionToJson) };
    case 'record':
      return { Record: recordJson(expr.entries) };
    case 'call':
      return { [expr.name]: expr.args.map(expressionToJson) };
  }
};

const targetJson = (target: ScopeTarget): EstObject =>
  'slot' in target ? { slot: target.slot } : { entity: { type: target.type, id: target.id } };

const constraintJson = (constraint: ScopeConstraint): EstObject => {
  if (constraint.kind === 'any') return { op: 'All' };
  if (constraint.kind !== 'is') return { op: constraint.kind, ...targetJson(constraint.entity) };
  return {
    op: 'is',
    entity_type: constraint.entityType,
    ...(constraint.in === undefined ? {} : { in: targetJson(constraint.in) }),
  };
};

const actionJson = (constraint: ActionConstraint): EstObject => {
  if (constraint.kind === 'any') return { op: 'All' };
  if (constraint.kind === '==') return { op: '==', ...targetJson(constraint.entity) };
  const [only, second] = constraint.entities;
  // A list of one is written as the one, as the oracle does; it means the same.
  if (only !== undefined && second === undefined) return { op: 'in', ...targetJson(only) };
  return { op: 'in', entities: constraint.entities.map(({ type, id }) => ({ type, id })) };
};

/** A policy or template in the EST form. Annotations are left out when there are none. */
export const policyToJson = (node: PolicyNode): EstObject => ({
  effect: node.effect,
  principal: constraintJson(node.principal),
  action: actionJson(node.action),
  resource: constraintJson(node.resource),
  conditions: node.conditions.map(({ kind, body }) => ({ kind, body: expressionToJson(body) })),
  ...(node.annotations.size === 0 ? {} : { annotations: Object.fromEntries(node.annotations) }),
});

type RawJson = { readonly rawJSON: (text: string) => unknown };

/** The same as JSON text with every digit of every integer. */
export const policyToJsonText = (node: PolicyNode, indent = 0): string =>
  JSON.stringify(
    policyToJson(node),
    (_key, value: unknown) =>
      typeof value === 'bigint' ? (JSON as unknown as RawJson).rawJSON(value.toString()) : value,
    indent,
  );
