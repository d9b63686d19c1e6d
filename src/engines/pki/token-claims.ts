/** Claims that JWT-SVIDs, WIT-SVIDs and proofs share, read with the rule ids of the one who asks. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { pkiErrors } from './errors.ts';
import type { JwsHeader } from './compact-jws.ts';
import type { ClockSkew } from './skew.ts';
import type { JwtAuthority } from './trust-bundle.ts';

/** Rule ids for refusals; a proof has none of its own and names the rule that asks for it. */
export type ClaimRules = {
  readonly subject: string;
  readonly audienceMissing: string;
  readonly audienceForm: string;
  readonly expiryMissing: string;
  readonly expired: string;
  readonly early?: string;
};

export type TokenTimes = { readonly expiresAtMs: number; readonly issuedAtMs?: number };

const maxAudiences = 64;
const maxIdLength = 128;
/** Without a `kid` every fitting key is tried, but not more than this. */
const maxKeysTried = 4;
/** Seconds beyond the year 9999 are nonsense and would lose precision as milliseconds. */
const maxNumericDate = 253_402_300_799;

/** A broken rule of a token profile. */
export const breaksRule = (rule: string, what: string): Refusal =>
  refuse(pkiErrors.E_SVID_PROFILE, `token: ${what} (${rule})`, { rule });

/** `aud` as a list; a single string is a list of one. */
export const readAudience = (
  claims: JsonObject,
  rules: Pick<ClaimRules, 'audienceMissing' | 'audienceForm'>,
): readonly string[] | Refusal => {
  const aud = claims['aud'];
  const values = typeof aud === 'string' ? [aud] : aud;
  if (!Array.isArray(values) || values.length === 0)
    return breaksRule(rules.audienceMissing, 'no audience');
  if (values.length > maxAudiences || !values.every((value) => typeof value === 'string'))
    return breaksRule(rules.audienceForm, 'bad audience list');
  return values;
};

const readDate = (claims: JsonObject, name: string): number | undefined | Refusal => {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || value < 0 || value > maxNumericDate)
    return refuse(pkiErrors.E_SVID_MALFORMED, `token: bad ${name}`);
  return value * 1000;
};

/** `exp` must be there and ahead, `nbf` behind; `iat` is read and never a bound (WIT-17). */
export const checkTimes = (
  claims: JsonObject,
  { nowMs, skew }: { readonly nowMs: number; readonly skew: ClockSkew },
  rules: Pick<ClaimRules, 'expiryMissing' | 'expired' | 'early'>,
): TokenTimes | Refusal => {
  const exp = readDate(claims, 'exp');
  if (isRefusal(exp)) return exp;
  if (exp === undefined) return breaksRule(rules.expiryMissing, 'no expiry');
  if (nowMs >= exp + skew.afterMs)
    return refuse(pkiErrors.E_SVID_EXPIRED, 'token has expired', { rule: rules.expired });
  const nbf = readDate(claims, 'nbf');
  if (isRefusal(nbf)) return nbf;
  if (nbf !== undefined && nbf - skew.beforeMs > nowMs) {
    const data = rules.early === undefined ? {} : { rule: rules.early };
    return refuse(pkiErrors.E_SVID_NOT_YET_VALID, 'token is not valid yet', data);
  }
  const iat = readDate(claims, 'iat');
  if (isRefusal(iat)) return iat;
  return { expiresAtMs: exp, ...(iat === undefined ? {} : { issuedAtMs: iat }) };
};

/** `sub` as the SPIFFE ID of a workload. */
export const readSubject = (claims: JsonObject, rule: string): SpiffeId | Refusal => {
  const sub = claims['sub'];
  if (typeof sub !== 'string') return breaksRule(rule, 'no subject');
  const id = parseSpiffeId(sub);
  if (isRefusal(id)) return breaksRule(rule, 'subject is not a SPIFFE ID');
  if (id.indexOf('/', 'spiffe://'.length) < 0)
    return breaksRule(rule, 'subject is a trust domain, not a workload');
  return id;
};

/** `jti` when the issuer set a usable one. */
export const readTokenId = (claims: JsonObject): string | undefined => {
  const jti = claims['jti'];
  return typeof jti === 'string' && jti.length > 0 && jti.length <= maxIdLength ? jti : undefined;
};

/** With a `kid` only its keys are candidates (case matters, WIT-03), without one the first four. */
export const keysFor = (
  header: JwsHeader,
  authorities: readonly JwtAuthority[],
): readonly JwtAuthority[] => {
  const fitting = authorities.filter(({ algorithm = header.alg }) => algorithm === header.alg);
  return header.kid === undefined
    ? fitting.slice(0, maxKeysTried)
    : fitting.filter(({ kid }) => kid === header.kid);
};
