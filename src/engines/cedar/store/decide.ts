/**
 * One decision by Cedar's rule: any forbid that holds denies, otherwise any permit that holds allows,
 * otherwise the answer is deny. A policy that fails is left out and reported.
 */
import type { EntityRecord } from '../entities/hierarchy.ts';
import type { Env } from '../evaluate/code.ts';
import { compileConditions } from '../evaluate/policy.ts';
import { type EntityValue, type Failure, isFailure } from '../values/value.ts';

import {
  type PolicyIndex,
  type ReadyPolicy,
  type RequestProfiles,
  type Visit,
  visitCandidates,
} from './policy-index.ts';

export type PolicyReason = { readonly policyId: string };
export type PolicyFault = { readonly policyId: string; readonly message: string };

/** The answer. `errors` with an empty id speak of the request or the entities. */
export type CedarDecision = {
  readonly decision: 'allow' | 'deny';
  /** The policies that determined the decision, in the order of the set. */
  readonly reasons: readonly PolicyReason[];
  readonly errors: readonly PolicyFault[];
};

/** What holds for an entity: remembered with its ancestors while those are valid. */
const placeOf = (
  { profiles }: PolicyIndex,
  value: EntityValue,
  { record, env }: { readonly record: EntityRecord | undefined; readonly env: Env },
): number => {
  if (record === undefined) return profiles.placeOf(value, []);
  const closure = env.entities.closureOf(record);
  if (closure.profileOwner === profiles.epoch) return closure.profile;
  closure.profile = profiles.placeOf(value, closure.ancestors);
  closure.profileOwner = profiles.epoch;
  return closure.profile;
};

/** What leads to the policies that a request is about. */
export const requestProfiles = (index: PolicyIndex, env: Env): RequestProfiles => {
  index.profiles.tidy();
  return {
    principal: placeOf(index, env.principal, { record: env.principalRecord, env }),
    action: placeOf(index, env.action, { record: env.actionRecord, env }),
    resource: placeOf(index, env.resource, { record: env.resourceRecord, env }),
  };
};

/** The failure with its place: conditions are shared between policies until they fail. */
const locate = (policy: ReadyPolicy, env: Env, failure: Failure): Failure => {
  policy.exact ??= compileConditions(policy.node);
  const again = policy.exact?.(env);
  return isFailure(again) ? again : failure;
};

type Failed = { readonly policy: ReadyPolicy; readonly failure: Failure };
/** Lists are made when something comes in. */
type Found = {
  readonly index: PolicyIndex;
  readonly env: Env;
  permits: ReadyPolicy[] | undefined;
  forbids: ReadyPolicy[] | undefined;
  failed: Failed[] | undefined;
};

/** A list with room for one, which is what most requests need. */
const appended = <T>(list: T[] | undefined, item: T): T[] => {
  if (list === undefined) return [item];
  list.push(item);
  return list;
};

const consider: Visit<Found> = (at, found) => {
  const { index, env } = found;
  const condition = index.conditions[at];
  const outcome = condition === undefined || condition(env);
  if (outcome === false) return;
  const policy = index.listed[at] as ReadyPolicy;
  if (outcome !== true) {
    const failure = locate(policy, env, outcome);
    found.failed = appended(found.failed, { policy, failure });
  } else if (policy.isForbid) found.forbids = appended(found.forbids, policy);
  else found.permits = appended(found.permits, policy);
};

const evaluate = (index: PolicyIndex, env: Env): Found => {
  const found: Found = { index, env, permits: undefined, forbids: undefined, failed: undefined };
  visitCandidates(index, requestProfiles(index, env), [consider, found]);
  return found;
};

const nothing: readonly never[] = Object.freeze([]);

const reasonsOf = (policies: ReadyPolicy[] | undefined): readonly PolicyReason[] => {
  if (policies === undefined) return nothing;
  const [only] = policies;
  if (policies.length === 1 && only !== undefined) return [only.reason];
  policies.sort((left, right) => left.position - right.position);
  return policies.map(({ reason }) => reason);
};

/** Says what failed and where. */
export type DescribeFailure = (policy: ReadyPolicy, failure: Failure) => string;

const faultsOf = (
  failed: Failed[] | undefined,
  describe: DescribeFailure,
): readonly PolicyFault[] => {
  if (failed === undefined) return nothing;
  failed.sort((left, right) => left.policy.position - right.policy.position);
  return failed.map(({ policy, failure }) => ({
    policyId: policy.id,
    message: describe(policy, failure),
  }));
};

export const decide = (index: PolicyIndex, env: Env, describe: DescribeFailure): CedarDecision => {
  const { permits, forbids, failed } = evaluate(index, env);
  const errors = faultsOf(failed, describe);
  if (forbids !== undefined) return { decision: 'deny', reasons: reasonsOf(forbids), errors };
  if (permits === undefined) return { decision: 'deny', reasons: nothing, errors };
  return { decision: 'allow', reasons: reasonsOf(permits), errors };
};

/** A denial that no policy determined. */
export const denyWith = (message: string): CedarDecision => ({
  decision: 'deny',
  reasons: nothing,
  errors: [{ policyId: '', message }],
});
