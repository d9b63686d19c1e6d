/** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): read without trusting, import with checks. */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { type DerReader, derTags, parseDer } from '../../kernel/der-reader.ts';
import { derBitString, derOid, derSequence } from '../../kernel/der-writer.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { asMalformed, insideOf } from './der-inside.ts';
import { pkiErrors } from './errors.ts';
import { oids } from './oids.ts';

export type KeyKind =
  | 'p256'
  | 'p384'
  | 'p521'
  | 'rsa'
  | 'ed25519'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87';

/** A public key as it stands in a certificate; `kind` is undefined for ones we do not know. */
export type PublicKeyInfo = {
  /** The whole SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly kind: KeyKind | undefined;
  /** Contents of the BIT STRING. */
  readonly bits: Uint8Array;
};

const curves: Readonly<Record<string, KeyKind>> = {
  [oids.p256]: 'p256',
  [oids.p384]: 'p384',
  [oids.p521]: 'p521',
};
const bare: Readonly<Record<string, KeyKind>> = {
  [oids.ed25519]: 'ed25519',
  [oids.mlDsa44]: 'ml-dsa-44',
  [oids.mlDsa65]: 'ml-dsa-65',
  [oids.mlDsa87]: 'ml-dsa-87',
};
const maxSpkiBytes = 4096;
const keyIdBytes = 20;

const readKind = (algorithm: DerReader): KeyKind | undefined => {
  const oid = algorithm.oid();
  if (oid === oids.ecPublicKey) {
    // Explicit curve parameters are refused: CVE-2020-0601 was their fault.
    if (algorithm.peekTag() !== derTags.oid) algorithm.fail('EC parameters must name a curve');
    return curves[algorithm.oid()];
  }
  if (oid === oids.rsaEncryption) {
    algorithm.null();
    return 'rsa';
  }
  if (oid in bare) return bare[oid];
  if (!algorithm.isAtEnd) algorithm.element();
  return undefined;
};

/** Everything of a P-256 key before its uncompressed point: by far the most frequent kind. */
const p256Head = derSequence(
  derSequence(derOid(oids.ecPublicKey), derOid(oids.p256)),
  derBitString(new Uint8Array(65)),
).subarray(0, -65);
const p256SpkiBytes = p256Head.length + 65;

const isUsual = (spki: Uint8Array): boolean =>
  spki.length === p256SpkiBytes && p256Head.every((octet, i) => octet === spki[i]);

/** Reads a SubjectPublicKeyInfo where the reader stands. */
export const readPublicKeyInfo = (reader: DerReader): PublicKeyInfo => {
  const element = reader.expect(derTags.sequence);
  const { raw } = element;
  if (isUsual(raw)) return { spki: raw, kind: 'p256', bits: raw.subarray(p256Head.length) };
  const info = insideOf(element);
  const algorithm = info.sequence();
  const kind = readKind(algorithm);
  algorithm.expectEnd();
  const key = info.bitString();
  if (key.unusedBits !== 0) info.fail('public key is not whole octets');
  info.expectEnd();
  return { spki: raw, kind, bits: key.bytes };
};

/** Parses a SubjectPublicKeyInfo that stands alone. */
export const parsePublicKeyInfo = (spki: Uint8Array): PublicKeyInfo | Refusal =>
  asMalformed(
    parseDer(spki, readPublicKeyInfo, { what: 'public key', maxBytes: maxSpkiBytes, maxDepth: 8 }),
  );

const minRsaBits = 2048;
const maxRsaBits = 8192;

const isStrongEnough = (key: KeyObject): boolean => {
  if (key.asymmetricKeyType !== 'rsa') return true;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return modulusLength >= minRsaBits && modulusLength <= maxRsaBits && publicExponent > 1n;
};

/** Imports the key; refuses unknown kinds, points off the curve and RSA outside 2048 to 8192 bits. */
export const importPublicKey = (info: PublicKeyInfo): KeyObject | Refusal => {
  if (info.kind === undefined)
    return refuse(pkiErrors.E_PKI_UNSUPPORTED, 'public key of an unsupported kind');
  try {
    const key = createPublicKey({ key: Buffer.from(info.spki), format: 'der', type: 'spki' });
    return isStrongEnough(key)
      ? key
      : refuse(pkiErrors.E_PKI_UNSUPPORTED, 'RSA key must have 2048 to 8192 bits');
  } catch {
    return refuse(pkiErrors.E_PKI_MALFORMED, 'public key is not valid');
  }
};

/** Key identifier: leftmost 160 bits of SHA-256 over the key bits (RFC 7093 section 2, method 1). */
export const keyIdentifierOf = (info: PublicKeyInfo): Uint8Array =>
  hash('sha256', info.bits, 'buffer').subarray(0, keyIdBytes);
