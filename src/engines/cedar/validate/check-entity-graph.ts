/** What only shows of entities together: actions as declared, no cycles, none twice. */
import type { EntityProblem, ReadEntity } from './check-entities.ts';
import { isActionType, type Schema, uidKey } from '../schema/model.ts';
import { reachable } from '../schema/resolve.ts';
import { conformanceCodes } from './conform.ts';
import { sameEntity } from './same-entity.ts';

type Graph = ReadonlyMap<string, ReadEntity>;

const problem = (entity: string, path: string, message: string): EntityProblem => ({
  code: conformanceCodes.graph,
  message,
  path,
  entity,
});

type Walk = { readonly graph: Graph; readonly done: Set<string>; readonly cycles: string[] };
type Step = { readonly key: string; readonly leave: boolean };

/** Goes up from one entity, depth first, without recursion. */
const climb = ({ graph, done, cycles }: Walk, start: string): void => {
  const path = new Set<string>();
  const open: Step[] = [{ key: start, leave: false }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const { key, leave } = step;
    if (leave) {
      path.delete(key);
      done.add(key);
    }
    if (path.has(key)) cycles.push(key);
    if (leave || done.has(key) || path.has(key)) continue;
    path.add(key);
    open.push({ key, leave: true });
    for (const parent of graph.get(key)?.parents ?? [])
      open.push({ key: uidKey(parent), leave: false });
  }
};

/** Names of entities on a cycle, one for each cycle found. Linear. */
const findCycles = (graph: Graph): readonly string[] => {
  const walk: Walk = { graph, done: new Set(), cycles: [] };
  for (const start of graph.keys()) climb(walk, start);
  return walk.cycles;
};

const checkAction = (schema: Schema, graph: Graph, entity: ReadEntity): EntityProblem[] => {
  const key = uidKey(entity.uid);
  const declared = schema.actions.get(key);
  if (declared === undefined) return [];
  const isBare = Object.keys(entity.attrs).length + Object.keys(entity.tags).length === 0;
  const groups = reachable(key, (name) => (graph.get(name)?.parents ?? []).map(uidKey));
  const isSame = groups.size === declared.ancestors.size && groups.isSubsetOf(declared.ancestors);
  if (isBare && isSame) return [];
  return [problem(key, '', 'this action is not as the schema declares it')];
};

/** Checks entities whose forms are right. */
export const checkGraph = (
  schema: Schema,
  entities: readonly ReadEntity[],
): readonly EntityProblem[] => {
  const graph = new Map<string, ReadEntity>();
  const problems: EntityProblem[] = [];
  for (const entity of entities) {
    const key = uidKey(entity.uid);
    const known = graph.get(key);
    if (known === undefined) graph.set(key, entity);
    else if (!sameEntity(schema, known, entity))
      problems.push(problem(key, '', 'this entity is given twice, with different contents'));
  }
  for (const key of findCycles(graph))
    problems.push(problem(key, 'parents', 'this entity is above itself'));
  for (const entity of graph.values())
    if (isActionType(entity.uid.type)) problems.push(...checkAction(schema, graph, entity));
  return problems;
};
