/** Reads from a schema which actions are in which groups of actions, transitively. */
import { createEntityGraph, type EntitySource } from './entity-graph.ts';
import type { EntityRef } from './types.ts';

type JsonAction = {
  readonly appliesTo?: {
    readonly principalTypes?: readonly string[];
    readonly resourceTypes?: readonly string[];
  };
  readonly memberOf?: readonly { readonly id: string; readonly type?: string }[];
};
type JsonNamespace = { readonly actions?: Readonly<Record<string, JsonAction>> };

/** The actions of a schema as entities with parents. */
export const schemaActions = (json: Readonly<Record<string, unknown>>): EntitySource => {
  const graph = createEntityGraph();
  for (const [namespace, { actions }] of Object.entries(json as Record<string, JsonNamespace>)) {
    const actionType = namespace === '' ? 'Action' : `${namespace}::Action`;
    for (const [id, { memberOf = [] }] of Object.entries(actions ?? {})) {
      const parents = memberOf.map(
        (group): EntityRef => ({ type: group.type ?? actionType, id: group.id }),
      );
      graph.put({ uid: { type: actionType, id }, attrs: {}, parents });
    }
  }
  return graph;
};

/** An action and the types it can be asked for with. */
export type ActionApplication = {
  readonly id: string;
  readonly principals: readonly string[];
  readonly resources: readonly string[];
};

/** The actions of the namespace that questions use, ordered by id; groups apply to nothing. */
export const actionApplications = (
  json: Readonly<Record<string, unknown>>,
): readonly ActionApplication[] => {
  const { actions = {} } = (json as Record<string, JsonNamespace | undefined>)[''] ?? {};
  return Object.entries(actions)
    .map(([id, { appliesTo }]) => ({
      id,
      principals: appliesTo?.principalTypes ?? [],
      resources: appliesTo?.resourceTypes ?? [],
    }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
};

/** `entities` with the ancestors that the schema gives to actions. */
export const withActions = (entities: EntitySource, actions: EntitySource): EntitySource => ({
  get: entities.get,
  ancestors: (uid) => {
    const own = entities.ancestors(uid);
    const fromSchema = actions.ancestors(uid);
    if (fromSchema.size === 0) return own;
    return own.size === 0 ? fromSchema : new Map([...own, ...fromSchema]);
  },
});
