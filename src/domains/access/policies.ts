/** Validating and replacing the policies in force. */
import {
  authorizationErrors,
  type PolicyProblem,
  validatePolicies,
} from '../../engines/authorization/index.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Ledger } from '../ledger/index.ts';
import { type AccessState, inTurn, synchronise } from './access-state.ts';
import { accessErrors } from './errors.ts';
import { policiesReplaced } from './events.ts';
import { compilePolicies, disposePolicies, type PolicyState } from './policy-state.ts';
import type { PolicySetRow } from './schema.ts';
import type { AccessPolicies, CandidatePolicies, PolicySetInfo, ReplacePolicies } from './types.ts';

type Recorder = Pick<Ledger, 'append'> | undefined;

/** Compiles a candidate as the version after the one in force. */
export const compileCandidate = (
  state: AccessState,
  { files, schema = state.policies.info.schema }: CandidatePolicies,
): PolicyState =>
  compilePolicies({
    evaluator: state.policies.evaluator,
    source: 'database',
    version: state.policies.info.version + 1,
    files,
    schema,
  });

/** The refusal of a candidate that does not compile. */
export const refuseCandidate = (problems: readonly PolicyProblem[]): Refusal => {
  const errors = problems.filter(({ severity }) => severity === 'error');
  return refuse(
    authorizationErrors.E_POLICY_INVALID,
    `${errors.length} problem(s); the first: ${errors[0]?.message ?? 'unknown'}`,
    { problems },
  );
};

const rowOf = (info: PolicySetInfo, actor: ReplacePolicies['actor'], timeMs: number) =>
  ({
    version: info.version,
    files: JSON.stringify(info.files),
    schema_text: info.schema,
    digest: info.digest,
    actor_type: actor.type,
    actor_id: actor.id,
    created_at_ms: timeMs,
  }) satisfies PolicySetRow;

const conflict = (version: number): Refusal =>
  refuse(accessErrors.E_POLICY_CONFLICT, `version ${version} is in force`);

/** The event first, then the set: a set without its event never is in force. */
const putInForce = async (
  state: AccessState,
  ledger: Recorder,
  { after, actor }: { readonly after: PolicySetInfo; readonly actor: ReplacePolicies['actor'] },
): Promise<PolicySetInfo | Refusal> => {
  const before = state.policies.info;
  const timeMs = state.clock.nowMs();
  const replacement = { before, after, actor, timeMs };
  await ledger?.append(policiesReplaced(replacement));
  const isFirst = await state.store.insertPolicies(rowOf(after, actor, timeMs));
  await synchronise(state);
  if (isFirst) return state.policies.info;
  await ledger?.append(policiesReplaced({ ...replacement, isSuccess: false }));
  return conflict(state.policies.info.version);
};

const replace = async (
  state: AccessState,
  ledger: Recorder,
  candidate: ReplacePolicies,
): Promise<PolicySetInfo | Refusal> => {
  await synchronise(state);
  const { expectedVersion, actor } = candidate;
  const { version } = state.policies.info;
  if (expectedVersion !== undefined && expectedVersion !== version) return conflict(version);
  const compiled = compileCandidate(state, candidate);
  disposePolicies(compiled);
  if (compiled.set === undefined) return refuseCandidate(compiled.info.problems);
  return putInForce(state, ledger, { after: compiled.info, actor });
};

export const createAccessPolicies = (state: AccessState, ledger: Recorder): AccessPolicies => ({
  list: () => state.policies.info,
  validate: ({ files, schema = state.policies.info.schema }) =>
    validatePolicies({ policies: files, schema, evaluator: state.policies.evaluator }),
  replace: (candidate) => inTurn(state, () => replace(state, ledger, candidate)),
});
