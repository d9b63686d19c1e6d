/**
 * What is not known about one kind of request: its context, the entities, who is in whom. Everything
 * is declared when it is first looked at, and remembered, so that a model can be read back.
 */
import { type ActionDefinition, type Schema, type SchemaType, uidKey } from '../cedar/index.ts';
import { createScript, equal, integer, type Script, type Sort, type Term } from './smt.ts';
import { type EntitySymbol, scalarType, type Symbolic, termsOf, typeKey } from './symbolic.ts';
import type { RequestEnvironment, Semantics } from './types.ts';

/** Where a value stands: in the context, an attribute of an entity, or a tag. */
export type Owner =
  | { readonly kind: 'context' }
  | { readonly kind: 'attribute'; readonly entity: EntitySymbol }
  | { readonly kind: 'tag'; readonly entity: EntitySymbol; readonly key: Term };

/** Something that a model says, and where it belongs. */
export type Observation = {
  readonly owner: Owner;
  readonly path: readonly string[];
  readonly type: SchemaType;
} & (
  | { readonly what: 'present'; readonly term: Term }
  | { readonly what: 'value'; readonly value: Symbolic }
  | { readonly what: 'member'; readonly element: Symbolic; readonly term: Term }
);

/** A property of all elements of a set. */
export type ForAll = {
  readonly holds: Term;
  readonly element: SchemaType;
  readonly ifMember: (value: Symbolic) => Term;
};

export type World = {
  readonly schema: Schema;
  readonly action: ActionDefinition;
  readonly environment: RequestEnvironment;
  readonly semantics: Semantics;
  readonly script: Script;
  readonly principal: EntitySymbol;
  readonly resource: EntitySymbol;
  /** Ids that policies name, per entity type; their position is their number. */
  readonly ids: Map<string, string[]>;
  readonly observations: Map<string, Observation>;
  /** Entities by type, by term. */
  readonly entities: Map<string, Map<Term, EntitySymbol>>;
  /** Values that may be elements of sets, by type, by terms. */
  readonly elements: Map<string, Map<string, Symbolic>>;
  /** Pairs of types whose hierarchy is looked at. */
  readonly hierarchy: Map<string, { readonly lower: string; readonly upper: string }>;
  readonly universals: ForAll[];
  /** That each address is that of one host: what to try when a range turns out to be none. */
  readonly hosts: Term[];
};

/** Remembers an entity whose place in the hierarchy and whose existence may matter. */
export const noteEntity = (world: World, value: EntitySymbol): EntitySymbol => {
  const known = world.entities.get(value.type) ?? new Map<Term, EntitySymbol>();
  world.entities.set(value.type, known);
  const before = known.get(value.term);
  if (before !== undefined) return before;
  known.set(value.term, value);
  return value;
};

/** Remembers a value that is sought in sets. */
export const noteElement = (world: World, value: Symbolic): void => {
  const type = scalarType(value);
  if (type === undefined) return;
  const key = typeKey(type);
  const known = world.elements.get(key) ?? new Map<string, Symbolic>();
  world.elements.set(key, known);
  known.set(termsOf(value).join(' '), value);
};

/** The entity that a policy names. */
export const namedEntity = (world: World, type: string, id: string): EntitySymbol => {
  const fixed = world.schema.entityTypes.get(type)?.ids ?? [];
  const ids = world.ids.get(type) ?? [...fixed];
  world.ids.set(type, ids);
  if (!ids.includes(id)) ids.push(id);
  return noteEntity(world, { kind: 'entity', type, term: integer(ids.indexOf(id)) });
};

/** An entity that is not named: those of enumerated types are among the declared ones. */
export const someEntity = (world: World, type: string, term: Term): EntitySymbol => {
  const before = world.entities.get(type)?.get(term);
  if (before !== undefined) return before;
  const ids = world.schema.entityTypes.get(type)?.ids;
  const bound = ids === undefined ? '' : ` (< ${term} ${ids.length})`;
  world.script.assert(`(and (<= 0 ${term})${bound})`);
  return noteEntity(world, { kind: 'entity', type, term });
};

/** Whether an entity is in the store. */
export const existsTerm = (world: World, { type, term }: EntitySymbol): Term => {
  if (!world.schema.entityTypes.has(type)) return 'false';
  if (world.semantics.entitiesExist === true) return 'true';
  return `(${world.script.symbol(`exists ${type}`, ['Int'], 'Bool')} ${term})`;
};

/** Who is strictly above whom; to be asked only where the schema allows it. */
export const aboveTerm = (world: World, lower: EntitySymbol, upper: EntitySymbol): Term => {
  const key = `above ${lower.type} ${upper.type}`;
  world.hierarchy.set(key, { lower: lower.type, upper: upper.type });
  return `(${world.script.symbol(key, ['Int', 'Int'], 'Bool')} ${lower.term} ${upper.term})`;
};

/** Whether entities of one type can be strictly below those of another. */
export const canBeBelow = (schema: Schema, lower: string, upper: string): boolean =>
  schema.entityTypes.get(lower)?.ancestors.has(upper) ?? false;

export const sortOf = (type: SchemaType): Sort => {
  if (type.kind === 'boolean') return 'Bool';
  return type.kind === 'string' ? 'String' : 'Int';
};

const entityConstant = (script: Script, name: string, type: string): EntitySymbol => ({
  kind: 'entity',
  type,
  term: script.symbol(name, [], 'Int'),
});

/** Opens one kind of request. */
export const createWorld = (
  schema: Schema,
  environment: RequestEnvironment,
  semantics: Semantics,
): World | undefined => {
  const action = schema.actions.get(uidKey(environment.action));
  if (action === undefined) return undefined;
  const script = createScript();
  const principal = entityConstant(script, 'principal', environment.principal);
  const resource = entityConstant(script, 'resource', environment.resource);
  const world: World = {
    schema,
    action,
    environment,
    semantics,
    script,
    principal,
    resource,
    ids: new Map(),
    observations: new Map(),
    entities: new Map(),
    elements: new Map(),
    hierarchy: new Map(),
    universals: [],
    hosts: [],
  };
  someEntity(world, principal.type, principal.term);
  someEntity(world, resource.type, resource.term);
  return world;
};

/** Equality of scalars of one type. */
export const sameScalar = (left: Symbolic, right: Symbolic): Term => {
  const [mine, other] = [termsOf(left), termsOf(right)];
  const parts = mine.map((term, at) => equal(term, other[at] ?? term));
  if (parts.includes('false')) return 'false';
  const open = parts.filter((part) => part !== 'true');
  return open.length > 1 ? `(and ${open.join(' ')})` : (open[0] ?? 'true');
};
