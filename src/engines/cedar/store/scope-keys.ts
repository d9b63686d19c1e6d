/**
 * Scope constraints as small integers. Each different constraint of a policy set has a key; the keys
 * that hold for an entity are found by its name, its type and its ancestors, and do not depend on how
 * many policies there are.
 */
import type { ActionConstraint, EntityUid, ScopeConstraint } from '../ast.ts';
import type { EntityValue } from '../values/value.ts';

/** The key of the constraint that always holds. */
export const anyKey = 0;

/** Keys of constraints that name one entity. */
type Named = {
  equal?: number;
  below?: number;
  /** `is T in e`, by T. */
  readonly typedBelow: Map<string, number>;
  /** Lists of actions that the entity is in. */
  readonly lists: number[];
};

export type ScopeKeys = {
  /** The key of a constraint; undefined for one that never holds (a slot without a value). */
  readonly keyOf: (constraint: ScopeConstraint) => number | undefined;
  readonly keyOfAction: (constraint: ActionConstraint) => number;
  /** The keys of all constraints that hold for an entity with these ancestors. */
  readonly matching: (entity: EntityValue, ancestors: readonly EntityValue[]) => readonly number[];
};

const createNames = () => {
  const byType = new Map<string, Map<string, Named>>();
  return {
    find: (type: string, id: string): Named | undefined => byType.get(type)?.get(id),
    make: ({ type, id }: EntityUid): Named => {
      const ids = byType.get(type) ?? new Map<string, Named>();
      byType.set(type, ids);
      const named = ids.get(id) ?? { typedBelow: new Map<string, number>(), lists: [] };
      ids.set(id, named);
      return named;
    },
  };
};

type Numbering = {
  readonly names: ReturnType<typeof createNames>;
  readonly types: Map<string, number>;
  readonly lists: Map<string, number>;
  readonly next: () => number;
};

const keyIn = (map: Map<string, number>, name: string, next: () => number): number => {
  const key = map.get(name) ?? next();
  map.set(name, key);
  return key;
};

const isKey = (
  { names, types, next }: Numbering,
  constraint: Extract<ScopeConstraint, { kind: 'is' }>,
): number | undefined => {
  const { entityType } = constraint;
  if (constraint.in === undefined) return keyIn(types, entityType, next);
  if ('slot' in constraint.in) return undefined;
  return keyIn(names.make(constraint.in).typedBelow, entityType, next);
};

const keyOf = (numbering: Numbering, constraint: ScopeConstraint): number | undefined => {
  if (constraint.kind === 'any') return anyKey;
  if (constraint.kind === 'is') return isKey(numbering, constraint);
  if ('slot' in constraint.entity) return undefined;
  const named = numbering.names.make(constraint.entity);
  if (constraint.kind === '==') {
    named.equal ??= numbering.next();
    return named.equal;
  }
  named.below ??= numbering.next();
  return named.below;
};

const keyOfAction = (numbering: Numbering, constraint: ActionConstraint): number => {
  if (constraint.kind !== 'in') return keyOf(numbering, constraint) ?? anyKey;
  const [only] = constraint.entities;
  if (constraint.entities.length === 1 && only !== undefined)
    return keyOf(numbering, { kind: 'in', entity: only }) ?? anyKey;
  const text = constraint.entities.map(({ type, id }) => JSON.stringify([type, id])).join();
  const known = numbering.lists.get(text);
  if (known !== undefined) return known;
  const key = keyIn(numbering.lists, text, numbering.next);
  for (const entity of constraint.entities) numbering.names.make(entity).lists.push(key);
  return key;
};

const matching = (
  { names, types }: Numbering,
  entity: EntityValue,
  ancestors: readonly EntityValue[],
): readonly number[] => {
  const keys = new Set([anyKey]);
  const add = (key: number | undefined): void => {
    if (key !== undefined) keys.add(key);
  };
  const addBelow = (named: Named | undefined): void => {
    add(named?.below);
    add(named?.typedBelow.get(entity.type));
    named?.lists.forEach(add);
  };
  add(types.get(entity.type));
  const self = names.find(entity.type, entity.id);
  add(self?.equal);
  addBelow(self);
  for (const { type, id } of ancestors) addBelow(names.find(type, id));
  return [...keys];
};

export const createScopeKeys = (): ScopeKeys => {
  let last = anyKey;
  const numbering: Numbering = {
    names: createNames(),
    types: new Map(),
    lists: new Map(),
    next: () => ++last,
  };
  return {
    keyOf: (constraint) => keyOf(numbering, constraint),
    keyOfAction: (constraint) => keyOfAction(numbering, constraint),
    matching: (entity, ancestors) => matching(numbering, entity, ancestors),
  };
};
