/** Public keys as JWK (RFC 7517, RFC 7518): import without surprises, export, thumbprint. */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { decodeBase64Url } from '../../kernel/base64url.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { isRefusal, type Refusal, refuse, SallyportError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { pkiErrors } from './errors.ts';

/** Bytes of one coordinate; P-521 takes 66 (RFC 7518 section 6.2.1.2). */
const coordinateBytes: Readonly<Record<string, number>> = Object.freeze({
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
});
const minModulusBytes = 256;
const maxModulusBytes = 1024;
const maxExponentBytes = 8;

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4, and `priv` of the newer key types. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

const malformed = (what: string): Refusal => refuse(pkiErrors.E_PKI_MALFORMED, `JWK: ${what}`);

const fieldBytes = (jwk: JsonObject, name: string): Uint8Array | undefined => {
  const value = jwk[name];
  if (typeof value !== 'string' || value.length > 2 * maxModulusBytes) return undefined;
  const bytes = decodeBase64Url(value);
  return isRefusal(bytes) ? undefined : bytes;
};

const checkEc = (jwk: JsonObject): Refusal | undefined => {
  const crv = jwk['crv'];
  const size = typeof crv === 'string' ? coordinateBytes[crv] : undefined;
  if (size === undefined) return refuse(pkiErrors.E_PKI_UNSUPPORTED, 'JWK: unsupported curve');
  for (const name of ['x', 'y'])
    if (fieldBytes(jwk, name)?.length !== size) return malformed(`${name} must have ${size} bytes`);
  return undefined;
};

const checkRsa = (jwk: JsonObject): Refusal | undefined => {
  const n = fieldBytes(jwk, 'n');
  const e = fieldBytes(jwk, 'e');
  if (n === undefined || e === undefined) return malformed('n and e must be base64url');
  if (n[0] === 0 || e[0] === 0) return malformed('n and e must have no leading zero');
  if (n.length < minModulusBytes || n.length > maxModulusBytes)
    return refuse(pkiErrors.E_PKI_UNSUPPORTED, 'JWK: RSA modulus must have 2048 to 8192 bits');
  if (e.length > maxExponentBytes || ((e.at(-1) ?? 0) & 1) === 0 || (e.length === 1 && e[0] === 1))
    return malformed('bad RSA exponent');
  return undefined;
};

const pick = (jwk: JsonObject, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = jwk[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

/** Members that make up the key itself, in the order of RFC 7638 section 3.2. */
const requiredMembers = (jwk: JsonObject): readonly string[] | undefined => {
  if (jwk['kty'] === 'EC') return ['crv', 'kty', 'x', 'y'];
  if (jwk['kty'] === 'RSA') return ['e', 'kty', 'n'];
  return undefined;
};

/** RFC 7517 section 4.3; `use` is judged by whoever reads the set, because SPIFFE has its own. */
const isForVerifying = (jwk: JsonObject): boolean => {
  const { use, key_ops: operations } = jwk;
  if (use === 'enc') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
};

/**
 * Imports an EC (P-256, P-384, P-521) or RSA (2048 to 8192 bits) public key. Refuses private
 * members, keys meant for something else than verifying, points off the curve and non-canonical encodings. Never throws.
 */
export const importPublicJwk = (jwk: JsonObject): KeyObject | Refusal => {
  const members = requiredMembers(jwk);
  if (members === undefined) return refuse(pkiErrors.E_PKI_UNSUPPORTED, 'JWK: unsupported kty');
  if (!isForVerifying(jwk)) return malformed('is not meant for verifying');
  if (privateMembers.some((name) => Object.hasOwn(jwk, name)))
    return malformed('holds a private member');
  const problem = jwk['kty'] === 'EC' ? checkEc(jwk) : checkRsa(jwk);
  if (problem !== undefined) return problem;
  try {
    return createPublicKey({ key: pick(jwk, members), format: 'jwk' });
  } catch {
    return malformed('not a valid public key');
  }
};

/** The public members of a key, EC and RSA only. Throws E_PKI_UNSUPPORTED for others. */
export const exportPublicJwk = (key: KeyObject): Readonly<Record<string, string>> => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const jwk = publicKey.export({ format: 'jwk' }) as JsonObject;
  const members = requiredMembers(jwk);
  if (members === undefined)
    throw new SallyportError(pkiErrors.E_PKI_UNSUPPORTED, 'key has no JWK form we use');
  return pick(jwk, members);
};

/** RFC 7638 thumbprint (SHA-256, base64url): a `kid` that cannot collide. */
export const jwkThumbprint = (key: KeyObject): string =>
  hash('sha256', canonicalJson(exportPublicJwk(key)), 'base64url');
