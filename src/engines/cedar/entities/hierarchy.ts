/**
 * Who is above whom. Ancestors of an entity are computed when they are first asked for and stay
 * until an edge above somebody changes: a new user or a user with other teams invalidates nothing
 * but itself, a team with another parent team invalidates all.
 */
import type { RecordValue } from '../values/record.ts';
import type { EntityValue } from '../values/value.ts';

/** All ancestors of an entity, itself not included, as of one version of the hierarchy. */
export type Closure = {
  readonly version: number;
  readonly ancestors: readonly EntityValue[];
  /** Ids by type; made on the first search of a large closure. */
  members: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  /** What a policy store (the owner) remembers about the entity while this closure is valid. */
  profileOwner: object | undefined;
  profile: number;
};

/** An entity as the store holds it. It is a value too. Replaced as a whole when it changes. */
export type EntityRecord = EntityValue & {
  readonly attrs: RecordValue;
  readonly tags: RecordValue | undefined;
  readonly parents: readonly EntityValue[];
  closure: Closure | undefined;
};

type Find = (type: string, id: string) => EntityRecord | undefined;
/** An entity that is somebody's parent, existing or not. */
type Parent = EntityValue & { children: number };

export type Hierarchy = {
  /** The one reference per parent; edges are counted. */
  readonly link: (parents: readonly EntityValue[]) => readonly EntityValue[];
  readonly unlink: (parents: readonly EntityValue[]) => void;
  /** True when somebody has this entity as a parent. */
  readonly hasChildren: (entity: EntityValue) => boolean;
  /** To be called after edges above an entity with children changed. */
  readonly invalidate: () => void;
  readonly closureOf: (record: EntityRecord) => Closure;
  /** Every entity that is somebody's parent. */
  readonly parents: () => Iterable<EntityValue>;
};

const noAncestors: readonly EntityValue[] = Object.freeze([]);

const createParents = () => {
  const byType = new Map<string, Map<string, Parent>>();
  return {
    find: ({ type, id }: EntityValue): Parent | undefined => byType.get(type)?.get(id),
    add: ({ type, id }: EntityValue): Parent => {
      const ids = byType.get(type) ?? new Map<string, Parent>();
      byType.set(type, ids);
      const parent = ids.get(id) ?? { kind: 'entity', type, id, children: 0 };
      ids.set(id, parent);
      parent.children++;
      return parent;
    },
    drop: ({ type, id }: EntityValue): void => {
      const parent = byType.get(type)?.get(id);
      if (parent === undefined || --parent.children > 0) return;
      byType.get(type)?.delete(id);
    },
    all: function* (): Generator<EntityValue> {
      for (const ids of byType.values()) yield* ids.values();
    },
  };
};

const newClosure = (version: number, ancestors: readonly EntityValue[]): Closure => ({
  version,
  ancestors,
  members: undefined,
  profileOwner: undefined,
  profile: 0,
});

export const createHierarchy = (find: Find): Hierarchy => {
  const parents = createParents();
  let version = 0;

  /** Climbs breadth first; what a fresh closure already knows is not climbed again. */
  const climb = (record: EntityRecord): readonly EntityValue[] => {
    const found = new Set<EntityValue>(record.parents);
    for (const next of found) {
      const above = find(next.type, next.id);
      if (above === undefined) continue;
      const { closure } = above;
      const known = closure?.version === version ? closure.ancestors : above.parents;
      for (const ancestor of known) found.add(ancestor);
    }
    return [...found];
  };

  return {
    link: (entities) => {
      if (entities.length === 0) return noAncestors;
      return [...new Map(entities.map((each) => [`${each.type}"${each.id}`, each])).values()].map(
        parents.add,
      );
    },
    unlink: (entities) => {
      for (const entity of entities) parents.drop(entity);
    },
    hasChildren: (entity) => parents.find(entity) !== undefined,
    invalidate: () => {
      version++;
    },
    closureOf: (record) => {
      const known = record.closure;
      if (known !== undefined && known.version === version) return known;
      const ancestors = record.parents.length === 0 ? noAncestors : climb(record);
      const closure = newClosure(version, ancestors);
      record.closure = closure;
      return closure;
    },
    parents: () => parents.all(),
  };
};

const largestScanned = 16;

const membersOf = (closure: Closure): ReadonlyMap<string, ReadonlySet<string>> => {
  if (closure.members !== undefined) return closure.members;
  const members = new Map<string, Set<string>>();
  for (const { type, id } of closure.ancestors) {
    const ids = members.get(type) ?? new Set<string>();
    members.set(type, ids.add(id));
  }
  closure.members = members;
  return members;
};

/** True when the entity is among the ancestors. */
export const hasAncestor = (closure: Closure, { type, id }: EntityValue): boolean => {
  const { ancestors } = closure;
  if (ancestors.length > largestScanned) return membersOf(closure).get(type)?.has(id) ?? false;
  for (const ancestor of ancestors) if (ancestor.id === id && ancestor.type === type) return true;
  return false;
};
