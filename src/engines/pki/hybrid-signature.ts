/**
 * Hybrid signatures for what is only ours (bundles for agents and the like; SVIDs stay conformant):
 * Ed25519 or ECDSA P-256 beside ML-DSA-44 or ML-DSA-65, by two keys that belong together, and both
 * must verify. As with checkpoints of the ledger, keys sign through callbacks and stay where they
 * are; unlike there, the two signatures are one value and cannot be parted unnoticed.
 *
 * Each key signs `"sallyport/hybrid-signature/v1\n\0" ‖ key id (32) ‖ u8 length of context ‖ context
 * ‖ message`. The key id is SHA-256 over both SubjectPublicKeyInfos, each after its u16 length: it
 * binds every signature to this pair, and the label keeps it from meaning anything elsewhere.
 *
 * A signature is `0x01 ‖ classical algorithm ‖ post-quantum algorithm ‖ u16 length ‖ classical
 * signature ‖ post-quantum signature`; algorithms: 0x01 Ed25519, 0x02 ECDSA P-256 with SHA-256 (DER),
 * 0x06 ML-DSA-44, 0x07 ML-DSA-65 (both pure, empty context). Numbers are big-endian.
 */
import { hash, type KeyObject, verify } from 'node:crypto';
import { encodeHex } from '../../kernel/hex.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { pkiErrors } from './errors.ts';
import { importPublicKey, type KeyKind, parsePublicKeyInfo } from './public-key.ts';

type Algorithm = {
  readonly code: number;
  readonly half: 'classical' | 'postQuantum';
  readonly digest: 'sha256' | null;
  /** Exact, or the most that a DER signature may have. */
  readonly maxBytes: number;
};

const algorithms: Readonly<Partial<Record<KeyKind, Algorithm>>> = Object.freeze({
  ed25519: { code: 0x01, half: 'classical', digest: null, maxBytes: 64 },
  p256: { code: 0x02, half: 'classical', digest: 'sha256', maxBytes: 72 },
  'ml-dsa-44': { code: 0x06, half: 'postQuantum', digest: null, maxBytes: 2420 },
  'ml-dsa-65': { code: 0x07, half: 'postQuantum', digest: null, maxBytes: 3309 },
});

type Half = { readonly key: KeyObject; readonly algorithm: Algorithm; readonly spki: Uint8Array };

/** A pair of public keys that signs together. */
export type HybridKey = {
  readonly classical: Half;
  readonly postQuantum: Half;
  /** Lower-case hex, 64 digits. */
  readonly id: string;
};

export type HybridStatement = {
  /** What kind of artefact this is, 1 to 255 bytes; a signature for one is none for another. */
  readonly context: string;
  readonly message: Uint8Array;
};

/** Private keys behind callbacks: DER for P-256, raw for the others, as `KeyStore.sign` gives them. */
export type HybridSigner = {
  readonly classical: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  readonly postQuantum: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
};

const version = 0x01;
const headBytes = 5;
const label = Buffer.from('sallyport/hybrid-signature/v1\n\0');

const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

const readHalf = (spki: Uint8Array, wanted: Algorithm['half']): Half | Refusal => {
  const info = parsePublicKeyInfo(spki);
  if (isRefusal(info)) return info;
  const algorithm = info.kind && algorithms[info.kind];
  if (algorithm?.half !== wanted)
    return refuse(pkiErrors.E_PKI_UNSUPPORTED, `no ${wanted} key of a hybrid pair`);
  const key = importPublicKey(info);
  return isRefusal(key) ? key : { key, algorithm, spki: Uint8Array.from(spki) };
};

/** Makes the pair from two SubjectPublicKeyInfos in DER. Never throws. */
export const createHybridKey = (pair: {
  /** Ed25519 or P-256. */
  readonly classical: Uint8Array;
  /** ML-DSA-44 or ML-DSA-65. */
  readonly postQuantum: Uint8Array;
}): HybridKey | Refusal => {
  const classical = readHalf(pair.classical, 'classical');
  if (isRefusal(classical)) return classical;
  const postQuantum = readHalf(pair.postQuantum, 'postQuantum');
  if (isRefusal(postQuantum)) return postQuantum;
  const parts = [classical.spki, postQuantum.spki].flatMap((spki) => [u16(spki.length), spki]);
  const id = encodeHex(hash('sha256', Buffer.concat(parts), 'buffer'));
  return { classical, postQuantum, id };
};

/** The bytes both keys sign. Throws RangeError for a context that is empty or above 255 bytes. */
export const hybridMessage = (
  key: Pick<HybridKey, 'id'>,
  { context, message }: HybridStatement,
): Uint8Array => {
  const name = Buffer.from(context);
  if (name.length === 0 || name.length > 255 || !context.isWellFormed())
    throw new RangeError('a context has 1 to 255 bytes');
  const id = Buffer.from(key.id, 'hex');
  return Buffer.concat([label, id, Uint8Array.of(name.length), name, message]);
};

const fitsLength = ({ algorithm }: Half, signature: Uint8Array): boolean =>
  algorithm.digest === null
    ? signature.length === algorithm.maxBytes
    : signature.length > 0 && signature.length <= algorithm.maxBytes;

/**
 * Signs with both keys.
 *
 * @throws RangeError for a bad context, or when a callback gives what its algorithm cannot give
 */
export const signHybrid = async (
  key: HybridKey,
  statement: HybridStatement,
  signer: HybridSigner,
): Promise<Uint8Array> => {
  const data = hybridMessage(key, statement);
  const classical = await signer.classical(data);
  const postQuantum = await signer.postQuantum(data);
  if (!fitsLength(key.classical, classical) || !fitsLength(key.postQuantum, postQuantum))
    throw new RangeError('a signature does not fit the key of the pair');
  const codes = [key.classical.algorithm.code, key.postQuantum.algorithm.code];
  const head = Uint8Array.of(version, ...codes, ...u16(classical.length));
  return Buffer.concat([head, classical, postQuantum]);
};

const holds = ({ key, algorithm }: Half, data: Uint8Array, signature: Uint8Array): boolean => {
  try {
    return verify(algorithm.digest, data, key, signature);
  } catch {
    return false;
  }
};

/**
 * True when both keys signed this message in this context. Total: false for any other input. Not
 * unforgeable in the strong sense: an ECDSA half has several spellings, so do not use signatures as
 * identifiers.
 */
export const verifyHybrid = (
  key: HybridKey,
  statement: HybridStatement & { readonly signature: Uint8Array },
): boolean => {
  const { signature, context } = statement;
  const { classical, postQuantum } = key;
  if (!context.isWellFormed() || context === '' || Buffer.byteLength(context) > 255) return false;
  const [first, firstCode, secondCode, high = 0, low = 0] = signature;
  const isOurs =
    firstCode === classical.algorithm.code && secondCode === postQuantum.algorithm.code;
  if (first !== version || !isOurs) return false;
  const middle = headBytes + high * 256 + low;
  const halves = [signature.subarray(headBytes, middle), signature.subarray(middle)] as const;
  if (!fitsLength(classical, halves[0]) || !fitsLength(postQuantum, halves[1])) return false;
  const data = hybridMessage(key, statement);
  return holds(classical, data, halves[0]) && holds(postQuantum, data, halves[1]);
};
