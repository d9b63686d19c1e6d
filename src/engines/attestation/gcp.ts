/** Google Cloud instance identity tokens (RS256, full format) against Google's JWKS. */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { denied, objectMember, textMember, toNodeId, toSelectors } from './reading.ts';
import { verifyToken } from './token.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';

export type GcpPolicy = {
  readonly jwks: JsonObject;
  /** What nodes ask the metadata server to write into `aud`. */
  readonly audience: string;
  /** Project ids that are admitted; an empty list admits none. */
  readonly projects: readonly string[];
};

const issuer = 'https://accounts.google.com';

/** Evidence `{token}`. Node id: project and instance id. */
export const verifyGcp = (
  evidence: Evidence,
  policy: GcpPolicy,
  time: AttestationTime,
): AttestedNode | Refusal => {
  const token = textMember(evidence, 'token', 16_384);
  if (isRefusal(token)) return token;
  const { jwks, audience } = policy;
  const expectation = { issuer, audiences: [audience], jwks, algorithms: ['RS256' as const] };
  const claims = verifyToken(token, expectation, time);
  if (isRefusal(claims)) return claims;
  const google = objectMember(claims, 'google');
  const engine = isRefusal(google) ? google : objectMember(google, 'compute_engine');
  // The standard format of the token says nothing about the instance.
  if (isRefusal(engine)) return engine;
  const project = textMember(engine, 'project_id', 128);
  if (isRefusal(project)) return project;
  if (!policy.projects.includes(project)) return denied('the project is not admitted');
  const instance = textMember(engine, 'instance_id', 64);
  if (isRefusal(instance)) return instance;
  const nodeId = toNodeId(project, instance);
  if (isRefusal(nodeId)) return nodeId;
  const optional = (source: JsonObject, name: string): string | undefined => {
    const value = textMember(source, name, 256);
    return isRefusal(value) ? undefined : value;
  };
  const selectors = toSelectors('gcp-iit', {
    'project-id': project,
    zone: optional(engine, 'zone'),
    'instance-id': instance,
    'instance-name': optional(engine, 'instance_name'),
    sa: claims['email_verified'] === true ? optional(claims, 'email') : undefined,
  });
  // A token can be shown again until it expires by whoever saw it.
  return { nodeId, selectors, reattestable: false };
};
