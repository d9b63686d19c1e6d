/**
 * OIDC tokens of CI systems: issuer, audience and claims by configuration. Templates make the node id
 * out of claims; each claim becomes exactly one path segment, so no claim can forge another's.
 */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { matchesAny } from './pattern.ts';
import { denied, malformed, scalarMember, textMember, toNodeId, toSelectors } from './reading.ts';
import { verifyToken } from './token.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';

export type OidcProvider = {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: JsonObject;
  /** Patterns by claim; every claim named here must be there and match one of its patterns. */
  readonly require: Readonly<Record<string, readonly string[]>>;
  /** Claims that make the node id, in order, such as `['repository_id', 'run_id']`. */
  readonly nodeId: readonly [string, ...string[]];
  /** Claims that become selectors `oidc:<provider>:<claim>:<value>`. */
  readonly selectors: readonly string[];
};

export type OidcPolicy = { readonly providers: ReadonlyMap<string, OidcProvider> };

const checkClaims = (claims: JsonObject, provider: OidcProvider): Refusal | undefined => {
  const required = Object.entries(provider.require);
  // Anybody may get a token of a public issuer: one claim at least says whose it is.
  if (required.length === 0) return denied('the provider requires no claim');
  for (const [name, patterns] of required) {
    const value = scalarMember(claims, name);
    if (value === undefined || !matchesAny(patterns, value))
      return denied(`the claim ${name} is not admitted`);
  }
  return undefined;
};

/** Evidence `{provider, token}`. */
export const verifyOidc = (
  evidence: Evidence,
  policy: OidcPolicy,
  time: AttestationTime,
): AttestedNode | Refusal => {
  const name = textMember(evidence, 'provider', 64);
  if (isRefusal(name)) return name;
  const provider = policy.providers.get(name);
  if (provider === undefined) return denied('the provider is not configured');
  const token = textMember(evidence, 'token', 16_384);
  if (isRefusal(token)) return token;
  const { issuer, audience, jwks } = provider;
  const claims = verifyToken(token, { issuer, audiences: [audience], jwks }, time);
  if (isRefusal(claims)) return claims;
  const problem = checkClaims(claims, provider);
  if (problem !== undefined) return problem;
  const parts: string[] = [name];
  for (const claim of provider.nodeId) {
    const value = scalarMember(claims, claim);
    if (value === undefined) return malformed(`the token has no claim ${claim}`);
    parts.push(value);
  }
  const nodeId = toNodeId(...parts);
  if (isRefusal(nodeId)) return nodeId;
  const values = provider.selectors.map((claim) => [claim, scalarMember(claims, claim)] as const);
  const selectors = toSelectors(`oidc:${name}`, Object.fromEntries(values));
  return { nodeId, selectors, reattestable: false };
};
