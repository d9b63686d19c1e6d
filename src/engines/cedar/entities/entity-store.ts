/**
 * Entities in memory, made for a million of them and for questions in between changes. Changes are
 * made in place and are complete when the call returns; since decisions are synchronous, none ever
 * sees half a change. A store belongs to one thread. What was handed out (records, ancestors) never
 * changes afterwards: a change replaces it.
 */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Schema } from '../schema/model.ts';
import { parseExactJson } from '../syntax/exact-json.ts';
import { equalValues } from '../values/equality.ts';
import { formatEntity } from '../values/format.ts';
import { createShapeTable, emptyRecord } from '../values/record.ts';
import { type EntityValue, entityValue } from '../values/value.ts';
import { climbsTo, findCycle } from './cycles.ts';
import { entityErrors } from './errors.ts';
import { type Closure, createHierarchy, type EntityRecord, type Hierarchy } from './hierarchy.ts';
import { type EntityContent, readEntity } from './read-entity.ts';
import type { Reader } from './read-value.ts';
import { createTypeNames } from './type-names.ts';

/** Names one entity. */
export type EntityName = { readonly type: string; readonly id: string };

export type EntityStore = {
  readonly size: () => number;
  readonly find: (type: string, id: string) => EntityRecord | undefined;
  /** Ancestors of a record of this store; remembered until somebody above changes. */
  readonly closureOf: (record: EntityRecord) => Closure;
  /** Creates or replaces one entity in Cedar's JSON notation. Refused whole, with nothing changed. */
  readonly put: (entity: unknown) => Refusal | undefined;
  /** True when it existed. Who has it as a parent keeps that. */
  readonly remove: (entity: EntityName) => boolean;
  /** All entities of a type, in the order they came. */
  readonly ofType: (type: string) => Iterable<EntityRecord>;
  readonly types: () => Iterable<string>;
  /** How values are read for this store. */
  readonly reader: Reader;
  /** The schema it was made with; its actions are in the store. */
  readonly schema: Schema | undefined;
};

export type EntityStoreOptions = {
  /** An array in Cedar's JSON notation, or its text (integers keep every digit). */
  readonly entities?: string | readonly unknown[];
  /** Makes the short forms readable and puts the actions and their groups into the store. */
  readonly schema?: Schema;
  /** Shares type names and record shapes with another store. */
  readonly reader?: Reader;
};

type Table = Map<string, Map<string, EntityRecord>>;
type Core = {
  readonly byType: Table;
  readonly hierarchy: Hierarchy;
  readonly reader: Reader;
  readonly find: EntityStore['find'];
};

const invalid = (what: string): Refusal => refuse(entityErrors.E_CEDAR_ENTITIES, what);

const createCore = (reader: Reader): Core => {
  const byType: Table = new Map();
  const find = (type: string, id: string): EntityRecord | undefined => byType.get(type)?.get(id);
  return { byType, hierarchy: createHierarchy(find), reader, find };
};

/** Puts an entity in its place. */
const insert = ({ byType, hierarchy }: Core, content: EntityContent): void => {
  const { type, id, attrs, tags } = content;
  const known = byType.get(type);
  const ids = known ?? new Map<string, EntityRecord>();
  if (known === undefined) byType.set(type, ids);
  const before = ids.get(id);
  const parents = hierarchy.link(content.parents);
  if (before !== undefined) hierarchy.unlink(before.parents);
  ids.set(id, { kind: 'entity', type, id, attrs, tags, parents, closure: undefined });
  const hasEdges = parents.length > 0 || (before?.parents.length ?? 0) > 0;
  if (hasEdges && hierarchy.hasChildren(content)) hierarchy.invalidate();
};

const cycleOf = (name: EntityName): Refusal =>
  invalid(`${formatEntity(name)} would be its own ancestor`);

const put = (core: Core, entity: unknown, schema: Schema | undefined): Refusal | undefined => {
  const content = readEntity(entity, core.reader, schema);
  if (isRefusal(content)) return content;
  const isSelf = ({ type, id }: EntityValue): boolean => type === content.type && id === content.id;
  if (content.parents.some(isSelf)) return cycleOf(content);
  if (core.hierarchy.hasChildren(content) && climbsTo(content, content.parents, core.find))
    return cycleOf(content);
  insert(core, content);
  return undefined;
};

const remove = ({ byType, hierarchy }: Core, name: EntityName): boolean => {
  const ids = byType.get(name.type);
  const before = ids?.get(name.id);
  if (ids === undefined || before === undefined) return false;
  ids.delete(name.id);
  if (ids.size === 0) byType.delete(name.type);
  hierarchy.unlink(before.parents);
  if (before.parents.length > 0 && hierarchy.hasChildren(before)) hierarchy.invalidate();
  return true;
};

const sameParents = (left: readonly EntityValue[], right: readonly EntityValue[]): boolean => {
  const keys = (parents: readonly EntityValue[]): string =>
    [...new Set(parents.map(formatEntity))].sort().join();
  return keys(left) === keys(right);
};

const sameContent = (record: EntityRecord, content: EntityContent): boolean =>
  equalValues(record.attrs, content.attrs) &&
  equalValues(record.tags ?? emptyRecord, content.tags ?? emptyRecord) &&
  sameParents(record.parents, content.parents);

/** Reads all, then looks for cycles once. */
const fill = (core: Core, list: readonly unknown[], schema?: Schema): Refusal | undefined => {
  for (let at = 0; at < list.length; at++) {
    const content = readEntity(list[at], core.reader, schema);
    if (isRefusal(content)) return invalid(`entity ${at}: ${content.detail}`);
    const known = core.find(content.type, content.id);
    if (known === undefined) insert(core, content);
    else if (!sameContent(known, content))
      return invalid(`${formatEntity(content)} appears twice with different content`);
  }
  const cyclic = findCycle(core.hierarchy.parents(), core.find);
  return cyclic === undefined ? undefined : cycleOf(cyclic);
};

/** Actions of the schema are entities, unless the list says otherwise. */
const addActions = (core: Core, schema: Schema): void => {
  for (const { uid, memberOf } of schema.actions.values()) {
    if (core.find(uid.type, uid.id) !== undefined) continue;
    const parents = memberOf.map(({ type, id }) => entityValue(type, id));
    insert(core, {
      ...entityValue(uid.type, uid.id),
      attrs: emptyRecord,
      tags: undefined,
      parents,
    });
  }
};

const countOf = (byType: Table): number => {
  let count = 0;
  for (const ids of byType.values()) count += ids.size;
  return count;
};

/**
 * Makes a store. Refused with E_CEDAR_ENTITIES when the list cannot be read, names an entity twice
 * with different content, or makes somebody their own ancestor.
 */
export const createEntityStore = (options: EntityStoreOptions = {}): EntityStore | Refusal => {
  const { entities = [], schema } = options;
  const parsed = typeof entities === 'string' ? parseExactJson(entities) : { value: entities };
  if ('code' in parsed) return invalid(parsed.message);
  if (!Array.isArray(parsed.value)) return invalid('entities are written as an array');
  const reader = options.reader ?? { shapes: createShapeTable(), types: createTypeNames() };
  const core = createCore(reader);
  const refusal = fill(core, parsed.value as readonly unknown[], schema);
  if (refusal !== undefined) return refusal;
  if (schema !== undefined) addActions(core, schema);
  const { byType, hierarchy, find } = core;
  return {
    size: () => countOf(byType),
    find,
    closureOf: hierarchy.closureOf,
    put: (entity) => put(core, entity, schema),
    remove: (name) => remove(core, name),
    ofType: (type) => byType.get(type)?.values() ?? [],
    types: () => byType.keys(),
    reader,
    schema,
  };
};

/** True for stores made by `createEntityStore`. */
export const isEntityStore = (value: unknown): value is EntityStore =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<EntityStore>).closureOf === 'function';
