/** What can be said of an expression without evaluating it: that it cannot fail, that it gives a bool. */
import { extensionFunctions } from '../values/extensions.ts';
import type { BinaryOperator, Expr } from '../ast.ts';

const boolOperators: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>([
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'contains',
  'containsAll',
  'containsAny',
  'hasTag',
]);
const boolMethods: ReadonlySet<string> = new Set(
  [...extensionFunctions.keys()].filter((name) => /^(?:is|less|greater)/.test(name)),
);

/** True when the expression, if it does not fail, gives a bool. */
export const givesBool = (node: Expr): boolean => {
  switch (node.kind) {
    case 'bool':
    case 'and':
    case 'or':
    case 'not':
    case 'has':
    case 'is':
    case 'like':
    case 'isEmpty':
      return true;
    case 'binary':
      return boolOperators.has(node.operator);
    case 'call':
      return boolMethods.has(node.name);
    case 'if':
      return givesBool(node.then) && givesBool(node.otherwise);
    default:
      return false;
  }
};

/** `principal`, `action`, `resource`, an entity literal: certainly an entity. */
const isEntity = (node: Expr): boolean =>
  node.kind === 'entity' || (node.kind === 'variable' && node.name !== 'context');

const isEntitySet = (node: Expr): boolean =>
  node.kind === 'set' && node.elements.every(({ kind }) => kind === 'entity');

const areBools = (...nodes: readonly Expr[]): boolean =>
  nodes.every((node) => givesBool(node) && cannotFail(node));

/** True when the expression has a value whatever the request is. Says less than it could. */
export const cannotFail = (node: Expr): boolean => {
  switch (node.kind) {
    case 'bool':
    case 'long':
    case 'string':
    case 'entity':
    case 'variable':
      return true;
    case 'and':
    case 'or':
      return areBools(node.left, node.right);
    case 'not':
      return areBools(node.operand);
    case 'is':
      return isEntity(node.operand) && (node.in === undefined || isEntity(node.in));
    case 'has':
      return node.path.length === 1 && (node.operand.kind === 'variable' || isEntity(node.operand));
    case 'binary':
      if (node.operator === '==' || node.operator === '!=')
        return cannotFail(node.left) && cannotFail(node.right);
      if (node.operator !== 'in') return false;
      return isEntity(node.left) && (isEntity(node.right) || isEntitySet(node.right));
    default:
      return false;
  }
};
