/**
 * Expressions to closures. Everything that does not depend on the request is computed here once:
 * literals, sets and records of them, extension values with their parsing and its failures.
 */
import type { Expr } from '../ast.ts';
import { extensionFunctions } from '../values/extensions.ts';
import { toLong } from '../values/long.ts';
import { recordOf } from '../values/record.ts';
import { entityValue, isFailure, type Outcome, setValue, type Value } from '../values/value.ts';
import { getCode, hasCode, inCode, isCode, likeCode, tagCode } from './access.ts';
import { type Code, failAt, locateFailure } from './code.ts';
import { createStructureIds, type StructureIds } from './structure.ts';
import { andCode, ifCode, notCode, orCode } from './logic.ts';
import {
  type BinaryNode,
  isEmptySet,
  negate,
  type Operation,
  operations,
  type PlainOperator,
} from './operators.ts';

type Node<Kind extends Expr['kind']> = Extract<Expr, { kind: Kind }>;

const constant =
  (outcome: Outcome): Code =>
  () =>
    outcome;

/** A unary operation on values; failures pass. */
const unaryCode =
  (operand: Code, run: (value: Value, node: Expr) => Outcome, node: Expr): Code =>
  (env) => {
    const value = operand(env);
    return isFailure(value) ? value : run(value, node);
  };

/** Applies an operation to what both sides came to; the first failure passes. */
const applied = (run: Operation, node: BinaryNode) => {
  return (first: Outcome, second: Outcome): Outcome => {
    if (isFailure(first)) return first;
    return isFailure(second) ? second : run(first, second, node);
  };
};

const plainCode = (
  left: Code,
  right: Code,
  node: BinaryNode & { operator: PlainOperator },
): Code => {
  const apply = applied(operations[node.operator], node);
  return (env) => apply(left(env), right(env));
};

/** Those that are asked most often, without a detour for primitives. */
const equalCode = (left: Code, right: Code, node: BinaryNode & { operator: '==' | '!=' }): Code => {
  const apply = applied(operations[node.operator], node);
  const wanted = node.operator === '==';
  return (env) => {
    const first = left(env);
    const second = right(env);
    return typeof first !== 'object' && typeof second !== 'object'
      ? (first === second) === wanted
      : apply(first, second);
  };
};

type Order = '<' | '<=' | '>' | '>=';
const numberOrder: Readonly<Record<Order, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const orderCode = (left: Code, right: Code, node: BinaryNode & { operator: Order }): Code => {
  const apply = applied(operations[node.operator], node);
  const compare = numberOrder[node.operator];
  return (env) => {
    const first = left(env);
    const second = right(env);
    return typeof first === 'number' && typeof second === 'number'
      ? compare(first, second)
      : apply(first, second);
  };
};

const binaryCode = (share: Sharing | undefined, node: BinaryNode): Code => {
  const left = compileIn(share, node.left);
  const right = compileIn(share, node.right);
  const { operator } = node;
  switch (operator) {
    case 'in':
      return inCode(left, right, node);
    case 'getTag':
    case 'hasTag':
      return tagCode(left, right, node);
    case '==':
    case '!=':
      return equalCode(left, right, { ...node, operator });
    case '<':
    case '<=':
    case '>':
    case '>=':
      return orderCode(left, right, { ...node, operator });
    default:
      return plainCode(left, right, { ...node, operator });
  }
};

/** Calls with the values of all parts, or passes the first failure on. */
const gather =
  (parts: readonly Code[], make: (values: readonly Value[]) => Outcome): Code =>
  (env) => {
    const values: Value[] = [];
    for (const part of parts) {
      const value = part(env);
      if (isFailure(value)) return value;
      values.push(value);
    }
    return make(values);
  };

/** Parts and what becomes of their values: sets, records and calls are alike in this. */
type Compound = {
  readonly parts: readonly Expr[];
  readonly make: (values: readonly Value[]) => Outcome;
};

const callOf = (node: Node<'call'>): Compound['make'] => {
  const known = extensionFunctions.get(node.name);
  if (known === undefined) {
    const message = `there is no extension function \`${node.name}\``;
    return () => failAt(node, 'unknown', message);
  }
  return (values) => locateFailure(known.call(values), node);
};

/** What sets, records and calls are made of. */
export const compoundOf = (node: Node<'set' | 'record' | 'call'>): Compound => {
  if (node.kind === 'set') return { parts: node.elements, make: setValue };
  if (node.kind === 'call') return { parts: node.args, make: callOf(node) };
  const keys = node.entries.map(({ key }) => key);
  const shape = recordOf(keys.map((key) => [key, false])).shape;
  const make: Compound['make'] = (values) => ({ kind: 'record', shape, values });
  return { parts: node.entries.map(({ value }) => value), make };
};

/** What has been compiled, by structure. */
export type Sharing = {
  readonly idOf: StructureIds;
  readonly codes: Map<number, Compiled>;
};

export const createSharing = (): Sharing => ({ idOf: createStructureIds(), codes: new Map() });

/** A code, and its value when that is always the same. */
type Compiled = { readonly code: Code; readonly value?: Value };

const fixed = (outcome: Outcome): Compiled => {
  const code = constant(outcome);
  return isFailure(outcome) ? { code } : { code, value: outcome };
};

const compileCompound = (
  share: Sharing | undefined,
  node: Node<'set' | 'record' | 'call'>,
): Compiled => {
  const { parts, make } = compoundOf(node);
  const compiled = parts.map((part) => compile(share, part));
  const values = compiled.map(({ value }) => value);
  if (values.every((value) => value !== undefined)) return fixed(make(values));
  const codes = compiled.map(({ code }) => code);
  return { code: gather(codes, make) };
};

const variableCode = ({ name }: Node<'variable'>): Code => {
  switch (name) {
    case 'principal':
      return (env) => env.principal;
    case 'action':
      return (env) => env.action;
    case 'resource':
      return (env) => env.resource;
    case 'context':
      return (env) => env.context;
  }
};

type Literal = Node<'bool' | 'string' | 'long' | 'entity' | 'set' | 'record' | 'call'>;

const codeOf = (share: Sharing | undefined, node: Exclude<Expr, Literal>): Code => {
  switch (node.kind) {
    case 'variable':
      return variableCode(node);
    case 'slot':
      return constant(failAt(node, 'unknown', `the slot ${node.slot} is not linked`));
    case 'and':
      return andCode(compileIn(share, node.left), compileIn(share, node.right), node);
    case 'or':
      return orCode(compileIn(share, node.left), compileIn(share, node.right), node);
    case 'not':
      return notCode(compileIn(share, node.operand), node.operand);
    case 'if': {
      const condition = compileIn(share, node.condition);
      const then = compileIn(share, node.then);
      const otherwise = compileIn(share, node.otherwise);
      return ifCode({ condition, then, otherwise }, node.condition);
    }
    case 'negate':
      return unaryCode(compileIn(share, node.operand), negate, node);
    case 'isEmpty':
      return unaryCode(compileIn(share, node.operand), isEmptySet, node.operand);
    case 'binary':
      return binaryCode(share, node);
    case 'like':
      return likeCode(compileIn(share, node.operand), node);
    case 'is':
      return isCode(compileIn(share, node.operand), node.in && compileIn(share, node.in), node);
    case 'has':
      return hasCode(compileIn(share, node.operand), node);
    case 'get':
      return getCode(compileIn(share, node.operand), node);
  }
};

const compileNew = (share: Sharing | undefined, node: Expr): Compiled => {
  switch (node.kind) {
    case 'bool':
    case 'string':
      return fixed(node.value);
    case 'long':
      return fixed(toLong(node.value) ?? failAt(node, 'overflow', `${node.value} is no Long`));
    case 'entity':
      return fixed(entityValue(node.uid.type, node.uid.id));
    case 'set':
    case 'record':
    case 'call':
      return compileCompound(share, node);
    default:
      return { code: codeOf(share, node) };
  }
};

const compile = (share: Sharing | undefined, node: Expr): Compiled => {
  if (share === undefined) return compileNew(undefined, node);
  const id = share.idOf(node);
  const known = share.codes.get(id) ?? compileNew(share, node);
  share.codes.set(id, known);
  return known;
};

const compileIn = (share: Sharing | undefined, node: Expr): Code => compile(share, node).code;

/**
 * Compiles an expression. Depth is bounded by the readers of policies. With `share`, expressions that
 * read the same become one closure, so that a large set of alike policies stays in the processor's
 * cache; failures then carry the place of whichever came first.
 */
export const compileExpression = (node: Expr, share?: Sharing): Code => compile(share, node).code;
