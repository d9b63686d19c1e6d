/**
 * Decisions with parts of the request unknown: decided where the known parts decide, otherwise what
 * is left of each policy. Errors are treated as in Cedar's own partial evaluation: a policy that fails
 * whatever the unknown parts are is left out and reported; one that may fail stays as a residual and
 * is left out, when it fails, by whoever evaluates it later.
 */
import type { Expr } from '../ast.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import { createEntityStore, type EntityStore, isEntityStore } from '../entities/entity-store.ts';
import { readRecord, readUid } from '../entities/read-value.ts';
import type { Code } from '../evaluate/code.ts';
import { compileExpression } from '../evaluate/compile.ts';
import { policyToExpr } from '../evaluate/policy.ts';
import type { PolicyFault } from '../store/decide.ts';
import { uidKey } from '../schema/model.ts';
import type { EntitiesArgument, PolicyStore } from '../store/policy-store.ts';
import type { EntityRef, RequestProblem } from '../store/request.ts';
import { isFailure } from '../values/value.ts';
import { evaluatePartially } from './evaluate-partially.ts';
import type { PartialEnv, PartialSubject } from './partial-env.ts';

/** Left out: unknown. `{type}` alone: an unknown entity of this type. */
export type PartialRef = EntityRef | { readonly type: string };
export type PartialRequest = {
  readonly principal?: PartialRef;
  readonly action?: PartialRef;
  readonly resource?: PartialRef;
  /** Left out: nothing is known of it. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Attributes that may be in the context beside those given, with any value. */
  readonly unknownContext?: readonly string[];
};

/** What is left of a policy: it holds exactly when the condition comes to true. */
export type Residual = {
  readonly policyId: string;
  readonly effect: 'permit' | 'forbid';
  readonly condition: Expr;
};

export type PartialDecision = {
  /** Undefined: it depends on the unknown parts. */
  readonly decision: 'allow' | 'deny' | undefined;
  /** Policies that hold whatever the unknown parts are. */
  readonly satisfied: readonly {
    readonly policyId: string;
    readonly effect: 'permit' | 'forbid';
  }[];
  readonly residuals: readonly Residual[];
  /** Policies that fail whatever the unknown parts are; with an empty id, what is wrong with the question. */
  readonly errors: readonly PolicyFault[];
};

type Lookup = PartialEnv['entities'];

const entitiesOf = (
  store: PolicyStore,
  entities: EntitiesArgument | undefined,
): EntityStore | Lookup | RequestProblem => {
  if (entities !== undefined && isEntityStore(entities)) return store.lookup(entities);
  const options = { entities: (entities ?? []) as readonly unknown[] };
  const made = createEntityStore(store.schema ? { ...options, schema: store.schema } : options);
  return isRefusal(made) ? { problem: `entities: ${made.detail}` } : made;
};

type Reading = { readonly store: PolicyStore; readonly entities: Lookup };

const readSubject = (
  ref: PartialRef | undefined,
  { store, entities }: Reading,
): PartialSubject | RequestProblem => {
  if (ref === undefined) return { type: undefined };
  if (!('id' in ref) && !('__entity' in ref)) {
    const type = store.reader.types.known(ref.type);
    return type === undefined
      ? { problem: `: ${JSON.stringify(ref.type)} is not the name of an entity type` }
      : { type };
  }
  const entity = readUid(ref, store.reader);
  if (isFailure(entity)) return { problem: entity.message };
  return { entity, record: entities.find(entity.type, entity.id) };
};

const readContext = (
  { context }: PartialRequest,
  action: PartialSubject,
  { store }: Reading,
): Pick<PartialEnv, 'context'> | RequestProblem => {
  if (context === undefined) return { context: undefined };
  const definition =
    'entity' in action ? store.schema?.actions.get(uidKey(action.entity)) : undefined;
  const record = readRecord(context, store.reader, definition?.context);
  return isFailure(record) ? { problem: `context${record.message}` } : { context: record };
};

/** Total on any JavaScript value, also on those whose members throw. */
const readSafely = (
  ...args: Parameters<typeof readPartialRequest>
): PartialEnv | RequestProblem => {
  try {
    return readPartialRequest(...args);
  } catch (cause) {
    return { problem: `request: reading it threw ${String(cause)}` };
  }
};

const readPartialRequest = (
  store: PolicyStore,
  request: PartialRequest,
  entities: EntitiesArgument | undefined,
): PartialEnv | RequestProblem => {
  const lookup = entitiesOf(store, entities);
  if ('problem' in lookup) return lookup;
  const reading = { store, entities: lookup };
  const subjects: PartialSubject[] = [];
  for (const name of ['principal', 'action', 'resource'] as const) {
    const subject = readSubject(request[name], reading);
    if ('problem' in subject) return { problem: `${name}${subject.problem}` };
    subjects.push(subject);
  }
  const [principal, action, resource] = subjects as [
    PartialSubject,
    PartialSubject,
    PartialSubject,
  ];
  const context = readContext(request, action, reading);
  if ('problem' in context) return context;
  const unknownContext = new Set(request.unknownContext);
  return { entities: lookup, principal, action, resource, ...context, unknownContext };
};

type Sorted = {
  readonly satisfied: PartialDecision['satisfied'][number][];
  readonly residuals: Residual[];
  readonly errors: PolicyFault[];
};

const sortOut = (store: PolicyStore, env: PartialEnv): Sorted => {
  const sorted: Sorted = { satisfied: [], residuals: [], errors: [] };
  for (const { id: policyId, node } of store.policies) {
    const { effect } = node;
    const outcome = evaluatePartially(env, policyToExpr(node));
    if (outcome.kind === 'residual')
      sorted.residuals.push({ policyId, effect, condition: outcome.expr });
    else if (outcome.kind === 'failure') sorted.errors.push({ policyId, message: outcome.message });
    else if (outcome.value === true) sorted.satisfied.push({ policyId, effect });
    else if (outcome.value !== false)
      sorted.errors.push({ policyId, message: 'the condition is not a bool' });
  }
  return sorted;
};

/** A forbid that holds decides at once; a permit only when no forbid is open. */
const decisionOf = ({ satisfied, residuals }: Sorted): PartialDecision['decision'] => {
  const has = (list: readonly { effect: string }[], wanted: string): boolean =>
    list.some(({ effect }) => effect === wanted);
  if (has(satisfied, 'forbid')) return 'deny';
  const mayAllow = has(satisfied, 'permit') || has(residuals, 'permit');
  if (!mayAllow) return 'deny';
  return has(satisfied, 'permit') && !has(residuals, 'forbid') ? 'allow' : undefined;
};

const refused = ({ problem }: RequestProblem): PartialDecision => ({
  decision: 'deny',
  satisfied: [],
  residuals: [],
  errors: [{ policyId: '', message: problem }],
});

/** Decides what can be decided. Costs some microseconds per policy. Never throws. */
export const decidePartially = (
  store: PolicyStore,
  request: PartialRequest,
  entities?: EntitiesArgument,
): PartialDecision => {
  const env = readSafely(store, request, entities);
  if ('problem' in env) return refused(env);
  const sorted = sortOut(store, env);
  return { decision: decisionOf(sorted), ...sorted };
};

/** The rest of a decision for one way to fill the unknown parts; see `PolicyStore.bind`. */
export type ResidualDecider = (env: Parameters<Code>[0]) => 'allow' | 'deny';

/** Makes the residuals of one decision ready to be asked many times. */
export const compileResiduals = (partial: PartialDecision): ResidualDecider => {
  const { decision, satisfied, residuals } = partial;
  if (decision !== undefined) return () => decision;
  const codesOf = (wanted: string): readonly Code[] =>
    residuals
      .filter(({ effect }) => effect === wanted)
      .map(({ condition }) => compileExpression(condition));
  const forbids = codesOf('forbid');
  const permits = codesOf('permit');
  const isPermitted = satisfied.some(({ effect }) => effect === 'permit');
  return (env) => {
    for (const forbid of forbids) if (forbid(env) === true) return 'deny';
    if (isPermitted) return 'allow';
    for (const permit of permits) if (permit(env) === true) return 'allow';
    return 'deny';
  };
};
