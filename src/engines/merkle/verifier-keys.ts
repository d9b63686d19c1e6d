/**
 * Verifier keys of C2SP signed-note: `name+keyID+base64(type ‖ public key)`. Known types: Ed25519 note
 * keys (0x01), timestamped Ed25519 cosignatures (0x04), timestamped ML-DSA-44 cosignatures (0x06).
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '../../kernel/base64url.ts';
import { derBitString, derOid, derSequence } from '../../kernel/der-writer.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { merkleErrors } from './errors.ts';

/** Key types by their number in C2SP signed-note. */
export const keyTypes = {
  ed25519: 0x01,
  ed25519Cosignature: 0x04,
  mlDsa44Cosignature: 0x06,
} as const;
export type KeyType = (typeof keyTypes)[keyof typeof keyTypes];

/** A parsed verifier key. */
export type VerifierKey = {
  readonly name: string;
  /** First four bytes of a hash over name, type and key; tells signature lines apart. */
  readonly keyId: number;
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
  /** Plain signature check of the type's algorithm. */
  readonly verify: (message: Uint8Array, signature: Uint8Array) => boolean;
};

type Algorithm = { readonly keyBytes: number; readonly oid: string };

const ed25519: Algorithm = { keyBytes: 32, oid: '1.3.101.112' };
const mlDsa44: Algorithm = { keyBytes: 1312, oid: '2.16.840.1.101.3.4.3.17' };

const algorithmOf = (type: number): Algorithm | undefined => {
  switch (type) {
    case keyTypes.ed25519:
    case keyTypes.ed25519Cosignature:
      return ed25519;
    case keyTypes.mlDsa44Cosignature:
      return mlDsa44;
    default:
      return undefined;
  }
};

const isKeyType = (type: number): type is KeyType => algorithmOf(type) !== undefined;

/** Not empty, no white space, no plus, no control characters (C2SP signed-note). */
export const isKeyName = (name: string): boolean =>
  name.length > 0 &&
  name.length <= 255 &&
  name.isWellFormed() &&
  !/[\p{White_Space}\p{Cc}+]/u.test(name);

const keyIdOf = (name: string, typedKey: Uint8Array): number =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typedKey]), 'buffer').readUInt32BE(0);

const malformed = (what: string): Refusal =>
  refuse(merkleErrors.E_LOG_FORMAT, `verifier key: ${what}`);

/** Builds a verifier key from raw public key bytes; refuses bad names, types and lengths. */
export const createVerifierKey = (parts: {
  readonly name: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
}): VerifierKey | Refusal => {
  const { name, type, publicKey } = parts;
  if (!isKeyName(name)) return malformed('bad name');
  const algorithm = algorithmOf(type);
  if (algorithm === undefined || !isKeyType(type)) return malformed(`unknown type ${type}`);
  if (publicKey.length !== algorithm.keyBytes)
    return malformed(`${publicKey.length} bytes for a key of type ${type}`);
  const key = openKey(algorithm, publicKey);
  if (key === undefined) return malformed('not a public key');
  return {
    name,
    keyId: keyIdOf(name, Buffer.concat([Uint8Array.of(type), publicKey])),
    type,
    publicKey,
    verify: (message, signature) => checkSignature(key, message, signature),
  };
};

const openKey = ({ oid }: Algorithm, bytes: Uint8Array): KeyObject | undefined => {
  const spki = derSequence(derSequence(derOid(oid)), derBitString(bytes));
  try {
    return createPublicKey({ format: 'der', type: 'spki', key: Buffer.from(spki) });
  } catch {
    return undefined;
  }
};

const checkSignature = (key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean => {
  try {
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
};

/**
 * Parses `name+hex8+base64`. The id of an Ed25519 key must be the hash the specification recommends;
 * an ML-DSA key keeps the id that is written down, since keys with another one have been published.
 * A wrong id never lets a signature pass: it only makes the key's lines unknown.
 */
export const parseVerifierKey = (vkey: string): VerifierKey | Refusal => {
  const first = vkey.indexOf('+');
  const second = vkey.indexOf('+', first + 1);
  if (first < 0 || second < 0 || vkey.length > 8192) return malformed('three parts expected');
  const typedKey = decodeBase64(vkey.slice(second + 1));
  if (isRefusal(typedKey)) return malformed('bad base64');
  const [type] = typedKey;
  if (type === undefined) return malformed('no key');
  const key = createVerifierKey({
    name: vkey.slice(0, first),
    type,
    publicKey: typedKey.subarray(1),
  });
  if (isRefusal(key)) return key;
  const hexId = vkey.slice(first + 1, second);
  if (!/^[0-9a-f]{8}$/.test(hexId)) return malformed('bad key id');
  if (type === keyTypes.mlDsa44Cosignature) return { ...key, keyId: Number.parseInt(hexId, 16) };
  return formatKeyId(key.keyId) === hexId ? key : malformed('key id does not belong to the key');
};

/** Eight lower-case hex digits. */
export const formatKeyId = (keyId: number): string => keyId.toString(16).padStart(8, '0');

/** The text form that `parseVerifierKey` reads. */
export const formatVerifierKey = (
  key: Pick<VerifierKey, 'name' | 'keyId' | 'type' | 'publicKey'>,
): string => {
  const typedKey = encodeBase64(Buffer.concat([Uint8Array.of(key.type), key.publicKey]));
  return `${key.name}+${formatKeyId(key.keyId)}+${typedKey}`;
};
