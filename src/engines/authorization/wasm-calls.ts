/** The calls into the WebAssembly build of Cedar, one function each, and its messages in plain text. */
import { withRawIntegers } from './values.ts';
import { type CedarApi, type CedarInstance, inSlot, slotOf } from './wasm-module.ts';
import type {
  Evaluation,
  EvaluationAnswer,
  Failure,
  Finding,
  ParseAnswer,
  ParsedPolicy,
  Prepared,
  SchemaText,
} from './evaluator.ts';

/** Runs `call`; whatever it throws becomes `onFailure`. */
export type Guard = <T>(
  call: (api: CedarApi, on: CedarInstance) => T,
  onFailure: (message: string) => T,
) => T;

/** The part of Cedar's error report that we show. */
type CedarError = {
  readonly message: string;
  readonly help?: string | null;
  readonly sourceLocations?: readonly { readonly start: number; readonly label: string | null }[];
};

const maxMessageLength = 2000;

const messageOf = (errors: readonly CedarError[]): string => {
  const messages = errors.map((error) => {
    const label = error.sourceLocations?.[0]?.label ?? undefined;
    const more = [label, error.help ?? undefined].filter((part) => part !== undefined);
    return more.length === 0 ? error.message : `${error.message} (${more.join('; ')})`;
  });
  return messages.join('; ').slice(0, maxMessageLength) || 'unknown failure';
};

/** Cedar counts bytes of UTF-8, we count UTF-16 units. */
const offsetOf = (error: CedarError | undefined, text: string): number => {
  const bytes = Buffer.from(text, 'utf8').subarray(0, error?.sourceLocations?.[0]?.start ?? 0);
  return bytes.toString('utf8').length;
};

const toFailure = (failure: string): Failure => ({ failure });

const annotationsOf = (
  annotations: Readonly<Record<string, string | null>> | undefined,
): ReadonlyMap<string, string> =>
  new Map(Object.entries(annotations ?? {}).map(([key, value]) => [key, value ?? '']));

export const parsePolicy = (guard: Guard, text: string): ParseAnswer =>
  guard<ParseAnswer>(
    (api) => {
      const answer = api.policyToJson(text);
      if (answer.type === 'failure')
        return {
          message: messageOf(answer.errors),
          offset: offsetOf(answer.errors[0], text),
          isTemplate: api.templateToJson(text).type === 'success',
        };
      const { effect, principal, action, resource, conditions, annotations } = answer.json;
      const policy = {
        effect,
        principal,
        action,
        resource,
        conditions: conditions.map(({ body }) => body),
        annotations: annotationsOf(annotations),
      } as ParsedPolicy;
      return { policy };
    },
    (message) => ({ message, offset: 0, isTemplate: false }),
  );

const prepare = (
  guard: Guard,
  kind: Prepared['kind'],
  store: (api: CedarApi, slot: string) => ReturnType<CedarApi['preparsePolicySet']>,
): Prepared | Failure =>
  guard<Prepared | Failure>((api, on) => {
    const slot = on.takeSlot();
    const answer = store(api, slot);
    if (answer.type === 'success') return inSlot(kind, { slot, instance: on });
    on.giveSlot(slot);
    return toFailure(messageOf(answer.errors));
  }, toFailure);

export const preparePolicies = (
  guard: Guard,
  policies: ReadonlyMap<string, string>,
): Prepared | Failure => {
  const staticPolicies = Object.fromEntries(policies);
  return prepare(guard, 'policies', (api, slot) => api.preparsePolicySet(slot, { staticPolicies }));
};

export const prepareSchema = (guard: Guard, schema: SchemaText): Prepared | Failure =>
  prepare(guard, 'schema', (api, slot) => api.preparseSchema(slot, schema as string));

/** Frees what the slot holds; the name is handed out again. */
export const release = (guard: Guard, prepared: Prepared): void => {
  const { kind } = prepared;
  const { slot, instance } = slotOf(prepared);
  if (instance.trapped) return;
  guard<void>(
    (api) => {
      if (kind === 'schema') api.preparseSchema(slot, {});
      else api.preparsePolicySet(slot, { staticPolicies: {} });
      instance.giveSlot(slot);
    },
    () => undefined,
  );
};

type StatefulCall = Parameters<CedarApi['statefulIsAuthorized']>[0];

const toCall = (call: Evaluation): StatefulCall => {
  const { principal, action, resource, policies, schema, validateRequest } = call;
  const context = withRawIntegers(call.context);
  const entities = call.entities.map(withRawIntegers);
  const question = { principal, action, resource, context, entities } as StatefulCall;
  const withPolicies = { ...question, preparsedPolicySetId: slotOf(policies).slot };
  if (schema === undefined) return withPolicies;
  return { ...withPolicies, preparsedSchemaName: slotOf(schema).slot, validateRequest };
};

export const evaluate = (guard: Guard, call: Evaluation): EvaluationAnswer | Failure =>
  guard<EvaluationAnswer | Failure>((api) => {
    const answer = api.statefulIsAuthorized(toCall(call));
    if (answer.type === 'failure') return toFailure(messageOf(answer.errors));
    const { decision, diagnostics } = answer.response;
    const errors = diagnostics.errors.map(({ policyId, error }) => ({
      policyId,
      message: messageOf([error]),
    }));
    return { allowed: decision === 'allow', determining: diagnostics.reason, errors };
  }, toFailure);

export const validate = (
  guard: Guard,
  policies: ReadonlyMap<string, string>,
  schema: SchemaText,
): readonly Finding[] => {
  const whole = (message: string, offset = 0): readonly Finding[] => [
    { severity: 'error', policyId: undefined, message, offset },
  ];
  type Reported = { readonly policyId: string; readonly error: CedarError };
  const finding = (severity: Finding['severity'], { policyId, error }: Reported): Finding => ({
    severity,
    policyId,
    message: messageOf([error]),
    offset: offsetOf(error, policies.get(policyId) ?? ''),
  });
  return guard<readonly Finding[]>((api) => {
    const staticPolicies = Object.fromEntries(policies);
    const answer = api.validate({ schema: schema as string, policies: { staticPolicies } });
    if (answer.type === 'failure') {
      const offset = typeof schema === 'string' ? offsetOf(answer.errors[0], schema) : 0;
      return whole(messageOf(answer.errors), offset);
    }
    return [
      ...answer.validationErrors.map((reported) => finding('error', reported)),
      ...answer.validationWarnings.map((reported) => finding('warning', reported)),
    ];
  }, whole);
};

/** What is wrong with entities in the notation the schema allows; undefined when nothing is. */
export const checkEntities = (
  guard: Guard,
  entities: readonly unknown[],
  schema: SchemaText | undefined,
): string | undefined =>
  guard<string | undefined>(
    (api) => {
      const listed = entities.map(withRawIntegers);
      const call = schema === undefined ? { entities: listed } : { entities: listed, schema };
      const answer = api.checkParseEntities(call as Parameters<CedarApi['checkParseEntities']>[0]);
      return answer.type === 'failure' ? messageOf(answer.errors) : undefined;
    },
    (message) => message,
  );

export const schemaJson = (
  guard: Guard,
  schema: SchemaText,
): Readonly<Record<string, unknown>> | Failure =>
  guard<Readonly<Record<string, unknown>> | Failure>((api) => {
    const answer = api.schemaToJson(schema as string);
    return answer.type === 'success' ? answer.json : toFailure(messageOf(answer.errors));
  }, toFailure);
