/** The entities of a question, whether listed or looked up, as one source that knows actions too. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { CedarEvaluator, Prepared, SchemaText } from './evaluator.ts';
import { type EntitySource, entityKey, graphOf } from './entity-graph.ts';
import { authorizationErrors } from './errors.ts';
import type { World } from './evaluate.ts';
import { readEntities } from './read-entities.ts';
import { withActions } from './schema-actions.ts';
import type { Subject } from './scope.ts';
import type { Entity, EntityRef } from './types.ts';

/** A list in Cedar's entity notation, or a source that looks entities up. */
export type Entities = readonly Entity[] | EntitySource;

/** An entity with everything it is in. */
export const subjectOf = (ref: EntityRef, source: EntitySource): Subject => ({
  ref,
  key: entityKey(ref),
  ancestors: source.ancestors(ref),
});

export type Worlds = {
  readonly of: (entities: Entities) => World | Refusal;
  readonly release: () => void;
};

const isSource = (entities: Entities): entities is EntitySource => 'ancestors' in entities;

export type WorldOptions = {
  readonly schema: SchemaText | undefined;
  /** The actions of the schema. */
  readonly actions: EntitySource;
  readonly evaluator: CedarEvaluator;
};

/** Makes worlds for one policy set; the schema is prepared once, and again after a trap. */
export const createWorlds = ({ schema, actions, evaluator }: WorldOptions): Worlds => {
  let prepared: Prepared | undefined;

  const preparedSchema = (text: SchemaText): Prepared | Refusal => {
    if (prepared !== undefined && evaluator.holds(prepared)) return prepared;
    const answer = evaluator.prepareSchema(text);
    if ('failure' in answer)
      return refuse(authorizationErrors.E_POLICY_INVALID, `schema: ${answer.failure}`);
    prepared = answer;
    return prepared;
  };

  const listedWorld = (list: readonly Entity[]): World | Refusal => {
    const entities = readEntities(list);
    if (isRefusal(entities)) return entities;
    const graph = graphOf(entities);
    if (isRefusal(graph)) return graph;
    const source = withActions(graph, actions);
    if (schema === undefined) return { source };
    const ready = preparedSchema(schema);
    return isRefusal(ready) ? ready : { source, listed: { entities, schema: ready } };
  };

  return {
    of: (entities) =>
      isSource(entities) ? { source: withActions(entities, actions) } : listedWorld(entities),
    release: () => {
      if (prepared !== undefined) evaluator.release(prepared);
      prepared = undefined;
    },
  };
};
