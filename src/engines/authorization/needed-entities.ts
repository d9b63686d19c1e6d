/**
 * The entities the evaluator has to see for one question: those whose attributes or ancestors the
 * policies read, each with just these attributes. Every entity passed costs about 20 µs.
 * Ancestors are written out flat, so the ancestors' own entries are not needed.
 */
import { type EntitySource, entityKey } from './entity-graph.ts';
import type { CedarValue, Entity, EntityRef } from './types.ts';
import type { Place, Usage } from './usage.ts';
import { entityOfValue } from './values.ts';

const maxEntities = 5000;

type Wanted = {
  readonly entity: Entity;
  readonly attributes: Set<string>;
  climbs: boolean;
  everything: boolean;
};
type Search = {
  readonly source: EntitySource;
  readonly wanted: Map<string, Wanted>;
  overflow: boolean;
};

const childValue = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

const wantEntity = (search: Search, ref: EntityRef): Wanted | undefined => {
  const key = entityKey(ref);
  const known = search.wanted.get(key);
  if (known !== undefined) return known;
  const entity = search.source.get(ref) ?? ancestorsOnly(search.source, ref);
  if (entity === undefined) return undefined;
  if (search.wanted.size >= maxEntities) {
    search.overflow = true;
    return undefined;
  }
  const wanted = { entity, attributes: new Set<string>(), climbs: false, everything: false };
  search.wanted.set(key, wanted);
  return wanted;
};

/** An action of the schema is in no entity table, yet has ancestors. */
const ancestorsOnly = (source: EntitySource, ref: EntityRef): Entity | undefined =>
  source.ancestors(ref).size === 0 ? undefined : { uid: ref, attrs: {}, parents: [] };

/** Takes an entity with all it can reach. */
const takeAll = (search: Search, value: unknown): void => {
  const ref = entityOfValue(value);
  if (ref === undefined) {
    if (typeof value === 'object' && value !== null)
      for (const item of Object.values(value)) takeAll(search, item);
    return;
  }
  const wanted = wantEntity(search, ref);
  if (wanted === undefined || wanted.everything) return;
  wanted.everything = true;
  for (const item of Object.values(wanted.entity.attrs)) takeAll(search, item);
  for (const item of Object.values(wanted.entity.tags ?? {})) takeAll(search, item);
};

const takeEntity = (search: Search, place: Place, ref: EntityRef): void => {
  if (!place.climbs && place.attributes.size === 0) return;
  const wanted = wantEntity(search, ref);
  if (wanted === undefined) return;
  wanted.climbs ||= place.climbs;
  for (const [name, below] of place.attributes) {
    wanted.attributes.add(name);
    take(search, below, childValue(wanted.entity.attrs, name));
  }
};

/** Follows a place through a value to the entities on its way. */
const take = (search: Search, place: Place, value: unknown): void => {
  if (place.everything) takeAll(search, value);
  const ref = entityOfValue(value);
  if (ref !== undefined) takeEntity(search, place, ref);
  else for (const [name, below] of place.attributes) take(search, below, childValue(value, name));
};

const render = ({ entity, attributes, climbs, everything }: Wanted, search: Search): Entity => {
  const { uid } = entity;
  const parents =
    climbs || everything ? [...search.source.ancestors(uid).values()] : ([] as EntityRef[]);
  if (everything) return { ...entity, parents };
  const attrs: Record<string, CedarValue> = {};
  for (const name of attributes)
    if (Object.hasOwn(entity.attrs, name))
      Object.defineProperty(attrs, name, { value: entity.attrs[name], enumerable: true });
  return { uid, attrs, parents };
};

export type EntityQuestion = {
  readonly principal: EntityRef;
  readonly action: EntityRef;
  readonly resource: EntityRef;
  readonly context: unknown;
};

/**
 * The entities to pass, or undefined when there are too many. `scoped`: the evaluator tests scopes
 * too and needs the ancestors of all three.
 */
export const neededEntities = (
  usage: Usage,
  question: EntityQuestion,
  { source, scoped }: { readonly source: EntitySource; readonly scoped: boolean },
): readonly Entity[] | undefined => {
  const search: Search = { source, wanted: new Map(), overflow: false };
  const roots = ['principal', 'action', 'resource'] as const;
  for (const root of roots) {
    const ref = question[root];
    take(search, usage[root], { __entity: ref });
    if (!scoped) continue;
    const wanted = wantEntity(search, ref);
    if (wanted !== undefined) wanted.climbs = true;
  }
  take(search, usage.context, question.context);
  for (const { ref, place } of usage.literals.values()) take(search, place, { __entity: ref });
  if (search.overflow) return undefined;
  return [...search.wanted.values()].map((wanted) => render(wanted, search));
};
