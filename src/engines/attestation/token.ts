/**
 * Signed tokens of platforms (compact JWS, RFC 7515; claims of RFC 7519) against a JWKS that the
 * caller fetched. The algorithm is judged first, `crit` is refused, one key at most is tried per id.
 */
import type { KeyObject } from 'node:crypto';
import { decodeBase64Url } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { importPublicJwk, isJoseAlgorithm, type JoseAlgorithm, verifyJose } from '../pki/index.ts';
import { denied, expired, malformed, member, untrusted } from './reading.ts';
import type { AttestationTime, Evidence } from './types.ts';

export type TokenPolicy = {
  /** Exact `iss`. */
  readonly issuer: string;
  /** One of them must be in `aud`. */
  readonly audiences: readonly string[];
  /** JWKS of the issuer, as fetched. */
  readonly jwks: JsonObject;
  readonly algorithms?: readonly JoseAlgorithm[];
  /** Refuses tokens that live longer. One day when absent. */
  readonly maxLifeMs?: number;
};

const maxTokenLength = 16_384;
const maxKeys = 64;
const maxKeysTried = 4;
const skewMs = 30_000;
const dayMs = 86_400_000;
const jsonLimits = { maxBytes: maxTokenLength, maxDepth: 16, maxKeys: 512, maxValues: 4096 };

type Token = {
  readonly algorithm: JoseAlgorithm;
  readonly kid: string | undefined;
  readonly claims: JsonObject;
  readonly signed: { readonly data: Uint8Array; readonly signature: Uint8Array };
};

const parsePart = (part: string | undefined): JsonObject | undefined => {
  const bytes = decodeBase64Url(part ?? '');
  const value = isRefusal(bytes) ? bytes : parseJson(bytes, jsonLimits);
  return isJsonObject(value) && !isRefusal(value) ? value : undefined;
};

const parseToken = (text: string): Token | Refusal => {
  if (text.length > maxTokenLength) return malformed('the token is too long');
  const parts = text.split('.', 4);
  const header = parsePart(parts[0]);
  if (parts.length !== 3 || header === undefined) return malformed('the token is no compact JWS');
  const { alg, kid, crit } = header;
  if (!isJoseAlgorithm(alg)) return untrusted('the algorithm of the token is not accepted');
  if (crit !== undefined) return untrusted('the token has critical headers');
  if (kid !== undefined && typeof kid !== 'string') return malformed('kid of the token');
  const claims = parsePart(parts[1]);
  const signature = decodeBase64Url(parts[2] ?? '');
  if (claims === undefined || isRefusal(signature)) return malformed('the token does not decode');
  const data = Buffer.from(`${parts[0]}.${parts[1]}`, 'latin1');
  return { algorithm: alg, kid, claims, signed: { data, signature } };
};

/**
 * The key that a token says it was signed with; undefined for anything else. Proves nothing: good for
 * deciding whether keys have to be fetched anew. Total on all inputs.
 */
export const tokenKeyId = (token: Evidence | undefined): string | undefined => {
  if (typeof token !== 'string' || token.length > maxTokenLength) return undefined;
  const kid = parsePart(token.split('.', 1)[0])?.['kid'];
  return typeof kid === 'string' ? kid : undefined;
};

/** Keys that may have signed: by id when there is one, otherwise all that fit. */
const candidates = (jwks: JsonObject, token: Token): readonly KeyObject[] => {
  const list = member(jwks, 'keys');
  const keys = Array.isArray(list) ? list.slice(0, maxKeys) : [];
  return keys
    .filter(isJsonObject)
    .filter((jwk) => token.kid === undefined || jwk['kid'] === token.kid)
    .filter((jwk) => jwk['alg'] === undefined || jwk['alg'] === token.algorithm)
    .slice(0, maxKeysTried)
    .flatMap((jwk) => {
      const key = importPublicJwk(jwk);
      return isRefusal(key) ? [] : [key];
    });
};

const date = (claims: JsonObject, name: string): number | undefined => {
  const value = claims[name];
  const isDate = typeof value === 'number' && value >= 0 && value < 253_402_300_800;
  return isDate ? value * 1000 : undefined;
};

const checkTimes = (claims: JsonObject, nowMs: number, maxLifeMs: number): Refusal | undefined => {
  const exp = date(claims, 'exp');
  if (exp === undefined) return malformed('the token has no expiry');
  if (nowMs >= exp + skewMs) return expired('the token has expired');
  const from = date(claims, 'nbf') ?? date(claims, 'iat') ?? exp;
  if (claims['nbf'] !== undefined && date(claims, 'nbf') === undefined)
    return malformed('nbf of the token');
  if (from !== exp && from - skewMs > nowMs) return expired('the token is not valid yet');
  const issuedAt = date(claims, 'iat') ?? nowMs;
  return exp - issuedAt > maxLifeMs ? denied('the token lives too long') : undefined;
};

const audienceOf = (claims: JsonObject): readonly unknown[] => {
  const aud = claims['aud'];
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) ? (aud as readonly unknown[]) : [];
};

/** The claims of a token that holds. Total on all inputs. */
export const verifyToken = (
  text: string,
  policy: TokenPolicy,
  { nowMs }: AttestationTime,
): JsonObject | Refusal => {
  const token = parseToken(text);
  if (isRefusal(token)) return token;
  if (policy.algorithms !== undefined && !policy.algorithms.includes(token.algorithm))
    return untrusted('the algorithm of the token is not accepted');
  const { claims } = token;
  if (claims['iss'] !== policy.issuer) return untrusted('the token is of another issuer');
  const audience = audienceOf(claims);
  if (!policy.audiences.some((own) => audience.includes(own)))
    return denied('the token is meant for somebody else');
  const problem = checkTimes(claims, nowMs, policy.maxLifeMs ?? dayMs);
  if (problem !== undefined) return problem;
  const isProven = candidates(policy.jwks, token).some((key) =>
    verifyJose(token.algorithm, key, token.signed),
  );
  return isProven ? claims : untrusted('no key of the issuer signed the token');
};
