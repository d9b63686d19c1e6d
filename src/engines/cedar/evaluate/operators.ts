/**
 * Operators on two values, as functions of values: the compiler and the partial evaluator share
 * them. Operands are values, never failures.
 */
import type { BinaryOperator, Expr } from '../ast.ts';
import { equalValues, setHas, setHasAll, setHasAny } from '../values/equality.ts';
import { addLongs, multiplyLongs, negateLong, subtractLongs } from '../values/long.ts';
import { isLong, type Long, type Outcome, type Value } from '../values/value.ts';
import { failAt, wrongType } from './code.ts';

/** Operators that need nothing but their operands (`in` and the tags need the entities). */
export type PlainOperator = Exclude<BinaryOperator, 'in' | 'getTag' | 'hasTag'>;
export type BinaryNode = Extract<Expr, { kind: 'binary' }>;
export type Operation = (left: Value, right: Value, node: BinaryNode) => Outcome;

const arithmetic =
  (run: (left: Long, right: Long) => Long | undefined, operator: '+' | '-' | '*'): Operation =>
  (left, right, node) => {
    const needs = `\`${operator}\` needs integers`;
    if (!isLong(left)) return wrongType(left, needs, node.left);
    if (!isLong(right)) return wrongType(right, needs, node.right);
    const result = run(left, right);
    if (result !== undefined) return result;
    return failAt(node, 'overflow', `${left} ${operator} ${right} does not fit in 64 bits`);
  };

type Comparable = { readonly order: Long; readonly type: 'long' | 'datetime' | 'duration' };
const comparable = (value: Value): Comparable | undefined => {
  if (isLong(value)) return { order: value, type: 'long' };
  if (typeof value !== 'object') return undefined;
  return value.kind === 'datetime' || value.kind === 'duration'
    ? { order: value.ms, type: value.kind }
    : undefined;
};

const comparison =
  (run: (left: Long, right: Long) => boolean, operator: '<' | '<=' | '>' | '>='): Operation =>
  (left, right, node) => {
    const first = comparable(left);
    if (first === undefined) {
      const needs = `\`${operator}\` needs integers, datetimes or durations`;
      return wrongType(left, needs, node.left);
    }
    const second = comparable(right);
    if (second?.type === first.type) return run(first.order, second.order);
    return wrongType(right, `\`${operator}\` after a ${first.type} needs another`, node.right);
  };

const contains: Operation = (left, right, node) =>
  typeof left === 'object' && left.kind === 'set'
    ? setHas(left, right)
    : wrongType(left, '`contains` needs a set', node.left);

const ofSets =
  (run: typeof setHasAll, operator: 'containsAll' | 'containsAny'): Operation =>
  (left, right, node) => {
    const needs = `\`${operator}\` needs two sets`;
    if (typeof left !== 'object' || left.kind !== 'set') return wrongType(left, needs, node.left);
    if (typeof right !== 'object' || right.kind !== 'set')
      return wrongType(right, needs, node.right);
    return run(left, right);
  };

export const operations: Readonly<Record<PlainOperator, Operation>> = {
  '==': equalValues,
  '!=': (left, right) => !equalValues(left, right),
  '<': comparison((left, right) => left < right, '<'),
  '<=': comparison((left, right) => left <= right, '<='),
  '>': comparison((left, right) => left > right, '>'),
  '>=': comparison((left, right) => left >= right, '>='),
  '+': arithmetic(addLongs, '+'),
  '-': arithmetic(subtractLongs, '-'),
  '*': arithmetic(multiplyLongs, '*'),
  contains,
  containsAll: ofSets(setHasAll, 'containsAll'),
  containsAny: ofSets(setHasAny, 'containsAny'),
};

/** Unary minus. */
export const negate = (value: Value, node: Expr): Outcome => {
  if (!isLong(value)) return wrongType(value, '`-` needs an integer', node);
  return negateLong(value) ?? failAt(node, 'overflow', `-(${value}) does not fit in 64 bits`);
};

export const isEmptySet = (value: Value, node: Expr): Outcome =>
  typeof value === 'object' && value.kind === 'set'
    ? value.elements.length === 0
    : wrongType(value, '`isEmpty` needs a set', node);
