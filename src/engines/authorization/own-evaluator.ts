/**
 * Our own Cedar (engines/cedar) behind the seam. Everything is in memory and nothing is ever lost;
 * answers are values.
 */
import {
  type CedarError,
  checkEntities,
  checkRequest,
  createEntityStore,
  createPolicyStore,
  isCedarErrors,
  isSchemaProblems,
  isTemplate,
  parsePolicies,
  parseSchema,
  type PolicyNode,
  type PolicyStore,
  policyToJson,
  readSchema,
  type Schema,
  schemaToJson,
  validatePolicies,
} from '../cedar/index.ts';
import { isRefusal, SallyportError } from '../../kernel/errors.ts';
import type {
  CedarEvaluator,
  Evaluation,
  EvaluationAnswer,
  Failure,
  Finding,
  ParseAnswer,
  ParsedPolicy,
  Prepared,
  SchemaText,
} from './evaluator.ts';

const maxMessageLength = 2000;
const maxNamed = 8;

type Said = { readonly message: string; readonly help?: string };

const textOf = ({ message, help }: Said): string =>
  help === undefined ? message : `${message} (${help})`;

const messageOf = (problems: readonly Said[]): string =>
  problems.slice(0, maxNamed).map(textOf).join('; ').slice(0, maxMessageLength) ||
  'unknown failure';

const failureOf = (problems: readonly Said[]): Failure => ({ failure: messageOf(problems) });

/** What was thrown as a failure; anything but our own errors is a defect and goes on. */
const asFailure = (thrown: unknown): Failure => {
  if (thrown instanceof SallyportError) return { failure: thrown.message };
  throw thrown;
};

const notParsed = (errors: readonly CedarError[]): ParseAnswer => ({
  message: messageOf(errors),
  offset: errors[0]?.span?.start ?? 0,
  isTemplate: false,
});

const parsePolicy = (text: string): ParseAnswer => {
  const parsed = parsePolicies(text);
  if (isCedarErrors(parsed)) return notParsed(parsed);
  const [first, second] = parsed.policies;
  if (first === undefined || second !== undefined)
    return { message: 'expected one policy', offset: 0, isTemplate: false };
  const { node } = first;
  if (isTemplate(node)) return { message: 'a template', offset: 0, isTemplate: true };
  const json = policyToJson(node) as unknown as Pick<
    ParsedPolicy,
    'principal' | 'action' | 'resource'
  > & { readonly conditions: readonly { readonly body: unknown }[] };
  const { principal, action, resource } = json;
  const conditions = json.conditions.map(({ body }) => body);
  const { effect, annotations } = node;
  return { policy: { effect, principal, action, resource, conditions, annotations } };
};

/** Stores over the same policies: one for values in explicit notation, one per schema for others. */
type Stores = { readonly plain: PolicyStore; readonly of: (schema: Schema) => PolicyStore };

const createStores = (policies: object): Stores => {
  const known = new WeakMap<Schema, PolicyStore>();
  return {
    plain: createPolicyStore({ policies }),
    of: (schema) => {
      const store = known.get(schema) ?? createPolicyStore({ policies, schema, validate: false });
      known.set(schema, store);
      return store;
    },
  };
};

const preparePolicies = (policies: ReadonlyMap<string, string>): Prepared | Failure => {
  try {
    const staticPolicies = Object.fromEntries(policies);
    return { kind: 'policies', handle: createStores({ staticPolicies }) };
  } catch (thrown) {
    return asFailure(thrown);
  }
};

const prepareSchema = (schema: SchemaText): Prepared | Failure => {
  const read = readSchema(schema);
  return isSchemaProblems(read) ? failureOf(read) : { kind: 'schema', handle: read };
};

const unfit = (call: Evaluation): Failure | undefined => {
  if (call.schema === undefined) return undefined;
  const schema = call.schema.handle as Schema;
  const entities = checkEntities(schema, call.entities);
  if (entities.length > 0) return failureOf(entities);
  if (!call.validateRequest) return undefined;
  const request = checkRequest(schema, call);
  return request.length > 0 ? failureOf(request) : undefined;
};

const evaluate = (call: Evaluation): EvaluationAnswer | Failure => {
  const problem = unfit(call);
  if (problem !== undefined) return problem;
  const stores = call.policies.handle as Stores;
  const schema = call.schema?.handle as Schema | undefined;
  const store = schema === undefined ? stores.plain : stores.of(schema);
  const { principal, action, resource, entities } = call;
  const context = call.context as Readonly<Record<string, unknown>>;
  const answer = store.decide({ principal, action, resource, context }, entities);
  const whole = answer.errors.find(({ policyId }) => policyId === '');
  if (whole !== undefined) return { failure: whole.message };
  return {
    allowed: answer.decision === 'allow',
    determining: answer.reasons.map(({ policyId }) => policyId),
    errors: answer.errors,
  };
};

const ofSchema = (message: string, offset = 0): readonly Finding[] => [
  { severity: 'error', policyId: undefined, message, offset },
];

const validate = (
  policies: ReadonlyMap<string, string>,
  source: SchemaText,
): readonly Finding[] => {
  const schema = readSchema(source);
  if (isSchemaProblems(schema)) return ofSchema(messageOf(schema), schema[0]?.span?.start);
  const nodes: { readonly id: string; readonly node: PolicyNode }[] = [];
  for (const [id, text] of policies) {
    const parsed = parsePolicies(text);
    if (isCedarErrors(parsed)) return ofSchema(messageOf(parsed));
    for (const { node } of parsed.policies) nodes.push({ id, node });
  }
  return validatePolicies(schema, nodes).map((finding) => ({
    severity: finding.severity,
    policyId: finding.policyId,
    message: textOf(finding),
    offset: finding.span?.start ?? 0,
  }));
};

/** Makes an evaluator; it holds nothing but what is prepared with it. */
export const createOwnEvaluator = (): CedarEvaluator => ({
  parsePolicy,
  preparePolicies,
  prepareSchema,
  holds: () => true,
  release: () => undefined,
  evaluate,
  validate,
  checkEntities: (entities, source) => {
    if (source === undefined) {
      const store = createEntityStore({ entities });
      return isRefusal(store) ? store.detail : undefined;
    }
    const schema = readSchema(source);
    const problems = isSchemaProblems(schema) ? schema : checkEntities(schema, entities);
    return problems.length === 0 ? undefined : messageOf(problems);
  },
  schemaJson: (source) => {
    const fragment = parseSchema(source);
    return isSchemaProblems(fragment) ? failureOf(fragment) : schemaToJson(fragment);
  },
});
