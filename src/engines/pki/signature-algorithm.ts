/** Signature algorithms of certificates and requests: which we know, and verification with them. */
import { constants, type KeyObject, verify } from 'node:crypto';
import { type DerReader, derTags } from '../../kernel/der-reader.ts';
import { derOid, derSequence } from '../../kernel/der-writer.ts';
import { insideOf } from './der-inside.ts';
import { oids } from './oids.ts';

type HashName = 'sha256' | 'sha384' | 'sha512';
type Scheme =
  | { readonly kind: 'ec' | 'rsa' | 'rsa-pss'; readonly hash: HashName }
  | { readonly kind: 'pure'; readonly keyType: string };

/** AlgorithmIdentifier as read; `scheme` is undefined when we cannot verify it. */
export type SignatureAlgorithm = {
  readonly raw: Uint8Array;
  readonly oid: string;
  readonly scheme: Scheme | undefined;
};

const hashes: Readonly<Record<string, { readonly hash: HashName; readonly bytes: number }>> = {
  [oids.sha256]: { hash: 'sha256', bytes: 32 },
  [oids.sha384]: { hash: 'sha384', bytes: 48 },
  [oids.sha512]: { hash: 'sha512', bytes: 64 },
};
/** Parameters absent (RFC 5758, RFC 8410, RFC 9881). */
const withoutParameters: Readonly<Record<string, Scheme>> = {
  [oids.ecdsaWithSha256]: { kind: 'ec', hash: 'sha256' },
  [oids.ecdsaWithSha384]: { kind: 'ec', hash: 'sha384' },
  [oids.ecdsaWithSha512]: { kind: 'ec', hash: 'sha512' },
  [oids.ed25519]: { kind: 'pure', keyType: 'ed25519' },
  [oids.mlDsa44]: { kind: 'pure', keyType: 'ml-dsa-44' },
  [oids.mlDsa65]: { kind: 'pure', keyType: 'ml-dsa-65' },
  [oids.mlDsa87]: { kind: 'pure', keyType: 'ml-dsa-87' },
};
/** Parameters NULL (RFC 4055 section 5). */
const withNull: Readonly<Record<string, Scheme>> = {
  [oids.sha256WithRsa]: { kind: 'rsa', hash: 'sha256' },
  [oids.sha384WithRsa]: { kind: 'rsa', hash: 'sha384' },
  [oids.sha512WithRsa]: { kind: 'rsa', hash: 'sha512' },
};

/** By far the most frequent one, recognised by its only encoding. */
const usual: SignatureAlgorithm = {
  raw: derSequence(derOid(oids.ecdsaWithSha256)),
  oid: oids.ecdsaWithSha256,
  scheme: { kind: 'ec', hash: 'sha256' },
};

const readHash = (algorithm: DerReader) => {
  const found = hashes[algorithm.oid()];
  if (!algorithm.isAtEnd) algorithm.null();
  algorithm.expectEnd();
  return found;
};

/** RSASSA-PSS parameters (RFC 4055 section 3.1): one hash for both uses, salt as long as the hash. */
const readPss = (reader: DerReader): Scheme | undefined => {
  const parameters = reader.sequence();
  const explicitHash = parameters.optionalExplicit(0)?.sequence();
  const main = explicitHash && readHash(explicitHash);
  const mgf = parameters.optionalExplicit(1)?.sequence();
  const isMgf1 = mgf?.oid() === oids.mgf1;
  const mask = isMgf1 && mgf ? readHash(mgf.sequence()) : undefined;
  const saltBytes = parameters.optionalExplicit(2)?.smallInteger();
  // 1 is the DEFAULT and should be absent, but AMD's roots write it.
  const trailer = parameters.optionalExplicit(3)?.smallInteger() ?? 1;
  parameters.expectEnd();
  const isUsual = main !== undefined && main === mask && saltBytes === main.bytes;
  return isUsual && trailer === 1 ? { kind: 'rsa-pss', hash: main.hash } : undefined;
};

const readScheme = (algorithm: DerReader, oid: string): Scheme | undefined => {
  if (Object.hasOwn(withoutParameters, oid)) return withoutParameters[oid];
  if (Object.hasOwn(withNull, oid)) {
    algorithm.null();
    return withNull[oid];
  }
  if (oid === oids.rsaPss) return readPss(algorithm);
  if (!algorithm.isAtEnd) algorithm.element();
  return undefined;
};

/** Reads an AlgorithmIdentifier where the reader stands. */
export const readSignatureAlgorithm = (reader: DerReader): SignatureAlgorithm => {
  const element = reader.expect(derTags.sequence);
  if (Buffer.compare(element.raw, usual.raw) === 0) return usual;
  const algorithm = insideOf(element);
  const oid = algorithm.oid();
  const scheme = readScheme(algorithm, oid);
  algorithm.expectEnd();
  return { raw: element.raw, oid, scheme };
};

const fits = (scheme: Scheme, key: KeyObject): boolean => {
  if (scheme.kind === 'pure') return key.asymmetricKeyType === scheme.keyType;
  return key.asymmetricKeyType === (scheme.kind === 'ec' ? 'ec' : 'rsa');
};

const verifyWith = (scheme: Scheme, key: KeyObject, signed: SignedBytes): boolean => {
  if (scheme.kind === 'pure') return verify(null, signed.data, key, signed.signature);
  if (scheme.kind !== 'rsa-pss') return verify(scheme.hash, signed.data, key, signed.signature);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return verify(scheme.hash, signed.data, { key, padding, saltLength }, signed.signature);
};

export type SignedBytes = { readonly data: Uint8Array; readonly signature: Uint8Array };

/** False for an unknown algorithm, a key of another kind or a bad signature. Never throws. */
export const verifySignature = (
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  signed: SignedBytes,
): boolean => {
  const { scheme } = algorithm;
  if (scheme === undefined || !fits(scheme, key)) return false;
  try {
    return verifyWith(scheme, key, signed);
  } catch {
    return false;
  }
};
