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
  type Profile,
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
const profileOf = (
  index: PolicyIndex,
  value: EntityValue,
  { record, env }: { readonly record: EntityRecord | undefined; readonly env: Env },
): Profile => {
  if (record === undefined) return index.profileOf(value, []);
  const closure = env.entities.closureOf(record);
  if (closure.profile?.owner === index) return closure.profile as Profile;
  const profile = index.profileOf(value, closure.ancestors);
  closure.profile = profile;
  return profile;
};

/** What leads to the policies that a request is about. */
export const requestProfiles = (index: PolicyIndex, env: Env): RequestProfiles => ({
  principal: profileOf(index, env.principal, { record: env.principalRecord, env }),
  action: profileOf(index, env.action, { record: env.actionRecord, env }),
  resource: profileOf(index, env.resource, { record: env.resourceRecord, env }),
});

/** The failure with its place: conditions are shared between policies until they fail. */
const locate = (policy: ReadyPolicy, env: Env, failure: Failure): Failure => {
  policy.exact ??= compileConditions(policy.node);
  const again = policy.exact?.(env);
  return isFailure(again) ? again : failure;
};

type Failed = { readonly policy: ReadyPolicy; readonly failure: Failure };
/** Lists are made when something comes in. */
type Found = {
  readonly env: Env;
  permits: ReadyPolicy[] | undefined;
  forbids: ReadyPolicy[] | undefined;
  failed: Failed[] | undefined;
};

const consider: Visit<Found> = (policy, found) => {
  const { condition } = policy;
  const outcome = condition === undefined || condition(found.env);
  if (outcome === false) return;
  if (outcome !== true)
    (found.failed ??= []).push({ policy, failure: locate(policy, found.env, outcome) });
  else if (policy.isForbid) (found.forbids ??= []).push(policy);
  else (found.permits ??= []).push(policy);
};

const evaluate = (index: PolicyIndex, env: Env): Found => {
  const found: Found = { env, permits: undefined, forbids: undefined, failed: undefined };
  visitCandidates(requestProfiles(index, env), consider, found);
  return found;
};

const nothing: readonly never[] = Object.freeze([]);

const reasonsOf = (policies: ReadyPolicy[] | undefined): readonly PolicyReason[] => {
  if (policies === undefined) return nothing;
  if (policies.length > 1) policies.sort((left, right) => left.position - right.position);
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
