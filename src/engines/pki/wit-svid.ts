/**
 * WIT-SVID (SPIFFE WIT-SVID 2026-07-01): a token that names a key, worth nothing without a proof by
 * that key (see workload-proof.ts). Rule ids are those of the conformance list.
 */
import type { KeyObject } from 'node:crypto';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { type SpiffeId, trustDomainOf } from '../../kernel/ids.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { formatCompactJws, type HeaderRules, parseCompactJws } from './compact-jws.ts';
import { pkiErrors } from './errors.ts';
import {
  fitsAlgorithm,
  isJoseAlgorithm,
  type JoseAlgorithm,
  signJose,
  verifyJose,
} from './jose-algorithm.ts';
import { exportPublicJwk, importPublicJwk } from './jwk.ts';
import type { JwtSigner } from './jwt-svid.ts';
import { type ClockSkew, defaultClockSkew } from './skew.ts';
import { breaksRule, checkTimes, keysFor, readSubject, readTokenId } from './token-claims.ts';
import type { TrustBundle } from './trust-bundle.ts';

/** The key a token is bound to, and the only algorithm it signs proofs with. */
export type ConfirmationKey = { readonly key: KeyObject; readonly algorithm: JoseAlgorithm };

export type WitSvidClaims = {
  readonly spiffeId: SpiffeId;
  readonly confirmation: ConfirmationKey;
  readonly expiresAtMs: number;
  readonly issuedAtMs?: number;
  /** Unique within the trust domain; instances of a workload share it (WIT-12, WIT-13). */
  readonly id?: string;
};

export type WitSvidPolicy = {
  /** The bundle of a trust domain by its name; none means untrusted. */
  readonly bundleOf: (trustDomain: string) => TrustBundle | undefined;
  readonly nowMs: number;
  readonly skew?: ClockSkew;
};

/**
 * A token that a trusted authority signed. Whoever presents it has proven nothing yet (WIT-21):
 * only `verifyWorkloadProof` turns it into an identity.
 */
export type VerifiedWitSvid = {
  readonly token: string;
  readonly spiffeId: SpiffeId;
  readonly confirmation: ConfirmationKey;
  readonly expiresAtMs: number;
  readonly issuedAtMs?: number;
  readonly id?: string;
  readonly claims: JsonObject;
};

const headerRules: HeaderRules = { compact: 'WIT-01', algorithm: 'WIT-07', more: 'ignored' };
const rules = {
  subject: 'WIT-08',
  expiryMissing: 'WIT-14',
  expired: 'WIT-15',
  early: 'WIT-16',
} as const;

/**
 * Reads a public JWK that is to be confirmed by a token: `alg` is one of the nine and fits the key,
 * no private member is there. Refuses with the rule (WIT-10, WIT-11); never throws.
 */
export const parseConfirmationJwk = (jwk: JsonValue | undefined): ConfirmationKey | Refusal => {
  if (!isJsonObject(jwk)) return breaksRule('WIT-10', 'cnf holds no jwk');
  const { alg } = jwk;
  if (!isJoseAlgorithm(alg)) return breaksRule('WIT-11', 'cnf.jwk has no accepted alg');
  const key = importPublicJwk(jwk);
  if (isRefusal(key)) return breaksRule('WIT-10', `cnf: ${key.detail}`);
  return fitsAlgorithm(key, alg)
    ? { key, algorithm: alg }
    : breaksRule('WIT-11', 'cnf.jwk is of another kind than its alg');
};

/** The public JWK of a confirmation key: its members and `alg`. */
export const formatConfirmationJwk = ({
  key,
  algorithm,
}: ConfirmationKey): Readonly<Record<string, string>> => ({
  ...exportPublicJwk(key),
  alg: algorithm,
});

const readConfirmation = (claims: JsonObject): ConfirmationKey | Refusal => {
  const { cnf } = claims;
  if (!isJsonObject(cnf)) return breaksRule('WIT-09', 'no cnf');
  return parseConfirmationJwk(cnf['jwk']);
};

/**
 * Signs a WIT-SVID: header `alg`, `kid`, `typ`; claims `sub`, `exp`, `cnf` and what was given. Times
 * are cut to whole seconds.
 *
 * @throws RangeError when the confirmation key does not fit its algorithm
 */
export const signWitSvid = (claims: WitSvidClaims, signer: JwtSigner): string => {
  const { spiffeId, confirmation, expiresAtMs, issuedAtMs, id } = claims;
  if (!fitsAlgorithm(confirmation.key, confirmation.algorithm))
    throw new RangeError('the confirmation key does not fit its algorithm');
  return formatCompactJws(
    { alg: signer.algorithm, kid: signer.kid, typ: 'wit+jwt' },
    {
      sub: spiffeId,
      ...(issuedAtMs === undefined ? {} : { iat: Math.floor(issuedAtMs / 1000) }),
      exp: Math.floor(expiresAtMs / 1000),
      ...(id === undefined ? {} : { jti: id }),
      cnf: { jwk: formatConfirmationJwk(confirmation) },
    },
    (data) => signJose(signer.algorithm, signer.privateKey, data),
  );
};

/**
 * Verifies the token alone; the presentation still needs its proof (WIT-23). Cheap checks come
 * first, the signature last. Total on all inputs.
 */
export const verifyWitSvid = (token: string, policy: WitSvidPolicy): VerifiedWitSvid | Refusal => {
  const jws = parseCompactJws(token, headerRules);
  if (isRefusal(jws)) return jws;
  const { header, payload } = jws;
  if (header.typ !== 'wit+jwt') return breaksRule('WIT-05', 'typ is not wit+jwt');
  if (header.kid === undefined) return breaksRule('WIT-02', 'no kid');
  const spiffeId = readSubject(payload, rules.subject);
  if (isRefusal(spiffeId)) return spiffeId;
  if (payload['aud'] !== undefined) return breaksRule('WIT-18', 'a WIT-SVID has no audience');
  const { nowMs, skew = defaultClockSkew } = policy;
  const times = checkTimes(payload, { nowMs, skew }, rules);
  if (isRefusal(times)) return times;
  const confirmation = readConfirmation(payload);
  if (isRefusal(confirmation)) return confirmation;
  const authorities = policy.bundleOf(trustDomainOf(spiffeId))?.witAuthorities ?? [];
  const signed = { data: jws.signingInput, signature: jws.signature };
  if (!keysFor(header, authorities).some(({ key }) => verifyJose(header.alg, key, signed)))
    return refuse(pkiErrors.E_SVID_UNTRUSTED, 'no trusted key signed the token', {
      rule: 'WIT-28',
    });
  const id = readTokenId(payload);
  const optional = id === undefined ? {} : { id };
  return { token, spiffeId, confirmation, ...times, ...optional, claims: payload };
};
