/**
 * The entity graph in memory: lookup, transitive ancestors (computed once, until a parent changes)
 * and the rule that it has no cycles.
 */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { authorizationErrors } from './errors.ts';
import type { Entity, EntityRef } from './types.ts';

/** What a decision needs to know about entities. */
export type EntitySource = {
  readonly get: (uid: EntityRef) => Entity | undefined;
  /** All transitive parents, the entity itself not included, by `entityKey`. */
  readonly ancestors: (uid: EntityRef) => ReadonlyMap<string, EntityRef>;
};

export type EntityGraph = EntitySource & {
  readonly size: () => number;
  readonly values: () => IterableIterator<Entity>;
  /** Why an entity cannot be put: it would be its own ancestor. */
  readonly problem: (entity: Entity) => Refusal | undefined;
  /** Creates or replaces; refused when `problem` finds one. */
  readonly put: (entity: Entity) => void | Refusal;
  /** True when it existed. */
  readonly remove: (uid: EntityRef) => boolean;
};

/** One string per entity; unambiguous since a type holds no quotation mark. */
export const entityKey = ({ type, id }: EntityRef): string => `${type}"${id}`;

/** How Cedar writes an entity: `User::"alice"`. */
export const formatEntity = ({ type, id }: EntityRef): string => `${type}::${JSON.stringify(id)}`;

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const reservedWords = new Set('true false if then else in is like has __cedar'.split(' '));
const maxTypeLength = 512;

/** True for a type name such as `User` or `Acme::Printer`. */
export const isEntityType = (type: string): boolean =>
  type.length <= maxTypeLength &&
  type.split('::').every((part) => identifier.test(part) && !reservedWords.has(part));

const noAncestors: ReadonlyMap<string, EntityRef> = new Map();

type Closures = {
  readonly of: EntitySource['ancestors'];
  readonly forget: () => void;
};

/** Transitive parents, remembered until told to forget. */
const createClosures = (entities: ReadonlyMap<string, Entity>): Closures => {
  const known = new Map<string, ReadonlyMap<string, EntityRef>>();
  const climb = (entity: Entity): ReadonlyMap<string, EntityRef> => {
    const found = new Map<string, EntityRef>();
    const open: EntityRef[] = [...entity.parents];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const key = entityKey(next);
      if (found.has(key)) continue;
      found.set(key, next);
      open.push(...(entities.get(key)?.parents ?? []));
    }
    return found;
  };
  return {
    of: (uid) => {
      const key = entityKey(uid);
      const entity = entities.get(key);
      if (entity === undefined || entity.parents.length === 0) return noAncestors;
      const found = known.get(key) ?? climb(entity);
      known.set(key, found);
      return found;
    },
    forget: () => known.clear(),
  };
};

/** Makes an empty graph. */
export const createEntityGraph = (): EntityGraph => {
  const entities = new Map<string, Entity>();
  const closures = createClosures(entities);

  const problem = (entity: Entity): Refusal | undefined => {
    const key = entityKey(entity.uid);
    const cyclic = entity.parents.find(
      (parent) => entityKey(parent) === key || closures.of(parent).has(key),
    );
    if (cyclic === undefined) return undefined;
    const what = `${formatEntity(entity.uid)} cannot have the parent ${formatEntity(cyclic)}`;
    return refuse(authorizationErrors.E_ENTITIES_INVALID, `${what}: it is its own ancestor`);
  };

  return {
    get: (uid) => entities.get(entityKey(uid)),
    ancestors: closures.of,
    size: () => entities.size,
    values: () => entities.values(),
    problem,
    put: (entity) => {
      const refusal = problem(entity);
      if (refusal !== undefined) return refusal;
      entities.set(entityKey(entity.uid), entity);
      closures.forget();
    },
    remove: (uid) => {
      closures.forget();
      return entities.delete(entityKey(uid));
    },
  };
};

const sameEntity = (left: Entity, right: Entity): boolean =>
  JSON.stringify(left, bigintText) === JSON.stringify(right, bigintText);
const bigintText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value;

/** A graph of these entities; refused when two differ under one name or when there is a cycle. */
export const graphOf = (entities: Iterable<Entity>): EntityGraph | Refusal => {
  const graph = createEntityGraph();
  for (const entity of entities) {
    const known = graph.get(entity.uid);
    if (known !== undefined && !sameEntity(known, entity))
      return refuse(
        authorizationErrors.E_ENTITIES_INVALID,
        `${formatEntity(entity.uid)} appears twice with different content`,
      );
    const refusal = graph.put(entity);
    if (refusal !== undefined) return refusal;
  }
  return graph;
};

/**
 * A source with attributes added to some entities for one question. What the source knows wins;
 * entities it does not know exist for this question with the added attributes alone.
 */
export const withAttributes = (
  source: EntitySource,
  added: ReadonlyMap<string, Entity['attrs']>,
): EntitySource => ({
  ancestors: source.ancestors,
  get: (uid) => {
    const known = source.get(uid);
    const attributes = added.get(entityKey(uid));
    if (attributes === undefined) return known;
    if (known === undefined) return { uid, attrs: attributes, parents: [] };
    return { ...known, attrs: { ...attributes, ...known.attrs } };
  },
});
