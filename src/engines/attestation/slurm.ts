/**
 * Slurm job credentials: a JWS that the site's prolog (or `scontrol token`-like tooling) signs per job
 * with a configured key. Claims: `sun` (user name, as Slurm's own auth/jwt), `cluster`, `job_id`,
 * `nodes` (list or hostlist expression), optional `uid`, `account`, `partition`; `iss`, `aud`, `exp`.
 */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { hostlistHas } from './hostlist.ts';
import {
  denied,
  malformed,
  member,
  scalarMember,
  textMember,
  toNodeId,
  toSelectors,
} from './reading.ts';
import { verifyToken } from './token.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';

export type SlurmCluster = {
  readonly issuer: string;
  readonly audience: string;
  /** Public keys of the site as JWKS. */
  readonly jwks: JsonObject;
};

export type SlurmPolicy = { readonly clusters: ReadonlyMap<string, SlurmCluster> };

const maxNodes = 65_536;
/** Jobs run for weeks, and the credential lives as long as its job. */
const maxLifeMs = 32 * 86_400_000;

const isNodeOf = (claims: JsonObject, node: string): boolean => {
  const nodes = member(claims, 'nodes');
  if (typeof nodes === 'string') return hostlistHas(nodes, node);
  return Array.isArray(nodes) && nodes.length <= maxNodes && nodes.includes(node);
};

/** Evidence `{cluster, node, token}`. Node id: cluster, job and node. */
export const verifySlurm = (
  evidence: Evidence,
  policy: SlurmPolicy,
  time: AttestationTime,
): AttestedNode | Refusal => {
  const name = textMember(evidence, 'cluster', 64);
  const node = textMember(evidence, 'node', 253);
  const token = textMember(evidence, 'token', 16_384);
  for (const value of [name, node, token]) if (isRefusal(value)) return value;
  const cluster = policy.clusters.get(name as string);
  if (cluster === undefined) return denied('the cluster is not configured');
  const { issuer, audience, jwks } = cluster;
  const expectation = { issuer, audiences: [audience], jwks, maxLifeMs };
  const claims = verifyToken(token as string, expectation, time);
  if (isRefusal(claims)) return claims;
  if (claims['cluster'] !== name) return denied('the credential is of another cluster');
  if (!isNodeOf(claims, node as string)) return denied('the job does not run on this node');
  const job = scalarMember(claims, 'job_id');
  const user = scalarMember(claims, 'sun');
  if (job === undefined || user === undefined) return malformed('the credential names no job');
  const nodeId = toNodeId(name as string, job, node as string);
  if (isRefusal(nodeId)) return nodeId;
  const selectors = toSelectors('slurm', {
    cluster: name as string,
    'job-id': job,
    user,
    uid: scalarMember(claims, 'uid'),
    account: scalarMember(claims, 'account'),
    partition: scalarMember(claims, 'partition'),
    node: node as string,
  });
  return { nodeId, selectors, reattestable: true };
};
