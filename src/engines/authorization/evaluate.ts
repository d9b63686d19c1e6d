/**
 * One decision: candidates by scope, conditions by the evaluator, both put together with Cedar's rule
 * that any matching forbid denies and otherwise any matching permit allows.
 */
import type { Candidates } from './candidates.ts';
import type { CedarEvaluator, EvaluationAnswer, Failure, Prepared } from './evaluator.ts';
import { usedContext } from './context-key.ts';
import type { EntitySource } from './entity-graph.ts';
import { neededEntities } from './needed-entities.ts';
import { uniteObligations } from './obligations.ts';
import type { Policy } from './policy.ts';
import type { SliceStore } from './slices.ts';
import type { Decision, Entity, PolicyError, PolicyRequest, Reason } from './types.ts';
import { valueProblem } from './values.ts';

/**
 * The entities of one question. `listed`: they came as a list in the notation of the schema, and the
 * evaluator has to read all of them with the schema at hand.
 */
export type World = {
  readonly source: EntitySource;
  readonly listed?: { readonly entities: readonly Entity[]; readonly schema: Prepared };
};

export type Engine = {
  readonly evaluator: CedarEvaluator;
  readonly slices: SliceStore;
  readonly byId: ReadonlyMap<string, Policy>;
};

const noAnswer: EvaluationAnswer = { allowed: false, determining: [], errors: [] };

/** A denial that no policy determined. */
export const denyWith = (message: string): Decision => ({
  decision: 'deny',
  reasons: [],
  obligations: [],
  errors: [{ policyId: '', message }],
});

const inputFailure = (context: unknown, entities: readonly Entity[]): Failure | undefined => {
  const problem = valueProblem(context);
  if (problem !== undefined) return { failure: `context: ${problem}` };
  for (const entity of entities) {
    const fault = valueProblem(entity);
    if (fault !== undefined) return { failure: `entity ${entity.uid.id}: ${fault}` };
  }
  return undefined;
};

const evaluateConditions = (
  engine: Engine,
  candidates: Candidates,
  { request, world }: { readonly request: PolicyRequest; readonly world: World },
): EvaluationAnswer | Failure => {
  const { listed, source } = world;
  if (candidates.conditional.length === 0 && listed === undefined) return noAnswer;
  const slice = engine.slices.sliceOf(candidates.conditional);
  const ready = engine.slices.ready(slice, candidates.group);
  if ('failure' in ready) return ready;
  const context = listed ? request.context : usedContext(slice.usage.context, request.context);
  const entities =
    listed?.entities ??
    neededEntities(slice.usage, { ...request, context }, { source, scoped: ready.scoped });
  if (entities === undefined) return { failure: 'the decision depends on too many entities' };
  const failure = inputFailure(context, entities);
  if (failure !== undefined) return failure;
  const { principal, action, resource } = request;
  const { prepared: policies } = ready;
  const schema = listed?.schema;
  const question = { principal, action, resource, policies, schema, validateRequest: true };
  return engine.evaluator.evaluate({ ...question, context, entities });
};

/** The reason a policy gives. */
export const reasonOf = ({ id, file, line }: Policy): Reason => ({
  policyId: id,
  line,
  ...(file === undefined ? {} : { file }),
});

const inSourceOrder = (policies: Iterable<Policy>): readonly Policy[] =>
  [...policies].sort((left, right) => left.index - right.index);

const determiningOf = (
  engine: Engine,
  candidates: Candidates,
  answer: EvaluationAnswer,
): readonly Policy[] => {
  const matched = new Set(candidates.unconditional);
  for (const id of answer.determining) {
    const policy = engine.byId.get(id);
    if (policy !== undefined) matched.add(policy);
  }
  const forbids = inSourceOrder([...matched].filter(({ effect }) => effect === 'forbid'));
  return forbids.length > 0 ? forbids : inSourceOrder(matched);
};

const sortErrors = (engine: Engine, errors: readonly PolicyError[]): readonly PolicyError[] => {
  const place = ({ policyId }: PolicyError): number => engine.byId.get(policyId)?.index ?? -1;
  return errors.length < 2 ? errors : [...errors].sort((a, b) => place(a) - place(b));
};

/** Decides one question whose candidates are known. Never throws. */
export const decideCandidates = (
  engine: Engine,
  candidates: Candidates,
  question: { readonly request: PolicyRequest; readonly world: World },
): Decision => {
  const answer = evaluateConditions(engine, candidates, question);
  if ('failure' in answer) return denyWith(answer.failure);
  const determining = determiningOf(engine, candidates, answer);
  const allowed = determining.length > 0 && determining[0]?.effect === 'permit';
  return {
    decision: allowed ? 'allow' : 'deny',
    reasons: determining.map(reasonOf),
    obligations: uniteObligations(determining.map((policy) => policy.obligations)),
    errors: sortErrors(engine, answer.errors),
  };
};
