/**
 * One decision from the contents of files, as `sallyport policy authorize` needs it: policies,
 * optional schema, entities and request as text or as parsed JSON.
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { createEvaluator, defaultEvaluator, type EvaluatorName } from './create-evaluator.ts';
import type { SchemaText } from './evaluator.ts';
import { formatEntity } from './entity-graph.ts';
import { authorizationErrors } from './errors.ts';
import { parseExactJson } from './exact-json.ts';
import { createPolicySet, type PolicySet } from './policy-set.ts';
import { readEntities, readEntityRef } from './read-entities.ts';
import { requestProblem } from './request.ts';
import type { Decision, Entity, Explanation, PolicyRequest, PolicySource } from './types.ts';
import { valueProblem } from './values.ts';

export type AuthorizationFiles = {
  readonly policies: readonly PolicySource[] | string;
  /** Cedar schema: text, JSON text or parsed JSON. The set is used even if it does not fit. */
  readonly schema?: SchemaText;
  /** A list in Cedar's entity notation, as JSON text or parsed. */
  readonly entities: unknown;
  /** `{principal: {type, id}, action: {type, id}, resource: {type, id}, context}`. */
  readonly request: unknown;
  /** `sallyport` unless said otherwise. */
  readonly evaluator?: EvaluatorName;
};

type Inputs = {
  readonly set: PolicySet;
  readonly request: PolicyRequest;
  readonly entities: readonly Entity[];
};

const parsed = (input: unknown): { readonly value: unknown } | Refusal =>
  typeof input === 'string' ? parseExactJson(input) : { value: input };

const readRequest = (input: unknown): PolicyRequest | Refusal => {
  const read = parsed(input);
  if (isRefusal(read)) return read;
  const json = read.value;
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return refuse(authorizationErrors.E_POLICY_REQUEST_INVALID, 'the request must be an object');
  const { principal, action, resource, context = {} } = json as Record<string, unknown>;
  const refs = [];
  for (const [what, value] of Object.entries({ principal, action, resource })) {
    const ref = readEntityRef(value);
    if (isRefusal(ref))
      return refuse(authorizationErrors.E_POLICY_REQUEST_INVALID, `${what}: ${ref.detail}`);
    refs.push(ref);
  }
  const request = {
    principal: refs[0],
    action: refs[1],
    resource: refs[2],
    context,
  } as PolicyRequest;
  const problem = requestProblem(request);
  return problem === undefined
    ? request
    : refuse(authorizationErrors.E_POLICY_REQUEST_INVALID, problem);
};

const readSchema = (schema: SchemaText | undefined): SchemaText | Refusal | undefined => {
  if (typeof schema !== 'string' || !schema.trimStart().startsWith('{')) return schema;
  const json = parseExactJson(schema);
  return isRefusal(json) ? json : (json.value as SchemaText);
};

/** Also finds what the evaluator would stumble over in entities that this decision does not need. */
const readCheckedEntities = (
  files: AuthorizationFiles,
  schema: SchemaText | undefined,
): readonly Entity[] | Refusal => {
  const json = parsed(files.entities);
  if (isRefusal(json)) return json;
  const entities = readEntities(json.value);
  if (isRefusal(entities)) return entities;
  for (const entity of entities) {
    const fault = valueProblem(entity);
    if (fault !== undefined)
      return refuse(
        authorizationErrors.E_ENTITIES_INVALID,
        `${formatEntity(entity.uid)}: ${fault}`,
      );
  }
  const problem = createEvaluator(files.evaluator).checkEntities(entities, schema);
  if (problem === undefined) return entities;
  return refuse(authorizationErrors.E_ENTITIES_INVALID, problem);
};

const readInputs = (files: AuthorizationFiles): Inputs | Refusal => {
  const request = readRequest(files.request);
  if (isRefusal(request)) return request;
  const schema = readSchema(files.schema);
  if (isRefusal(schema)) return schema;
  const { policies, evaluator = defaultEvaluator } = files;
  const options = { policies, evaluator, validate: false };
  const set = createPolicySet(schema === undefined ? options : { ...options, schema });
  if (isRefusal(set)) return set;
  const entities = readCheckedEntities(files, schema);
  return isRefusal(entities) ? entities : { set, request, entities };
};

const ask = <T>(files: AuthorizationFiles, question: (inputs: Inputs) => T): T | Refusal => {
  const inputs = readInputs(files);
  if (isRefusal(inputs)) return inputs;
  const answer = question(inputs);
  inputs.set.dispose();
  return answer;
};

/**
 * Decides one request. Refused with E_POLICY_INVALID, E_POLICY_REQUEST_INVALID, E_ENTITIES_INVALID
 * or E_MALFORMED when something cannot be read; a denial is an answer like any other.
 */
export const authorizeFromFiles = (files: AuthorizationFiles): Decision | Refusal =>
  ask(files, ({ set, request, entities }) => set.decide(request, entities));

/** As `authorizeFromFiles`, with a word about every policy. */
export const explainFromFiles = (files: AuthorizationFiles): Explanation | Refusal =>
  ask(files, ({ set, request, entities }) => set.explain(request, entities));
