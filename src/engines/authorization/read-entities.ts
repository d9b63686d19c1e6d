/** Parses entities in Cedar's JSON notation, where a name may be `{type, id}` or `{__entity: …}`. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { isEntityType } from './entity-graph.ts';
import { authorizationErrors } from './errors.ts';
import type { Entity, EntityRef } from './types.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = (what: string): Refusal => refuse(authorizationErrors.E_ENTITIES_INVALID, what);

/** Parses an entity name. */
export const readEntityRef = (value: unknown): EntityRef | Refusal => {
  if (!isRecord(value)) return malformed('an entity name must be {type, id}');
  const { type, id } = isRecord(value.__entity) ? value.__entity : value;
  if (typeof type !== 'string' || !isEntityType(type))
    return malformed(`${JSON.stringify(type) ?? 'nothing'} is not an entity type`);
  if (typeof id !== 'string' || !id.isWellFormed())
    return malformed(`an entity of type ${type} has a malformed id`);
  return { type, id };
};

const readEntity = (value: unknown): Entity | Refusal => {
  if (!isRecord(value)) return malformed('an entity must be {uid, attrs, parents}');
  const uid = readEntityRef(value.uid);
  if (isRefusal(uid)) return uid;
  const { attrs = {}, parents = [], tags } = value;
  if (!isRecord(attrs)) return malformed(`attrs of ${uid.type} ${uid.id} must be an object`);
  if (!Array.isArray(parents)) return malformed(`parents of ${uid.type} ${uid.id} must be a list`);
  const refs: EntityRef[] = [];
  for (const parent of parents as unknown[]) {
    const ref = readEntityRef(parent);
    if (isRefusal(ref)) return ref;
    refs.push(ref);
  }
  const entity = { uid, attrs: attrs as Entity['attrs'], parents: refs };
  if (tags === undefined) return entity;
  if (!isRecord(tags)) return malformed(`tags of ${uid.type} ${uid.id} must be an object`);
  return { ...entity, tags: tags as Entity['attrs'] };
};

/** Parses a list of entities. Values of attributes are left to the evaluator. */
export const readEntities = (list: unknown): readonly Entity[] | Refusal => {
  if (!Array.isArray(list)) return malformed('entities must be a list');
  const entities: Entity[] = [];
  for (const item of list as unknown[]) {
    const entity = readEntity(item);
    if (isRefusal(entity)) return entity;
    entities.push(entity);
  }
  return entities;
};
