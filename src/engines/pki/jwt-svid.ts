/** JWT-SVID (SPIFFE JWT-SVID 2026-07-01): issue and verify. Rule ids are those of the conformance list. */
import type { KeyObject } from 'node:crypto';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { type SpiffeId, trustDomainOf } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { formatCompactJws, jwtHeaderRules, parseCompactJws } from './compact-jws.ts';
import { pkiErrors } from './errors.ts';
import { type JoseAlgorithm, signJose, verifyJose } from './jose-algorithm.ts';
import { type ClockSkew, defaultClockSkew } from './skew.ts';
import {
  breaksRule,
  checkTimes,
  keysFor,
  readAudience,
  readSubject,
  readTokenId,
} from './token-claims.ts';
import type { TrustBundle } from './trust-bundle.ts';

/** A proven token. Times are epoch milliseconds. */
export type VerifiedJwtSvid = {
  readonly spiffeId: SpiffeId;
  readonly audience: readonly string[];
  readonly expiresAtMs: number;
  readonly issuedAtMs?: number;
  /** `jti`, when the issuer set a usable one. */
  readonly id?: string;
  readonly claims: JsonObject;
};

export type JwtSvidPolicy = {
  /** The bundle of a trust domain by its name; none means untrusted (JWT-17). */
  readonly bundleOf: (trustDomain: string) => TrustBundle | undefined;
  /** Names this verifier goes by; one of them must be an audience (JWT-10). */
  readonly audiences: readonly string[];
  readonly nowMs: number;
  readonly skew?: ClockSkew;
};

export type JwtSvidClaims = {
  readonly spiffeId: SpiffeId;
  readonly audience: readonly [string, ...string[]];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly id?: string;
};

export type JwtSigner = {
  readonly algorithm: JoseAlgorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
};

const rules = {
  subject: 'JWT-07',
  audienceMissing: 'JWT-09',
  audienceForm: 'JWT-08',
  expiryMissing: 'JWT-12',
  expired: 'JWT-13',
} as const;

/**
 * Verifies a compact JWT-SVID. Cheap checks come first; the signature is the last, so a refusal
 * before it says nothing about keys. Total on all inputs.
 */
export const verifyJwtSvid = (token: string, policy: JwtSvidPolicy): VerifiedJwtSvid | Refusal => {
  const jws = parseCompactJws(token, jwtHeaderRules);
  if (isRefusal(jws)) return jws;
  const { header, payload } = jws;
  if (header.typ !== undefined && header.typ !== 'JWT' && header.typ !== 'JOSE')
    return breaksRule('JWT-06', 'typ is neither JWT nor JOSE');
  const spiffeId = readSubject(payload, rules.subject);
  if (isRefusal(spiffeId)) return spiffeId;
  const audience = readAudience(payload, rules);
  if (isRefusal(audience)) return audience;
  if (!policy.audiences.some((own) => audience.includes(own)))
    return refuse(pkiErrors.E_SVID_AUDIENCE, 'token is not for this server', { rule: 'JWT-10' });
  const { nowMs, skew = defaultClockSkew } = policy;
  const times = checkTimes(payload, { nowMs, skew }, rules);
  if (isRefusal(times)) return times;
  const bundle = policy.bundleOf(trustDomainOf(spiffeId));
  const signed = { data: jws.signingInput, signature: jws.signature };
  const isProven =
    bundle !== undefined &&
    keysFor(header, bundle.jwtAuthorities).some(({ key }) => verifyJose(header.alg, key, signed));
  if (!isProven)
    return refuse(pkiErrors.E_SVID_UNTRUSTED, 'no trusted key signed the token', {
      rule: 'JWT-17',
    });
  const id = readTokenId(payload);
  return { spiffeId, audience, ...times, ...(id === undefined ? {} : { id }), claims: payload };
};

/** Signs a JWT-SVID; header `alg`, `kid`, `typ` and nothing else. Times are cut to whole seconds. */
export const signJwtSvid = (claims: JwtSvidClaims, signer: JwtSigner): string => {
  const [only, ...more] = claims.audience;
  return formatCompactJws(
    { alg: signer.algorithm, kid: signer.kid, typ: 'JWT' },
    {
      sub: claims.spiffeId,
      aud: more.length === 0 ? only : claims.audience,
      iat: Math.floor(claims.issuedAtMs / 1000),
      exp: Math.floor(claims.expiresAtMs / 1000),
      ...(claims.id === undefined ? {} : { jti: claims.id }),
    },
    (data) => signJose(signer.algorithm, signer.privateKey, data),
  );
};
