/** Policies that decide: read, optionally validated, compiled and indexed once; asked ever after. */
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import { createEntityStore, type EntityStore, isEntityStore } from '../entities/entity-store.ts';
import type { Reader } from '../entities/read-value.ts';
import { createTypeNames } from '../entities/type-names.ts';
import type { Env } from '../evaluate/code.ts';
import { createConditionCompiler } from '../evaluate/policy.ts';
import type { Schema } from '../schema/model.ts';
import { isSchemaProblems, readSchema } from '../schema/read.ts';
import { isCedarErrors } from '../syntax/errors.ts';
import type { Finding } from '../validate/findings.ts';
import { validatePolicies } from '../validate/validate.ts';
import { createShapeTable } from '../values/record.ts';
import { type CedarDecision, decide, type DescribeFailure, denyWith } from './decide.ts';
import { policyStoreErrors } from './errors.ts';
import { overlayActions } from './overlay.ts';
import { createPolicyIndex, type PolicyIndex, type ReadyPolicy } from './policy-index.ts';
import { createLocator } from './positions.ts';
import {
  type PolicySources,
  readPolicies,
  type StoredPolicy,
  type TemplateLink,
} from './read-policies.ts';
import { type CedarRequest, readRequest, type RequestProblem } from './request.ts';

export type PolicyStoreOptions = {
  /** Cedar text, JSON text, or policies in Cedar's JSON notation. */
  readonly policies: string | object;
  /** Links for templates, beside those a JSON set brings along. */
  readonly links?: readonly TemplateLink[];
  /** A schema in either notation, or one already read. */
  readonly schema?: string | object;
  /** Refuse policies that do not fit the schema; true unless said otherwise. */
  readonly validate?: boolean;
};

/** A prepared store (no cost per call) or a list in Cedar's JSON notation (read at each call). */
export type EntitiesArgument = EntityStore | readonly unknown[];

export type PolicyStore = {
  /** Never throws; what is wrong with the question is a denial with an error without policy. */
  readonly decide: (request: CedarRequest, entities?: EntitiesArgument) => CedarDecision;
  /** Static policies and linked templates, in the order of the set. */
  readonly policies: readonly StoredPolicy[];
  readonly templates: readonly StoredPolicy[];
  readonly schema: Schema | undefined;
  /** What validation found, all of it warnings; nothing when it was not asked for. */
  readonly findings: readonly Finding[];
  /** A request bound to its entities, for those who evaluate parts of policies themselves. */
  readonly bind: (request: CedarRequest, entities?: EntitiesArgument) => Env | RequestProblem;
  /** How values and names are read. */
  readonly reader: Reader;
  /** The entities of a prepared store as this policy store sees them: with the schema's actions. */
  readonly lookup: (entities: EntityStore) => Env['entities'];
};

type Lookup = Env['entities'];
type Core = {
  readonly sources: PolicySources;
  readonly schema: Schema | undefined;
  readonly findings: readonly Finding[];
  readonly index: PolicyIndex;
  readonly reader: Reader;
};

const invalid = (what: string, problems: readonly { readonly message: string }[]): never => {
  const first = problems[0]?.message ?? 'unknown';
  const detail = `${what}: ${problems.length} problem(s); the first: ${first}`;
  throw new SallyportError(policyStoreErrors.E_CEDAR_POLICIES, detail, { data: { problems } });
};

const isSchema = (schema: object): schema is Schema =>
  'entityTypes' in schema && schema.entityTypes instanceof Map && 'actionTypes' in schema;

const schemaOf = (source: PolicyStoreOptions['schema']): Schema | undefined => {
  if (source === undefined) return undefined;
  if (typeof source === 'object' && isSchema(source)) return source;
  const schema = readSchema(source);
  return isSchemaProblems(schema) ? invalid('schema', schema) : schema;
};

/** What validation finds; refused when an error is among it. */
const findingsOf = (
  { policies, templates }: PolicySources,
  schema: Schema | undefined,
  validate: boolean,
): readonly Finding[] => {
  if (schema === undefined || !validate) return [];
  const findings = validatePolicies(schema, [...policies, ...templates]);
  const errors = findings.filter(({ severity }) => severity === 'error');
  return errors.length === 0 ? findings : invalid('validation', errors);
};

const readyPolicies = (policies: readonly StoredPolicy[]): readonly ReadyPolicy[] => {
  const compile = createConditionCompiler();
  return policies.map(({ id, node }, position) => ({
    isForbid: node.effect === 'forbid',
    condition: compile(node),
    position,
    reason: Object.freeze({ policyId: id }),
    id,
    node,
    exact: undefined,
  }));
};

const createCore = (options: PolicyStoreOptions): Core => {
  const { policies, links, schema: source, validate = true } = options;
  const sources = readPolicies(policies, links);
  if (isCedarErrors(sources)) return invalid('policies', sources);
  const schema = schemaOf(source);
  const findings = findingsOf(sources, schema, validate);
  const ready = readyPolicies(sources.policies);
  return {
    sources,
    schema,
    findings,
    index: createPolicyIndex(ready),
    reader: { shapes: createShapeTable(), types: createTypeNames() },
  };
};

type Resolver = {
  readonly resolve: (entities: EntitiesArgument | undefined) => Lookup | RequestProblem;
  readonly lookup: PolicyStore['lookup'];
};

/**
 * Lists are read at each call. A frozen list is taken as a promise that nothing in it changes either,
 * and read once while it is in use.
 */
const createResolver = ({ schema, reader }: Core): Resolver => {
  const frozen = new WeakMap<object, EntityStore>();
  const overlays = new WeakMap<object, Lookup>();
  const none = createEntityStore(schema ? { schema, reader } : { reader });
  const readList = (list: readonly unknown[]): EntityStore | RequestProblem => {
    const known = frozen.get(list);
    if (known !== undefined) return known;
    const options = { entities: list, reader };
    const store = createEntityStore(schema ? { ...options, schema } : options);
    if (isRefusal(store)) return { problem: `entities: ${store.detail}` };
    if (Object.isFrozen(list)) frozen.set(list, store);
    return store;
  };
  const overlay = (entities: EntityStore): Lookup => {
    if (schema === undefined || entities.schema === schema || isRefusal(none)) return entities;
    const known = overlays.get(entities) ?? overlayActions(entities, none);
    overlays.set(entities, known);
    return known;
  };
  const resolve: Resolver['resolve'] = (entities) => {
    if (entities === undefined) return isRefusal(none) ? { problem: none.detail } : none;
    if (Array.isArray(entities)) return readList(entities);
    if (isEntityStore(entities)) return overlay(entities);
    return { problem: 'entities: must be an entity store or an array' };
  };
  return { resolve, lookup: overlay };
};

const createBinder = ({ reader, schema }: Core, { resolve }: Resolver): PolicyStore['bind'] => {
  return (request, argument) => {
    try {
      const entities = resolve(argument);
      return 'problem' in entities ? entities : readRequest(request, { reader, schema, entities });
    } catch (cause) {
      return { problem: `request: reading it threw ${String(cause)}` };
    }
  };
};

const createDescriber = ({ sources }: Core): DescribeFailure => {
  const { text } = sources;
  if (text === undefined) return (_policy, { message }) => message;
  const locate = createLocator(text);
  return (_policy, { message, span }) => {
    if (span === undefined) return message;
    const { line, column } = locate(span.start);
    return `${message} (line ${line}, column ${column})`;
  };
};

/**
 * Reads policies and makes them ready to decide. Ids are `policy0` … in source order unless a policy
 * has an `@id`.
 *
 * @throws SallyportError E_CEDAR_POLICIES when policies or schema cannot be read, or the policies do
 *   not fit the schema and `validate` is not false; `data.problems` has all of it.
 * @example
 * const store = createPolicyStore({ policies: 'permit(principal, action, resource);' });
 * store.decide({ principal, action, resource, context: {} }, []).decision; // 'allow'
 */
export const createPolicyStore = (options: PolicyStoreOptions): PolicyStore => {
  const core = createCore(options);
  const resolver = createResolver(core);
  const bind = createBinder(core, resolver);
  const describe = createDescriber(core);
  return {
    decide: (request, entities) => {
      const env = bind(request, entities);
      return 'problem' in env ? denyWith(env.problem) : decide(core.index, env, describe);
    },
    policies: core.sources.policies,
    templates: core.sources.templates,
    schema: core.schema,
    findings: core.findings,
    bind,
    reader: core.reader,
    lookup: resolver.lookup,
  };
};
