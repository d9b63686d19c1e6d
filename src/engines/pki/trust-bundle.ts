/**
 * SPIFFE trust bundles (SPIFFE Trust Domain and Bundle 2026-07-01): what a trust domain's
 * credentials are checked against. Entries that cannot be used are ignored, as the standard asks;
 * a bundle without any is still a bundle, and then trusts nothing.
 */
import type { KeyObject } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse, SallyportError } from '../../kernel/errors.ts';
import type { TrustDomain } from '../../kernel/ids.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { pkiErrors } from './errors.ts';
import { isJoseAlgorithm, type JoseAlgorithm } from './jose-algorithm.ts';
import { exportPublicJwk, importPublicJwk } from './jwk.ts';
import { importPublicKey } from './public-key.ts';

/** A signing certificate with its key at hand. */
export type X509Authority = { readonly certificate: Certificate; readonly key: KeyObject };

/** A key that signs tokens: JWT-SVIDs or WIT-SVIDs, never both. */
export type JwtAuthority = {
  readonly kid: string;
  readonly key: KeyObject;
  /** When the JWK names one, no other is accepted with this key. */
  readonly algorithm?: JoseAlgorithm;
};

export type TrustBundle = {
  readonly trustDomain: TrustDomain;
  readonly x509Authorities: readonly X509Authority[];
  readonly jwtAuthorities: readonly JwtAuthority[];
  /** Keys that sign WIT-SVIDs; their `kid` is unique over all keys of the bundle (WIT-27). */
  readonly witAuthorities?: readonly JwtAuthority[];
  readonly sequence?: number;
  readonly refreshHintSeconds?: number;
};

/** One JWK of a bundle as we write it. */
export type BundleJwk = {
  readonly kty: string;
  readonly use: 'x509-svid' | 'jwt-svid' | 'wit-svid';
  readonly kid?: string;
  readonly x5c?: readonly [string];
  readonly [parameter: string]: unknown;
};

export type BundleDocument = {
  readonly keys: readonly BundleJwk[];
  readonly spiffe_sequence: number;
  readonly spiffe_refresh_hint: number;
};

const limits = { maxBytes: 4 << 20, maxDepth: 16, maxKeys: 64, maxValues: 100_000 };
const maxKeys = 1024;

/** Imports the key of a certificate that is to act as an authority. */
export const toX509Authority = (certificate: Certificate): X509Authority | Refusal => {
  const key = importPublicKey(certificate.publicKey);
  return isRefusal(key) ? key : { certificate, key };
};

/** Only the first `x5c` value counts (X509-25); an entry without one is ignored (X509-24). */
const readX509Entry = (entry: JsonObject): X509Authority | undefined => {
  const x5c = entry['x5c'];
  const first: unknown = Array.isArray(x5c) ? x5c[0] : undefined;
  if (typeof first !== 'string') return undefined;
  const der = decodeBase64(first);
  const certificate = isRefusal(der) ? der : parseCertificate(der);
  const authority = isRefusal(certificate) ? certificate : toX509Authority(certificate);
  return isRefusal(authority) ? undefined : authority;
};

const readTokenEntry = (entry: JsonObject): JwtAuthority | undefined => {
  const { kid, alg } = entry;
  if (typeof kid !== 'string' || kid.length === 0) return undefined;
  if (alg !== undefined && !isJoseAlgorithm(alg)) return undefined;
  const key = importPublicJwk(entry);
  if (isRefusal(key)) return undefined;
  return { kid, key, ...(alg === undefined ? {} : { algorithm: alg }) };
};

/** `kid`s that more than one entry claims; no WIT-SVID key may be among them (WIT-27). */
const repeatedKids = (keys: readonly JsonValue[]): ReadonlySet<unknown> => {
  const seen = new Set<unknown>();
  const repeated = new Set<unknown>();
  for (const entry of keys) {
    const kid = isJsonObject(entry) ? entry['kid'] : undefined;
    if (kid !== undefined && seen.has(kid)) repeated.add(kid);
    seen.add(kid);
  }
  return repeated;
};

const readKeys = (keys: readonly JsonValue[]) => {
  const x509Authorities: X509Authority[] = [];
  const jwtAuthorities: JwtAuthority[] = [];
  const witAuthorities: JwtAuthority[] = [];
  const repeated = repeatedKids(keys);
  for (const entry of keys) {
    if (!isJsonObject(entry) || typeof entry['kty'] !== 'string') continue;
    const { use } = entry;
    const x509 = use === 'x509-svid' ? readX509Entry(entry) : undefined;
    if (x509 !== undefined) x509Authorities.push(x509);
    const token = use === 'jwt-svid' || use === 'wit-svid' ? readTokenEntry(entry) : undefined;
    if (token === undefined) continue;
    if (use === 'jwt-svid') jwtAuthorities.push(token);
    else if (!repeated.has(token.kid)) witAuthorities.push(token);
  }
  return { x509Authorities, jwtAuthorities, witAuthorities };
};

const readCount = (value: JsonValue | undefined): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/**
 * Reads a bundle from a JSON value. The caller says whose it is: nothing inside names the trust
 * domain (BU-10). Refuses values without a `keys` list and more than 1,024 entries. Never throws.
 */
export const readTrustBundle = (
  trustDomain: TrustDomain,
  value: JsonValue,
): TrustBundle | Refusal => {
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!isJsonObject(value) || !Array.isArray(keys))
    return refuse(pkiErrors.E_PKI_MALFORMED, 'bundle is not a JWK set');
  if (keys.length > maxKeys)
    return refuse(pkiErrors.E_PKI_MALFORMED, `bundle has more than ${maxKeys} keys`);
  const sequence = readCount(value['spiffe_sequence']);
  const hint = readCount(value['spiffe_refresh_hint']);
  return {
    trustDomain,
    ...readKeys(keys),
    ...(sequence === undefined ? {} : { sequence }),
    ...(hint === undefined ? {} : { refreshHintSeconds: hint }),
  };
};

/** Parses a bundle document of at most 4 MiB; see `readTrustBundle`. Never throws. */
export const parseTrustBundle = (
  trustDomain: TrustDomain,
  document: Uint8Array | string,
): TrustBundle | Refusal => {
  const value = parseJson(document, limits);
  return isRefusal(value)
    ? refuse(pkiErrors.E_PKI_MALFORMED, `bundle is not a JWK set: ${value.detail}`)
    : readTrustBundle(trustDomain, value);
};

const tokenJwk = (use: 'jwt-svid' | 'wit-svid', authority: JwtAuthority): BundleJwk => {
  const { kid, key, algorithm } = authority;
  const alg = algorithm === undefined ? {} : { alg: algorithm };
  return { kty: '', ...exportPublicJwk(key), use, kid, ...alg };
};

const checkKids = ({ jwtAuthorities, witAuthorities = [] }: TrustBundle): void => {
  const repeated = repeatedKids([...jwtAuthorities, ...witAuthorities].map(({ kid }) => ({ kid })));
  if (witAuthorities.some(({ kid }) => repeated.has(kid)))
    throw new SallyportError(pkiErrors.E_PKI_REQUEST, 'a kid of the bundle is used twice (WIT-27)');
};

/**
 * The document of a bundle; rules X509-21 to X509-23, JWT-14, JWT-15, WIT-26 and WIT-27.
 *
 * @throws SallyportError E_PKI_REQUEST when the `kid` of a WIT-SVID key is not unique
 */
export const formatTrustBundle = (bundle: TrustBundle): BundleDocument => {
  checkKids(bundle);
  return {
    keys: [
      ...bundle.x509Authorities.map(
        ({ certificate, key }): BundleJwk => ({
          kty: '',
          ...exportPublicJwk(key),
          use: 'x509-svid',
          x5c: [encodeBase64(certificate.raw)],
        }),
      ),
      ...bundle.jwtAuthorities.map((authority) => tokenJwk('jwt-svid', authority)),
      ...(bundle.witAuthorities ?? []).map((authority) => tokenJwk('wit-svid', authority)),
    ],
    spiffe_sequence: bundle.sequence ?? 0,
    spiffe_refresh_hint: bundle.refreshHintSeconds ?? 300,
  };
};
