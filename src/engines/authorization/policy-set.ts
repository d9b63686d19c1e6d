/**
 * A policy set that decides: read and validated once, then asked many times. The cost of a decision
 * grows with the policies whose scope fits the question, not with the set.
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { type Candidates, createCandidateIndex, type Question } from './candidates.ts';
import { createEvaluator, type EvaluatorName } from './create-evaluator.ts';
import type { CedarEvaluator, SchemaText } from './evaluator.ts';
import { contextKey } from './context-key.ts';
import type { EntitySource } from './entity-graph.ts';
import { createEntityCheck, type EntityCheck } from './entity-check.ts';
import { authorizationErrors } from './errors.ts';
import { decideCandidates, denyWith, type Engine, reasonOf, type World } from './evaluate.ts';
import { explainDecision } from './explain.ts';
import type { Policy } from './policy.ts';
import { readEntities } from './read-entities.ts';
import { contextProblem, requestProblem } from './request.ts';
import { type ActionApplication, actionApplications, schemaActions } from './schema-actions.ts';
import { createNotation, type Notation } from './schema-notation.ts';
import { passes } from './scope.ts';
import { createSliceStore } from './slices.ts';
import type {
  Decision,
  Entity,
  EntityRef,
  Explanation,
  PolicyProblem,
  PolicyRequest,
  PolicySource,
  Reason,
} from './types.ts';
import { mergeUsage, summarizeUsage, type UsageSummary } from './usage.ts';
import { readAndValidate } from './validate.ts';
import { createWorlds, type Entities, subjectOf, type Worlds } from './world.ts';

export type PolicySetOptions = {
  /** Files, or one text without a name. */
  readonly policies: readonly PolicySource[] | string;
  /** Cedar schema, as text or in its JSON format. */
  readonly schema?: SchemaText;
  /** False loads a set that fails validation against its schema; default true. */
  readonly validate?: boolean;
  /** `sallyport` unless said otherwise. */
  readonly evaluator?: EvaluatorName;
};

type Context = PolicyRequest['context'];

export type PolicyDescription = Reason & { readonly effect: 'permit' | 'forbid' };

/** Who asks to do what; a request without its context. */
export type PolicyQuestion = Omit<PolicyRequest, 'context'>;

/** What stays the same while only the context changes. */
export type Plan = {
  /** Equal for two contexts that the policies in question cannot tell apart. */
  readonly contextKey: (context: Context) => string;
  readonly decide: (context: Context) => Decision;
};

export type PolicySet = {
  /** In source order. */
  readonly policyIds: readonly string[];
  /** The actions of the schema that can be asked for, ordered by id. */
  readonly actions: readonly ActionApplication[];
  /** Warnings of reading and validation. */
  readonly warnings: readonly PolicyProblem[];
  /** Decides; never throws. What cannot be evaluated is denied with an error under an empty id. */
  readonly decide: (request: PolicyRequest, entities: Entities) => Decision;
  /** Decides and says of every policy what became of it. Not for hot paths. */
  readonly explain: (request: PolicyRequest, entities: Entities) => Explanation;
  /** Prepares for many contexts; valid as long as `source` does not change. */
  readonly plan: (question: PolicyQuestion, source: EntitySource) => Plan;
  /** What the conditions of the policies that speak about `action` (or of all) read. */
  readonly usage: (action?: EntityRef) => UsageSummary;
  /**
   * An entity in explicit notation, after holding it against the schema; E_ENTITIES_INVALID when it
   * does not fit. Sources give entities to `decide` in this form.
   */
  readonly readEntity: (entity: Entity) => Entity | Refusal;
  /** A context in explicit notation, as the schema tells for this action. */
  readonly readContext: (action: EntityRef, context: Context) => Context;
  /** Attributes in explicit notation, as the schema tells for entities of this type. */
  readonly readAttributes: (type: string, attrs: Entity['attrs']) => Entity['attrs'];
  /** Effect and place of a policy. */
  readonly describe: (policyId: string) => PolicyDescription | undefined;
  /** Frees what the evaluator holds. The set stays usable and prepares again. */
  readonly dispose: () => void;
};

type Core = {
  readonly policies: readonly Policy[];
  readonly engine: Engine;
  readonly find: (question: Question) => Candidates;
  readonly worlds: Worlds;
  readonly actions: EntitySource;
  readonly applications: readonly ActionApplication[];
  readonly notation: Notation;
  readonly entityCheck: EntityCheck;
};

const candidatesOf = (core: Core, question: PolicyQuestion, { source }: World): Candidates =>
  core.find({
    principal: subjectOf(question.principal, source),
    action: subjectOf(question.action, source),
    resource: subjectOf(question.resource, source),
  });

const decide = (core: Core, request: PolicyRequest, entities: Entities): Decision => {
  const problem = requestProblem(request);
  if (problem !== undefined) return denyWith(problem);
  const world = core.worlds.of(entities);
  if (isRefusal(world)) return denyWith(world.detail);
  return decideCandidates(core.engine, candidatesOf(core, request, world), { request, world });
};

const explain = (core: Core, request: PolicyRequest, entities: Entities): Explanation => {
  const decision = decide(core, request, entities);
  const world = requestProblem(request) === undefined ? core.worlds.of(entities) : undefined;
  if (world === undefined || isRefusal(world)) return { decision, policies: [] };
  return explainDecision(core.policies, decision, { engine: core.engine, request, world });
};

const plan = (core: Core, question: PolicyQuestion, entities: EntitySource): Plan => {
  const problem = requestProblem({ ...question, context: {} });
  const world = core.worlds.of(entities);
  if (problem !== undefined || isRefusal(world)) {
    const denial = denyWith(problem ?? 'entities are malformed');
    return { contextKey: () => '', decide: () => denial };
  }
  const candidates = candidatesOf(core, question, world);
  const { context: place } = core.engine.slices.sliceOf(candidates.conditional).usage;
  const isConstant = candidates.conditional.length === 0;
  return {
    contextKey: (context) => (isConstant ? '' : contextKey(place, context)),
    decide: (context) => {
      const malformed = contextProblem(context);
      if (malformed !== undefined) return denyWith(malformed);
      const request = { ...question, context };
      return decideCandidates(core.engine, candidates, { request, world });
    },
  };
};

const usage = ({ policies, actions }: Core, action: EntityRef | undefined): UsageSummary => {
  const subject = action === undefined ? undefined : subjectOf(action, actions);
  const speaking = policies.filter(
    ({ scope }) => subject === undefined || passes(scope.action, subject),
  );
  return summarizeUsage(mergeUsage(speaking.map((policy) => policy.usage)));
};

const readEntity = ({ notation, entityCheck }: Core, given: Entity): Entity | Refusal => {
  const entities = readEntities([given]);
  if (isRefusal(entities)) return entities;
  const entity = notation.entity(entities[0] ?? given);
  const problem = entityCheck.problem(entity);
  if (problem === undefined) return entity;
  return refuse(authorizationErrors.E_ENTITIES_INVALID, problem);
};

/** A schema that cannot be read counts as empty here; validation has its own word on it. */
const schemaJsonOf = (schema: SchemaText | undefined, evaluator: CedarEvaluator) => {
  const json = schema === undefined ? {} : evaluator.schemaJson(schema);
  return typeof json.failure === 'string' ? {} : (json as Readonly<Record<string, unknown>>);
};

const createCore = (
  policies: readonly Policy[],
  schema: SchemaText | undefined,
  evaluator: CedarEvaluator,
): Core => {
  const schemaJson = schemaJsonOf(schema, evaluator);
  const actions = schemaActions(schemaJson);
  return {
    policies,
    engine: {
      evaluator,
      slices: createSliceStore(evaluator),
      byId: new Map(policies.map((policy) => [policy.id, policy])),
    },
    find: createCandidateIndex(policies),
    worlds: createWorlds({ schema, actions, evaluator }),
    actions,
    applications: actionApplications(schemaJson),
    notation: createNotation(schemaJson),
    entityCheck: createEntityCheck(schema, evaluator),
  };
};

const toPolicySet = (core: Core, warnings: readonly PolicyProblem[]): PolicySet => ({
  policyIds: core.policies.map(({ id }) => id),
  actions: core.applications,
  warnings,
  decide: (request, entities) => decide(core, request, entities),
  explain: (request, entities) => explain(core, request, entities),
  plan: (question, source) => plan(core, question, source),
  usage: (action) => usage(core, action),
  readEntity: (entity) => readEntity(core, entity),
  readContext: core.notation.context,
  readAttributes: core.notation.attributes,
  describe: (policyId) => {
    const policy = core.engine.byId.get(policyId);
    return policy && { ...reasonOf(policy), effect: policy.effect };
  },
  dispose: () => {
    core.engine.slices.clear();
    core.worlds.release();
    core.entityCheck.release();
  },
});

/**
 * Reads, validates and prepares a policy set. Refused with E_POLICY_INVALID, all problems under
 * `data.problems`, when a policy cannot be read or (unless `validate` is false) the set does not fit
 * its schema. Synchronous; the first call loads Cedar (about 20 ms).
 *
 * @throws SallyportError E_POLICY_ENGINE when Cedar cannot be loaded
 * @example
 * const set = orThrow(createPolicySet({ policies: 'permit(principal, action, resource);' }));
 * set.decide({ principal, action, resource, context: {} }, []).decision; // 'allow'
 */
export const createPolicySet = (options: PolicySetOptions): PolicySet | Refusal => {
  const { policies, schema, validate = true } = options;
  const evaluator = createEvaluator(options.evaluator);
  const input = validate && schema !== undefined ? { policies, schema } : { policies };
  const reading = readAndValidate(input, evaluator);
  const errors = reading.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    return refuse(
      authorizationErrors.E_POLICY_INVALID,
      `${errors.length} problem(s); the first: ${errors[0]?.message}`,
      { problems: reading.problems },
    );
  return toPolicySet(createCore(reading.policies, schema, evaluator), reading.problems);
};
