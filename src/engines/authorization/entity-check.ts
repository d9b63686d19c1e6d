/** Whether the evaluator can use an entity and, with a schema, whether the entity fits it. */
import type { CedarEvaluator, Failure, Prepared, SchemaText } from './evaluator.ts';
import type { Entity } from './types.ts';
import { valueProblem } from './values.ts';

/** An action without context, added to the schema so that a question can always be asked. */
const probe = 'sallyport:probe';

type Json = Readonly<Record<string, unknown>>;
const member = (json: unknown, name: string): Json =>
  ((json as Readonly<Record<string, Json | undefined>>)[name] ?? {}) as Json;

const withProbe = (json: Json): Json => {
  const global = member(json, '');
  const actions = { ...member(global, 'actions'), [probe]: {} };
  return { ...json, '': { entityTypes: {}, ...global, actions } };
};

export type EntityCheck = {
  /** What is wrong with an entity, or undefined. */
  readonly problem: (entity: Entity) => string | undefined;
  readonly release: () => void;
};

type Tools = { readonly policies: Prepared; readonly schema: Prepared | undefined };

/** The schema is read at the first check, and again after the evaluator lost it. */
export const createEntityCheck = (
  schema: SchemaText | undefined,
  evaluator: CedarEvaluator,
): EntityCheck => {
  let tools: Tools | undefined;

  const prepareSchema = (text: SchemaText): Prepared | Failure => {
    const json = evaluator.schemaJson(text);
    return typeof json.failure === 'string'
      ? { failure: json.failure }
      : evaluator.prepareSchema(withProbe(json as Json));
  };
  const prepare = (): Tools | Failure => {
    if (tools !== undefined && evaluator.holds(tools.policies)) return tools;
    const prepared = schema === undefined ? undefined : prepareSchema(schema);
    if (prepared !== undefined && 'failure' in prepared) return prepared;
    const policies = evaluator.preparePolicies(new Map());
    if ('failure' in policies) return policies;
    tools = { policies, schema: prepared };
    return tools;
  };

  return {
    problem: (entity) => {
      const problem = valueProblem(entity);
      if (problem !== undefined) return problem;
      const ready = prepare();
      if ('failure' in ready) return ready.failure;
      const { uid } = entity;
      const action = { type: 'Action', id: probe };
      const question = { principal: uid, action, resource: uid, context: {} };
      const entities = [entity];
      const answer = evaluator.evaluate({
        ...ready,
        ...question,
        entities,
        validateRequest: false,
      });
      return 'failure' in answer ? answer.failure : undefined;
    },
    release: () => {
      if (tools === undefined) return;
      evaluator.release(tools.policies);
      if (tools.schema !== undefined) evaluator.release(tools.schema);
      tools = undefined;
    },
  };
};
