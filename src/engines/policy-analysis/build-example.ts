/** From a model back to a request and entities in Cedar's JSON notation. */
import {
  type Attributes,
  type EntityUid,
  type SchemaType,
  formatDecimal,
  formatIp,
} from '../cedar/index.ts';
import type { Model, ModelValue } from './read-model.ts';
import type { Term } from './smt.ts';
import { type EntitySymbol, type Symbolic, termsOf } from './symbolic.ts';
import type { ExampleEntity } from './types.ts';
import { aboveTerm, existsTerm, type Observation, type Owner, type World } from './world.ts';

type Json = Record<string, unknown>;

/** All terms whose values an example is built of. */
export const termsToAsk = (world: World): readonly Term[] => {
  const terms = new Set<Term>();
  const isOpen = (term: Term): boolean => term !== 'true' && term !== 'false';
  for (const entities of world.entities.values())
    for (const entity of entities.values()) terms.add(entity.term).add(existsTerm(world, entity));
  for (const { lower, upper } of world.hierarchy.values())
    for (const low of world.entities.get(lower)?.values() ?? [])
      for (const high of world.entities.get(upper)?.values() ?? [])
        terms.add(aboveTerm(world, low, high));
  for (const observation of world.observations.values()) {
    if (observation.what !== 'value') terms.add(observation.term);
    if (observation.what === 'value')
      for (const term of termsOf(observation.value)) terms.add(term);
    if (observation.what === 'member')
      for (const term of termsOf(observation.element)) terms.add(term);
    if (observation.owner.kind === 'tag') terms.add(observation.owner.key);
  }
  return [...terms].filter(isOpen);
};

type Reading = { readonly world: World; readonly model: Model };

const valueOf = ({ model }: Reading, term: Term): ModelValue | undefined => {
  if (term === 'true' || term === 'false') return term === 'true';
  return model.get(term);
};

const numberOf = (reading: Reading, term: Term): bigint => {
  const value = valueOf(reading, term);
  return typeof value === 'bigint' ? value : 0n;
};

const uidOf = (reading: Reading, { type, term }: EntitySymbol): EntityUid => {
  const number = Number(numberOf(reading, term));
  const ids = reading.world.ids.get(type) ?? reading.world.schema.entityTypes.get(type)?.ids ?? [];
  const known = ids[number];
  if (known !== undefined) return { type, id: known };
  let id = `${type.toLowerCase().replaceAll('::', '-')}-${number}`;
  while (ids.includes(id)) id = `another-${id}`;
  return { type, id };
};

const extension = (fn: string, arg: string): Json => ({ __extn: { fn, arg } });

const ipJson = (reading: Reading, value: Symbolic & { kind: 'ipaddr' }): Json => {
  const version = valueOf(reading, value.v4) === true ? 4 : 6;
  const address = numberOf(reading, value.address);
  const prefix = Number(numberOf(reading, value.prefix));
  const ip = { kind: 'ipaddr' as const, version: version as 4 | 6, address, prefix };
  return extension('ip', formatIp({ ...ip, first: address, last: address }));
};

const datetimeJson = (ms: bigint): Json => ({
  __extn: {
    fn: 'offset',
    args: [extension('datetime', '1970-01-01'), extension('duration', `${ms}ms`)],
  },
});

/** A number where that is exact. */
const longJson = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

const jsonOf = (reading: Reading, value: Symbolic): unknown => {
  switch (value.kind) {
    case 'entity':
      return { __entity: uidOf(reading, value) };
    case 'boolean':
    case 'string':
      return valueOf(reading, value.term);
    case 'long':
      return longJson(numberOf(reading, value.term));
    case 'decimal':
      return extension(
        'decimal',
        formatDecimal({ kind: 'decimal', units: numberOf(reading, value.term) }),
      );
    case 'duration':
      return extension('duration', `${numberOf(reading, value.term)}ms`);
    case 'datetime':
      return datetimeJson(numberOf(reading, value.term));
    case 'ipaddr':
      return ipJson(reading, value);
    default:
      return undefined;
  }
};

/** Some value of a type, for what is required and was never looked at. */
const anyValue = (type: SchemaType): unknown => {
  switch (type.kind) {
    case 'boolean':
      return false;
    case 'long':
      return 0;
    case 'string':
      return '';
    case 'set':
      return [];
    case 'record':
      return withRequired({}, type.attributes);
    case 'entity':
      return { __entity: { type: type.name, id: 'any' } };
    default:
      return type.name === 'ipaddr'
        ? extension('ip', '0.0.0.0')
        : {
            decimal: extension('decimal', '0.0'),
            duration: extension('duration', '0ms'),
            datetime: extension('datetime', '1970-01-01'),
          }[type.name];
  }
};

/** Adds what is required, at every depth. */
const withRequired = (json: Json, attributes: Attributes): Json => {
  const complete: Json = { ...json };
  for (const [name, { type, required }] of attributes) {
    const inner = complete[name];
    if (inner === undefined && required) complete[name] = anyValue(type);
    else if (inner !== undefined && type.kind === 'record')
      complete[name] = withRequired(inner as Json, type.attributes);
  }
  return complete;
};

type Draft = { readonly uid: EntityUid; readonly attrs: Json; readonly tags: Json };
type Drafts = { readonly context: Json; readonly entities: Map<string, Draft> };

const keyOf = ({ type, id }: EntityUid): string => JSON.stringify([type, id]);

const draftOf = (drafts: Drafts, uid: EntityUid): Draft => {
  const known = drafts.entities.get(keyOf(uid)) ?? { uid, attrs: {}, tags: {} };
  drafts.entities.set(keyOf(uid), known);
  return known;
};

/** The object and the key in it where something belongs; undefined below what is not there. */
const placeOf = (
  reading: Reading,
  drafts: Drafts,
  { owner, path }: { readonly owner: Owner; readonly path: readonly string[] },
): { readonly in: Json; readonly key: string } => {
  const root =
    owner.kind === 'context'
      ? drafts.context
      : draftOf(drafts, uidOf(reading, owner.entity))[owner.kind === 'tag' ? 'tags' : 'attrs'];
  const steps =
    owner.kind === 'tag' ? [String(valueOf(reading, owner.key) ?? owner.key), ...path] : path;
  let inside = root;
  for (const step of steps.slice(0, -1)) inside = (inside[step] ??= {}) as Json;
  return { in: inside, key: steps.at(-1) ?? '' };
};

const emptyOf = (type: SchemaType): unknown =>
  type.kind === 'record' ? {} : type.kind === 'set' ? [] : undefined;

/** Values first, then what is absent is taken away again with all that is in it. */
const place = (reading: Reading, drafts: Drafts, observation: Observation): void => {
  const at = placeOf(reading, drafts, observation);
  if (observation.what === 'value') at.in[at.key] = jsonOf(reading, observation.value);
  else if (observation.what === 'member') {
    const set = (at.in[at.key] ??= []) as unknown[];
    if (valueOf(reading, observation.term) === true) set.push(jsonOf(reading, observation.element));
  } else if (valueOf(reading, observation.term) === true)
    at.in[at.key] ??= emptyOf(observation.type) ?? anyValue(observation.type);
};

const prune = (reading: Reading, drafts: Drafts, observation: Observation): void => {
  if (observation.what !== 'present' || valueOf(reading, observation.term) === true) return;
  const at = placeOf(reading, drafts, observation);
  delete at.in[at.key];
};

/** Steps from one type to another over direct parents, the shortest way. */
const pathBetween = (world: World, lower: string, upper: string): readonly string[] => {
  const cameFrom = new Map<string, string>();
  const queue = [lower];
  for (const type of queue)
    for (const parent of world.schema.entityTypes.get(type)?.memberOf ?? []) {
      if (cameFrom.has(parent)) continue;
      cameFrom.set(parent, type);
      queue.push(parent);
    }
  const path: string[] = [];
  for (let at = cameFrom.get(upper); at !== undefined && at !== lower; at = cameFrom.get(at))
    path.unshift(at);
  return path;
};

type Parents = Map<string, { readonly uid: EntityUid; readonly parents: Map<string, EntityUid> }>;

const link = (parents: Parents, lower: EntityUid, upper: EntityUid): void => {
  const known = parents.get(keyOf(lower)) ?? { uid: lower, parents: new Map() };
  parents.set(keyOf(lower), known);
  known.parents.set(keyOf(upper), upper);
};

type Edge = { readonly low: EntitySymbol; readonly high: EntitySymbol };

/** Pairs of which the model says that the second is above the first. */
const edgesOf = function* (reading: Reading): Generator<Edge> {
  const { world } = reading;
  for (const { lower, upper } of world.hierarchy.values())
    for (const low of world.entities.get(lower)?.values() ?? [])
      for (const high of world.entities.get(upper)?.values() ?? [])
        yield* valueOf(reading, aboveTerm(world, low, high)) === true ? [{ low, high }] : [];
};

/** Who is above whom; where types have no direct edge, somebody in between is made up. */
const parentsOf = (reading: Reading): Parents => {
  const parents: Parents = new Map();
  for (const { low, high } of edgesOf(reading)) {
    const top = uidOf(reading, high);
    let below = uidOf(reading, low);
    for (const type of pathBetween(reading.world, low.type, high.type)) {
      const middle = { type, id: `between-${below.id}-and-${top.id}` };
      link(parents, below, middle);
      below = middle;
    }
    link(parents, below, top);
  }
  return parents;
};

const entitiesOf = (reading: Reading, drafts: Drafts): readonly ExampleEntity[] => {
  const { world } = reading;
  const parents = parentsOf(reading);
  const existing = new Map([...parents].map(([key, { uid }]) => [key, uid]));
  for (const entities of world.entities.values())
    for (const entity of entities.values())
      if (valueOf(reading, existsTerm(world, entity)) === true) {
        const uid = uidOf(reading, entity);
        existing.set(keyOf(uid), uid);
      }
  return [...existing].flatMap(([key, uid]): ExampleEntity[] => {
    const definition = world.schema.entityTypes.get(uid.type);
    if (definition === undefined || definition.ids !== undefined) return [];
    const { attrs, tags } = draftOf(drafts, uid);
    const entity = {
      uid,
      attrs: withRequired(attrs, definition.attributes),
      parents: [...(parents.get(key)?.parents.values() ?? [])],
    };
    return [Object.keys(tags).length === 0 ? entity : { ...entity, tags }];
  });
};

/** What a model describes. */
export const buildExample = (world: World, model: Model) => {
  const reading = { world, model };
  const drafts: Drafts = { context: {}, entities: new Map() };
  const observations = [...world.observations.values()];
  for (const observation of observations) place(reading, drafts, observation);
  for (const observation of observations.toSorted((a, b) => b.path.length - a.path.length))
    prune(reading, drafts, observation);
  return {
    request: {
      principal: uidOf(reading, world.principal),
      action: world.action.uid,
      resource: uidOf(reading, world.resource),
      context: withRequired(drafts.context, world.action.context),
    },
    entities: entitiesOf(reading, drafts),
  };
};
