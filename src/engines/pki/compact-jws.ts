/**
 * Compact JWS (RFC 7515 section 7.1) as SPIFFE wants it: strict base64url, strict JSON, the
 * algorithm judged before anything else is looked at, and no header parameter that would change the
 * meaning.
 */
import { decodeBase64Url, encodeBase64Url } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { pkiErrors } from './errors.ts';
import { isJoseAlgorithm, type JoseAlgorithm } from './jose-algorithm.ts';

export type JwsHeader = {
  readonly alg: JoseAlgorithm;
  readonly kid?: string;
  readonly typ?: string;
};

/** A token taken apart; nothing in it is proven yet. */
export type CompactJws = {
  readonly header: JwsHeader;
  readonly payload: JsonObject;
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
};

/** What a profile says about headers, and the ids of the rules it says it with. */
export type HeaderRules = {
  readonly compact: string;
  readonly algorithm: string;
  /** Other parameters than `alg`, `kid`, `typ`: refused by this rule, or ignored unless `crit`. */
  readonly more: { readonly refusedBy: string } | 'ignored';
};

/** JWT-SVID: three parameters and no other. */
export const jwtHeaderRules: HeaderRules = Object.freeze({
  compact: 'JWT-01',
  algorithm: 'JWT-04',
  more: { refusedBy: 'JWT-02' },
});

/** Longest token that is looked at. */
export const maxTokenLength = 16_384;
const maxHeaderLength = 2048;
const jsonLimits = { maxBytes: maxTokenLength, maxDepth: 16, maxKeys: 256, maxValues: 2048 };

const malformed = (what: string): Refusal => refuse(pkiErrors.E_SVID_MALFORMED, `token: ${what}`);

const parsePart = (part: string, what: string): JsonObject | Refusal => {
  const bytes = decodeBase64Url(part);
  if (isRefusal(bytes)) return malformed(`${what} is not base64url`);
  const value = parseJson(bytes, jsonLimits);
  if (isRefusal(value) || !isJsonObject(value)) return malformed(`${what} is not a JSON object`);
  return value;
};

/** A `crit` list names what must be understood, and nothing of that kind is (RFC 7515, 4.1.11). */
const checkMore = (header: JsonObject, rules: HeaderRules): Refusal | undefined => {
  const more = Object.keys(header).filter((name) => !['alg', 'kid', 'typ'].includes(name));
  if (more.length === 0) return undefined;
  if (rules.more === 'ignored')
    return more.includes('crit')
      ? refuse(pkiErrors.E_SVID_PROFILE, 'token: header holds critical parameters')
      : undefined;
  return refuse(pkiErrors.E_SVID_PROFILE, 'token: header holds more than alg, kid and typ', {
    rule: rules.more.refusedBy,
  });
};

const parseHeader = (part: string, rules: HeaderRules): JwsHeader | Refusal => {
  if (part.length > maxHeaderLength) return malformed('header is too long');
  const header = parsePart(part, 'header');
  if (isRefusal(header)) return header;
  const alg = header['alg'];
  if (!isJoseAlgorithm(alg))
    return refuse(pkiErrors.E_SVID_ALGORITHM, 'token: alg is not accepted', {
      rule: rules.algorithm,
    });
  const problem = checkMore(header, rules);
  if (problem !== undefined) return problem;
  const { kid, typ } = header;
  if (kid !== undefined && typeof kid !== 'string') return malformed('kid is not a string');
  if (typ !== undefined && typeof typ !== 'string') return malformed('typ is not a string');
  return { alg, ...(kid === undefined ? {} : { kid }), ...(typ === undefined ? {} : { typ }) };
};

/** Takes a compact token apart. Total on all inputs. */
export const parseCompactJws = (token: string, rules: HeaderRules): CompactJws | Refusal => {
  if (token.length > maxTokenLength) return malformed(`longer than ${maxTokenLength}`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 0 || second < 0 || token.includes('.', second + 1))
    return refuse(pkiErrors.E_SVID_MALFORMED, 'token: not three parts', { rule: rules.compact });
  const header = parseHeader(token.slice(0, first), rules);
  if (isRefusal(header)) return header;
  const payload = parsePart(token.slice(first + 1, second), 'payload');
  if (isRefusal(payload)) return payload;
  const signature = decodeBase64Url(token.slice(second + 1));
  if (isRefusal(signature)) return malformed('signature is not base64url');
  const signingInput = Buffer.from(token.slice(0, second), 'latin1');
  return { header, payload, signingInput, signature };
};

/** Puts a token together; `sign` gets the signing input and returns the JWS signature. */
export const formatCompactJws = (
  header: Readonly<Record<string, string>>,
  payload: JsonObject,
  sign: (data: Uint8Array) => Uint8Array,
): string => {
  const part = (value: JsonObject): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${encodeBase64Url(sign(Buffer.from(input, 'latin1')))}`;
};
