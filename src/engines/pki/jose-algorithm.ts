/** The nine signature algorithms SPIFFE admits for tokens (rule JWT-03), and no other. */
import { constants, type KeyObject, sign, verify } from 'node:crypto';

export type JoseAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'PS256'
  | 'PS384'
  | 'PS512';

type Scheme = {
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly kind: 'rsa' | 'pss' | 'ec';
  /** OpenSSL's name of the only curve that fits (RFC 7518 section 3.4). */
  readonly curve?: string;
  /** Length of r and s together, for `ec`. */
  readonly signatureBytes?: number;
};

const schemes: Readonly<Record<JoseAlgorithm, Scheme>> = Object.freeze({
  RS256: { hash: 'sha256', kind: 'rsa' },
  RS384: { hash: 'sha384', kind: 'rsa' },
  RS512: { hash: 'sha512', kind: 'rsa' },
  PS256: { hash: 'sha256', kind: 'pss' },
  PS384: { hash: 'sha384', kind: 'pss' },
  PS512: { hash: 'sha512', kind: 'pss' },
  ES256: { hash: 'sha256', kind: 'ec', curve: 'prime256v1', signatureBytes: 64 },
  ES384: { hash: 'sha384', kind: 'ec', curve: 'secp384r1', signatureBytes: 96 },
  ES512: { hash: 'sha512', kind: 'ec', curve: 'secp521r1', signatureBytes: 132 },
});

/** True for exactly the nine names; case matters. */
export const isJoseAlgorithm = (name: unknown): name is JoseAlgorithm =>
  typeof name === 'string' && Object.hasOwn(schemes, name);

const minRsaBits = 2048;
const maxRsaBits = 8192;

/** True when the key is of the kind (and curve, and size) that the algorithm asks for. */
export const fitsAlgorithm = (key: KeyObject, algorithm: JoseAlgorithm): boolean => {
  const scheme = schemes[algorithm];
  const details = key.asymmetricKeyDetails;
  if (scheme.kind === 'ec')
    return key.asymmetricKeyType === 'ec' && details?.namedCurve === scheme.curve;
  const bits = details?.modulusLength ?? 0;
  return key.asymmetricKeyType === 'rsa' && bits >= minRsaBits && bits <= maxRsaBits;
};

const keyInput = (key: KeyObject, scheme: Scheme) => {
  if (scheme.kind === 'ec') return { key, dsaEncoding: 'ieee-p1363' as const };
  if (scheme.kind === 'rsa') return { key, padding: constants.RSA_PKCS1_PADDING };
  return {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
};

/** Verifies a JWS signature; false for a key that does not fit the algorithm. Never throws. */
export const verifyJose = (
  algorithm: JoseAlgorithm,
  key: KeyObject,
  signed: { readonly data: Uint8Array; readonly signature: Uint8Array },
): boolean => {
  const scheme = schemes[algorithm];
  if (!fitsAlgorithm(key, algorithm)) return false;
  if (scheme.signatureBytes !== undefined && signed.signature.length !== scheme.signatureBytes)
    return false;
  try {
    return verify(scheme.hash, signed.data, keyInput(key, scheme), signed.signature);
  } catch {
    return false;
  }
};

/** Signs as JWS wants it (r and s side by side for ECDSA). Throws when the key does not fit. */
export const signJose = (
  algorithm: JoseAlgorithm,
  privateKey: KeyObject,
  data: Uint8Array,
): Uint8Array => {
  const scheme = schemes[algorithm];
  return sign(scheme.hash, data, keyInput(privateKey, scheme));
};
