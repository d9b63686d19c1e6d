/** One policy or template in JSON (the EST form). */
import type {
  ActionConstraint,
  Condition,
  EntityUid,
  PolicyNode,
  ScopeConstraint,
  ScopeTarget,
  Slot,
} from '../ast.ts';
import { excerpt } from './cursor.ts';
import {
  asArray,
  asObject,
  asText,
  failJson,
  type JsonCursor,
  type JsonObject,
  member,
  onlyMembers,
  within,
} from './json-cursor.ts';
import { readJsonExpr } from './json-expression.ts';
import { asTypeName, readUid } from './json-values.ts';
import { isActionType, isWord } from './names.ts';

type Slotted = 'principal' | 'resource';

const readTarget = (cursor: JsonCursor, object: JsonObject, variable: Slotted): ScopeTarget => {
  if (Object.hasOwn(object, 'entity'))
    return within(cursor, 'entity', () => readUid(cursor, object['entity']));
  const slot: Slot = `?${variable}`;
  if (member(object, 'slot') === slot) return { slot };
  return failJson(cursor, `expected {"entity": …} or {"slot": "${slot}"}`);
};

const readIs = (cursor: JsonCursor, object: JsonObject, variable: Slotted): ScopeConstraint => {
  onlyMembers(cursor, object, ['op', 'entity_type', 'in']);
  const entityType = asTypeName(cursor, member(object, 'entity_type'));
  const group = member(object, 'in') ?? undefined;
  if (group === undefined) return { kind: 'is', entityType };
  const target = within(cursor, 'in', () =>
    readTarget(cursor, asObject(cursor, group, 'in'), variable),
  );
  return { kind: 'is', entityType, in: target };
};

const readConstraint = (cursor: JsonCursor, value: unknown, variable: Slotted): ScopeConstraint => {
  const object = asObject(cursor, value, 'a scope constraint');
  const operator = member(object, 'op');
  if (operator === 'All' || operator === 'all') return { kind: 'any' };
  if (operator === 'is') return readIs(cursor, object, variable);
  if (operator === '==' || operator === 'in')
    return { kind: operator, entity: readTarget(cursor, object, variable) };
  return failJson(cursor, 'op must be "All", "==", "in" or "is"');
};

const readAction = (cursor: JsonCursor, value: unknown): EntityUid => {
  const uid = readUid(cursor, value);
  if (isActionType(uid.type)) return uid;
  return failJson(
    cursor,
    `\`${excerpt(uid.type)}\` is not the type of an action`,
    'actions have the type Action, in any namespace',
  );
};

const readActionConstraint = (cursor: JsonCursor, value: unknown): ActionConstraint => {
  const object = asObject(cursor, value, 'a scope constraint');
  const operator = member(object, 'op');
  if (operator === 'All' || operator === 'all') return { kind: 'any' };
  if (operator !== '==' && operator !== 'in')
    return failJson(cursor, 'op must be "All", "==" or "in"');
  const isSingle = operator === '==' || Object.hasOwn(object, 'entity');
  if (isSingle) {
    const entity = within(cursor, 'entity', () => readAction(cursor, member(object, 'entity')));
    return operator === '=='
      ? { kind: '==', entity }
      : { kind: 'in', entities: [entity], isList: false };
  }
  const list = asArray(cursor, member(object, 'entities'), 'entities');
  const entities = list.map((item, at) => within(cursor, at, () => readAction(cursor, item)));
  return { kind: 'in', entities, isList: true };
};

const readCondition = (cursor: JsonCursor, value: unknown): Condition => {
  const object = asObject(cursor, value, 'a condition');
  onlyMembers(cursor, object, ['kind', 'body']);
  const kind = member(object, 'kind');
  if (kind !== 'when' && kind !== 'unless')
    return failJson(cursor, 'kind must be "when" or "unless"');
  const body = within(cursor, 'body', () => readJsonExpr(cursor, member(object, 'body')));
  return { kind, body };
};

const readAnnotations = (cursor: JsonCursor, value: unknown): ReadonlyMap<string, string> => {
  const annotations = new Map<string, string>();
  if (value === undefined) return annotations;
  const object = asObject(cursor, value, 'annotations');
  for (const key of Object.keys(object)) {
    if (!isWord(key)) failJson(cursor, `\`${excerpt(key)}\` cannot name an annotation`);
    annotations.set(key, asText(cursor, object[key] ?? '', `the annotation ${key}`));
  }
  return annotations;
};

const members = ['effect', 'principal', 'action', 'resource', 'conditions', 'annotations'];

/** Reads a policy; gives up by SyntaxFailure. */
export const readJsonPolicy = (cursor: JsonCursor, value: unknown): PolicyNode => {
  const object = asObject(cursor, value, 'a policy');
  onlyMembers(cursor, object, members);
  const effect = member(object, 'effect');
  if (effect !== 'permit' && effect !== 'forbid')
    return failJson(cursor, 'effect must be "permit" or "forbid"');
  const field = <T>(key: string, read: (part: unknown) => T): T =>
    within(cursor, key, () => read(member(object, key)));
  return {
    effect,
    principal: field('principal', (part) => readConstraint(cursor, part, 'principal')),
    action: field('action', (part) => readActionConstraint(cursor, part)),
    resource: field('resource', (part) => readConstraint(cursor, part, 'resource')),
    conditions: field('conditions', (part) =>
      asArray(cursor, part, 'conditions').map((item, at) =>
        within(cursor, at, () => readCondition(cursor, item)),
      ),
    ),
    annotations: field('annotations', (part) => readAnnotations(cursor, part)),
  };
};
