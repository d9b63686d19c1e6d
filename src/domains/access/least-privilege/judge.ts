/** Asks a policy set over certain entities, as access itself would. */
import {
  createEntityGraph,
  type Decision,
  type Entity,
  type EntityGraph,
  type EntityRef,
  entityKey,
  type EntitySource,
  graphOf,
  type PolicySet,
} from '../../../engines/authorization/index.ts';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import { createDecisionCache, type DecisionCache } from '../decision-cache.ts';
import { decideWith } from '../decide.ts';
import { refuseCandidate } from '../policies.ts';
import { compilePolicies, disposePolicies } from '../policy-state.ts';
import type { AccessRequest } from '../types.ts';
import type { PolicyFiles } from './types.ts';

export type Judge = {
  readonly set: PolicySet;
  readonly graph: EntityGraph;
  readonly decide: (request: AccessRequest) => Decision;
  /** As if an entity were not a member of one of its groups. */
  readonly decideWithout: (
    request: AccessRequest,
    membership: { readonly member: EntityRef; readonly group: EntityRef },
  ) => Decision;
  readonly dispose: () => void;
};

/** The graph as it would be without one edge; only questions about the member are answered anew. */
const withoutEdge = (
  graph: EntityGraph,
  { member, group }: { readonly member: EntityRef; readonly group: EntityRef },
): EntitySource => {
  const key = entityKey(member);
  const gone = entityKey(group);
  const parentsOf = (): readonly EntityRef[] =>
    (graph.get(member)?.parents ?? []).filter((parent) => entityKey(parent) !== gone);
  return {
    get: (uid) => {
      const entity = graph.get(uid);
      return entity && entityKey(uid) === key ? { ...entity, parents: parentsOf() } : entity;
    },
    ancestors: (uid) => {
      if (entityKey(uid) !== key) return graph.ancestors(uid);
      const parents = parentsOf();
      const above = parents.flatMap((parent) => [...graph.ancestors(parent)]);
      return new Map([...parents.map((each) => [entityKey(each), each] as const), ...above]);
    },
  };
};

/** Refused when the policies are invalid or the entities make no hierarchy. */
export const createJudge = (
  { files, schema }: PolicyFiles,
  entities: readonly Entity[],
): Judge | Refusal => {
  const state = compilePolicies({ source: 'directory', version: 0, files, schema });
  const { set } = state;
  if (set === undefined) {
    disposePolicies(state);
    return refuseCandidate(state.info.problems);
  }
  const graph = entities.length === 0 ? createEntityGraph() : graphOf(readAll(set, entities));
  if (isRefusal(graph)) return graph;
  const cache = createDecisionCache();
  const ask = (source: EntitySource, known: DecisionCache, request: AccessRequest): Decision =>
    decideWith({ set, source, cache: known }, request);
  return {
    set,
    graph,
    decide: (request) => ask(graph, cache, request),
    decideWithout: (request, edge) => ask(withoutEdge(graph, edge), createDecisionCache(), request),
    dispose: () => disposePolicies(state),
  };
};

/** Entities in explicit notation; those that do not fit the schema are taken as they are. */
const readAll = (set: PolicySet, entities: readonly Entity[]): readonly Entity[] =>
  entities.map((entity) => {
    const read = set.readEntity(entity);
    return isRefusal(read) ? entity : read;
  });
