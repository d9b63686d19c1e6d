/** JWT-SVID (SPIFFE JWT-SVID 2026-07-01): issue and verify. Rule ids are those of the conformance list. */
import type { KeyObject } from 'node:crypto';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId, trustDomainOf } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { formatCompactJws, type JwsHeader, parseCompactJws } from './compact-jws.ts';
import { pkiErrors } from './errors.ts';
import { type JoseAlgorithm, signJose, verifyJose } from './jose-algorithm.ts';
import { type ClockSkew, defaultClockSkew } from './skew.ts';
import type { JwtAuthority, TrustBundle } from './trust-bundle.ts';

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

const maxAudiences = 64;
const maxIdLength = 128;
/** Without a `kid` every fitting key is tried, but not more than this. */
const maxKeysTried = 4;
/** Seconds beyond the year 9999 are nonsense and would lose precision as milliseconds. */
const maxNumericDate = 253_402_300_799;

const breaks = (rule: string, what: string): Refusal =>
  refuse(pkiErrors.E_SVID_PROFILE, `token: ${what} (${rule})`, { rule });

const readAudience = (claims: JsonObject): readonly string[] | Refusal => {
  const aud = claims['aud'];
  const values = typeof aud === 'string' ? [aud] : aud;
  if (!Array.isArray(values) || values.length === 0) return breaks('JWT-09', 'no audience');
  if (values.length > maxAudiences || !values.every((value) => typeof value === 'string'))
    return breaks('JWT-08', 'bad audience list');
  return values;
};

const readDate = (claims: JsonObject, name: string): number | undefined | Refusal => {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || value < 0 || value > maxNumericDate)
    return refuse(pkiErrors.E_SVID_MALFORMED, `token: bad ${name}`);
  return value * 1000;
};

type Times = { readonly expiresAtMs: number; readonly issuedAtMs?: number };

const checkTimes = (claims: JsonObject, nowMs: number, skew: ClockSkew): Times | Refusal => {
  const exp = readDate(claims, 'exp');
  if (isRefusal(exp)) return exp;
  if (exp === undefined) return breaks('JWT-12', 'no expiry');
  if (nowMs >= exp + skew.afterMs)
    return refuse(pkiErrors.E_SVID_EXPIRED, 'token has expired', { rule: 'JWT-13' });
  const nbf = readDate(claims, 'nbf');
  if (isRefusal(nbf)) return nbf;
  if (nbf !== undefined && nbf - skew.beforeMs > nowMs)
    return refuse(pkiErrors.E_SVID_NOT_YET_VALID, 'token is not valid yet');
  const iat = readDate(claims, 'iat');
  if (isRefusal(iat)) return iat;
  return { expiresAtMs: exp, ...(iat === undefined ? {} : { issuedAtMs: iat }) };
};

const checkSubject = (claims: JsonObject): SpiffeId | Refusal => {
  const sub = claims['sub'];
  if (typeof sub !== 'string') return breaks('JWT-07', 'no subject');
  const id = parseSpiffeId(sub);
  if (isRefusal(id)) return breaks('JWT-07', 'subject is not a SPIFFE ID');
  if (id.indexOf('/', 'spiffe://'.length) < 0)
    return breaks('JWT-07', 'subject is a trust domain, not a workload');
  return id;
};

/** Only keys published for JWT-SVIDs are candidates (JWT-16); with a `kid` exactly one is. */
const candidates = (header: JwsHeader, bundle: TrustBundle): readonly JwtAuthority[] => {
  if (header.kid === undefined)
    return bundle.jwtAuthorities
      .filter((authority) => (authority.algorithm ?? header.alg) === header.alg)
      .slice(0, maxKeysTried);
  return bundle.jwtAuthorities.filter(
    (authority) =>
      authority.kid === header.kid && (authority.algorithm ?? header.alg) === header.alg,
  );
};

/**
 * Verifies a compact JWT-SVID. Cheap checks come first; the signature is the last, so a refusal
 * before it says nothing about keys. Total on all inputs.
 */
export const verifyJwtSvid = (token: string, policy: JwtSvidPolicy): VerifiedJwtSvid | Refusal => {
  const jws = parseCompactJws(token);
  if (isRefusal(jws)) return jws;
  const { header, payload } = jws;
  if (header.typ !== undefined && header.typ !== 'JWT' && header.typ !== 'JOSE')
    return breaks('JWT-06', 'typ is neither JWT nor JOSE');
  const spiffeId = checkSubject(payload);
  if (isRefusal(spiffeId)) return spiffeId;
  const audience = readAudience(payload);
  if (isRefusal(audience)) return audience;
  if (!policy.audiences.some((own) => audience.includes(own)))
    return refuse(pkiErrors.E_SVID_AUDIENCE, 'token is not for this server', { rule: 'JWT-10' });
  const times = checkTimes(payload, policy.nowMs, policy.skew ?? defaultClockSkew);
  if (isRefusal(times)) return times;
  const bundle = policy.bundleOf(trustDomainOf(spiffeId));
  const signed = { data: jws.signingInput, signature: jws.signature };
  const isProven =
    bundle !== undefined &&
    candidates(header, bundle).some((authority) => verifyJose(header.alg, authority.key, signed));
  if (!isProven)
    return refuse(pkiErrors.E_SVID_UNTRUSTED, 'no trusted key signed the token', {
      rule: 'JWT-17',
    });
  const jti = payload['jti'];
  const hasId = typeof jti === 'string' && jti.length > 0 && jti.length <= maxIdLength;
  return { spiffeId, audience, ...times, ...(hasId ? { id: jti } : {}), claims: payload };
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
