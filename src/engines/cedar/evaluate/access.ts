/** Attributes, `has`, tags, `in`, `is`, `like`: compiled. */
import type { Expr } from '../ast.ts';
import { createMatcher } from '../values/like.ts';
import type { RecordValue, Shape } from '../values/record.ts';
import type { Outcome, Value } from '../values/value.ts';
import { type Code, type Env, wrongType } from './code.ts';
import {
  type FindRecord,
  finderFor,
  isIn,
  isWithin,
  missingAttribute,
  readTag,
} from './entity-operators.ts';
import type { BinaryNode } from './operators.ts';

/** Reads one attribute of records, remembering where it stood in the last shape. */
const createSlotReader = (key: string): ((record: RecordValue) => Value | undefined) => {
  let shape: Shape | undefined;
  let slot = -1;
  return (record) => {
    if (record.shape !== shape) {
      shape = record.shape;
      slot = shape.slots.get(key) ?? -1;
    }
    return slot < 0 ? undefined : record.values[slot];
  };
};

/** The record behind a record or an entity; undefined for entities that do not exist and others. */
const attributesOf = (value: Outcome, env: Env, find: FindRecord): RecordValue | undefined => {
  if (typeof value !== 'object') return undefined;
  if (value.kind === 'record') return value;
  return value.kind === 'entity' ? find(env, value)?.attrs : undefined;
};

export const getCode = (operand: Code, node: Extract<Expr, { kind: 'get' }>): Code => {
  const read = createSlotReader(node.attribute);
  const find = finderFor(node.operand);
  return (env) => {
    const value = operand(env);
    const attributes = attributesOf(value, env, find);
    const attribute = attributes === undefined ? undefined : read(attributes);
    return attribute ?? missingAttribute(value, node, { env, find });
  };
};

const isContainer = (value: Outcome): boolean =>
  typeof value === 'object' && (value.kind === 'record' || value.kind === 'entity');

/** `has a.b.c` is `has a && .a has b && .a.b has c`. */
export const hasCode = (operand: Code, node: Extract<Expr, { kind: 'has' }>): Code => {
  const steps = node.path.map(createSlotReader);
  const first = finderFor(node.operand);
  const later: FindRecord = (env, { type, id }) => env.entities.find(type, id);
  return (env) => {
    let value = operand(env);
    for (let at = 0; at < steps.length; at++) {
      const attributes = attributesOf(value, env, at === 0 ? first : later);
      if (attributes === undefined) {
        if (isContainer(value)) return false;
        return wrongType(value, '`has` needs a record or an entity', node.operand);
      }
      const next = steps[at]?.(attributes);
      if (next === undefined) return false;
      value = next;
    }
    return true;
  };
};

export const tagCode = (left: Code, right: Code, node: BinaryNode): Code => {
  const find = finderFor(node.left);
  return (env) => {
    const entity = left(env);
    const tag = right(env);
    return readTag(entity, tag, { node, env, find });
  };
};

type InNode = { readonly left: Expr; readonly right: Expr };

/** `in` of what the left side came to. */
const within = (right: Code, node: InNode): ((left: Outcome, env: Env) => Outcome) => {
  const find = finderFor(node.left);
  const { left: leftNode, right: rightNode } = node;
  return (entity, env) => {
    if (typeof entity !== 'object' || entity.kind !== 'entity')
      return wrongType(entity, '`in` needs an entity on its left', leftNode);
    const above = right(env);
    if (typeof above === 'object' && above.kind === 'entity')
      return isWithin(entity, above, { env, find });
    return isIn(entity, above, { env, find, left: leftNode, right: rightNode });
  };
};

export const inCode = (left: Code, right: Code, node: InNode): Code => {
  const isBelow = within(right, node);
  return (env) => isBelow(left(env), env);
};

type IsNode = Extract<Expr, { kind: 'is' }>;

/** `is T` and `is T in e`; who is no T is not looked for in e. */
export const isCode = (operand: Code, above: Code | undefined, node: IsNode): Code => {
  const { entityType } = node;
  const isBelow =
    above !== undefined && node.in !== undefined
      ? within(above, { left: node.operand, right: node.in })
      : () => true;
  return (env) => {
    const value = operand(env);
    if (typeof value !== 'object' || value.kind !== 'entity')
      return wrongType(value, '`is` needs an entity', node.operand);
    return value.type === entityType && isBelow(value, env);
  };
};

export const likeCode = (operand: Code, node: Extract<Expr, { kind: 'like' }>): Code => {
  const matches = createMatcher(node.pattern);
  return (env) => {
    const value = operand(env);
    return typeof value === 'string'
      ? matches(value)
      : wrongType(value, '`like` needs a string', node.operand);
  };
};
