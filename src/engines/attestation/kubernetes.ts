/**
 * Node attestation in Kubernetes by a projected service-account token: the API server of the cluster
 * reviews the token (the call is an effect of the caller), and its answer is judged here.
 */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { matchesAny } from './pattern.ts';
import {
  denied,
  malformed,
  member,
  objectMember,
  textMember,
  toNodeId,
  toSelectors,
  untrusted,
} from './reading.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';

export type KubernetesCluster = {
  /** Audience the token must be projected for; never the API server's own. */
  readonly audience: string;
  /** Patterns of `namespace:name`. */
  readonly serviceAccounts: readonly string[];
};

export type KubernetesPolicy = { readonly clusters: ReadonlyMap<string, KubernetesCluster> };

/** Posts a TokenReview to the API server of a cluster and returns the answered object. */
export type ReviewToken = (cluster: string, review: JsonObject) => Promise<JsonObject | Refusal>;

const maxTokenLength = 16_384;
const userPrefix = 'system:serviceaccount:';
const claimPrefix = 'authentication.kubernetes.io/';

const clusterOf = (
  evidence: Evidence,
  policy: KubernetesPolicy,
): { name: string; cluster: KubernetesCluster } | Refusal => {
  const name = textMember(evidence, 'cluster', 128);
  if (isRefusal(name)) return name;
  const cluster = policy.clusters.get(name);
  return cluster === undefined ? denied('the cluster is not configured') : { name, cluster };
};

/** The TokenReview to post for evidence `{cluster, token}`. */
export const tokenReviewFor = (
  evidence: Evidence,
  policy: KubernetesPolicy,
): { readonly cluster: string; readonly review: JsonObject } | Refusal => {
  const found = clusterOf(evidence, policy);
  if (isRefusal(found)) return found;
  const token = textMember(evidence, 'token', maxTokenLength);
  if (isRefusal(token)) return token;
  const spec = { token, audiences: [found.cluster.audience] };
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
  return { cluster: found.name, review };
};

/** A claim bound to the token: exactly one value, or undefined. */
const claim = (user: JsonObject, name: string): string | undefined => {
  const values = member(member(user, 'extra'), `${claimPrefix}${name}`);
  const value: unknown = Array.isArray(values) && values.length === 1 ? values[0] : undefined;
  return typeof value === 'string' && value.length > 0 ? value : undefined;
};

const userOf = (review: JsonObject, audience: string): JsonObject | Refusal => {
  const status = objectMember(review, 'status');
  if (isRefusal(status)) return untrusted('the cluster did not answer the review');
  if (status['authenticated'] !== true) return untrusted('the cluster does not know the token');
  const audiences = member(status, 'audiences');
  // An API server that knows no audiences leaves the list out: then nothing is known about it.
  if (!Array.isArray(audiences) || !audiences.includes(audience))
    return denied('the token is meant for somebody else');
  return objectMember(status, 'user');
};

/** Judges the answered TokenReview. Node id: cluster and UID of the Kubernetes node. */
export const verifyKubernetes = (
  evidence: Evidence,
  { policy, review }: { readonly policy: KubernetesPolicy; readonly review: JsonObject },
  _time: AttestationTime,
): AttestedNode | Refusal => {
  const found = clusterOf(evidence, policy);
  if (isRefusal(found)) return found;
  const user = userOf(review, found.cluster.audience);
  if (isRefusal(user)) return user;
  const username = textMember(user, 'username');
  if (isRefusal(username)) return username;
  const account = username.startsWith(userPrefix) ? username.slice(userPrefix.length) : '';
  if (!matchesAny(found.cluster.serviceAccounts, account))
    return denied('the service account is not admitted');
  const [namespace = '', serviceAccount = ''] = account.split(':', 2);
  const nodeUid = claim(user, 'node-uid');
  const podUid = claim(user, 'pod-uid');
  if (podUid === undefined) return denied('the token is not bound to a pod');
  if (nodeUid === undefined)
    return malformed('the token names no node (Kubernetes 1.32 or newer does)');
  const nodeId = toNodeId(found.name, nodeUid);
  if (isRefusal(nodeId)) return nodeId;
  const selectors = toSelectors('k8s-psat', {
    cluster: found.name,
    'agent-ns': namespace,
    'agent-sa': serviceAccount,
    'agent-pod-name': claim(user, 'pod-name'),
    'agent-pod-uid': podUid,
    'agent-node-name': claim(user, 'node-name'),
    'agent-node-uid': nodeUid,
  });
  return { nodeId, selectors, reattestable: true };
};

/** Review and judgement in one; refuses when the API server cannot be asked. */
export const attestKubernetes = async (
  evidence: Evidence,
  { policy, reviewToken }: { readonly policy: KubernetesPolicy; readonly reviewToken: ReviewToken },
  time: AttestationTime,
): Promise<AttestedNode | Refusal> => {
  const ask = tokenReviewFor(evidence, policy);
  if (isRefusal(ask)) return ask;
  const review = await reviewToken(ask.cluster, ask.review);
  return isRefusal(review) ? review : verifyKubernetes(evidence, { policy, review }, time);
};
