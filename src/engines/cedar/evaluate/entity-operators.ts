/**
 * Operators that look at entities, as functions of values. `find` is how an entity becomes its
 * record: the request's own ones are at hand, others are looked up.
 */
import type { Expr } from '../ast.ts';
import { type EntityRecord, hasAncestor } from '../entities/hierarchy.ts';
import { formatEntity } from '../values/format.ts';
import { attributeOf } from '../values/record.ts';
import { type EntityValue, isFailure, type Outcome } from '../values/value.ts';
import { type Env, failAt, nameOf, wrongType } from './code.ts';
import type { BinaryNode } from './operators.ts';

export type FindRecord = (env: Env, entity: EntityValue) => EntityRecord | undefined;

/** The quickest way to the record of what an expression stands for. */
export const finderFor = (node: Expr): FindRecord => {
  const name = node.kind === 'variable' ? node.name : undefined;
  if (name === 'principal') return (env) => env.principalRecord;
  if (name === 'resource') return (env) => env.resourceRecord;
  if (name === 'action') return (env) => env.actionRecord;
  return (env, { type, id }) => env.entities.find(type, id);
};

export type EntityWorld = { readonly env: Env; readonly find: FindRecord };

/** True when the entity is the other one or below it. */
export const isWithin = (
  entity: EntityValue,
  above: EntityValue,
  { env, find }: EntityWorld,
): boolean => {
  if (entity === above || (entity.id === above.id && entity.type === above.type)) return true;
  const record = find(env, entity);
  return record !== undefined && hasAncestor(env.entities.closureOf(record), above);
};

type InNode = { readonly left: Expr; readonly right: Expr };

/** `in`: the right side is an entity, or a set with nothing but entities. */
export const isIn = (left: EntityValue, right: Outcome, at: EntityWorld & InNode): Outcome => {
  if (typeof right !== 'object' || (right.kind !== 'entity' && right.kind !== 'set'))
    return wrongType(right, '`in` needs an entity or a set of entities', at.right);
  if (right.kind === 'entity') return isWithin(left, right, at);
  let found = false;
  for (const element of right.elements) {
    if (typeof element !== 'object' || element.kind !== 'entity')
      return wrongType(element, '`in` needs a set of nothing but entities', at.right);
    found ||= isWithin(left, element, at);
  }
  return found;
};

/** `hasTag` and `getTag` on an entity and a tag name. */
export const readTag = (
  left: Outcome,
  right: Outcome,
  at: EntityWorld & { node: BinaryNode },
): Outcome => {
  const { node, env, find } = at;
  if (typeof left !== 'object' || left.kind !== 'entity')
    return wrongType(left, `\`${node.operator}\` needs an entity`, node.left);
  if (typeof right !== 'string')
    return wrongType(right, `\`${node.operator}\` needs the tag as a string`, node.right);
  const record = find(env, left);
  const tags = record?.tags;
  const tag = tags === undefined ? undefined : attributeOf(tags, right);
  if (node.operator === 'hasTag') return tag !== undefined;
  if (tag !== undefined) return tag;
  if (record === undefined)
    return failAt(node, 'entity', `the entity ${formatEntity(left)} does not exist`);
  return failAt(node, 'tag', `${formatEntity(left)} has no tag ${JSON.stringify(right)}`);
};

type GetNode = Extract<Expr, { kind: 'get' }>;

/** Why an attribute could not be read. */
export const missingAttribute = (value: Outcome, node: GetNode, world: EntityWorld): Outcome => {
  const key = `attribute \`${node.attribute}\``;
  if (isFailure(value)) return value;
  if (typeof value === 'object' && value.kind === 'entity') {
    const name = formatEntity(value);
    if (world.find(world.env, value) === undefined)
      return failAt(node, 'entity', `the entity ${name} does not exist, so it has no ${key}`);
    return failAt(node, 'attribute', `${name} has no ${key}`);
  }
  if (typeof value === 'object' && value.kind === 'record')
    return failAt(node, 'attribute', `${nameOf(node.operand) ?? 'the record'} has no ${key}`);
  return wrongType(value, `${key} is read of a record or an entity`, node.operand);
};
