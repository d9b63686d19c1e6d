/**
 * What each type of note key signs (C2SP signed-note and tlog-cosignature), and how its signature
 * bytes are laid out: plain for note keys, a 64-bit timestamp first for cosignatures.
 */
import { isRefusal } from '../../kernel/errors.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { isHash } from './hashes.ts';
import { isSize } from './sizes.ts';
import { keyTypes, type VerifierKey } from './verifier-keys.ts';

const timestampBytes = 8;

/** What an ML-DSA-44 cosignature says about: the whole tree when start is 0 and end the size. */
export type SubtreeStatement = {
  readonly cosigner: string;
  /** POSIX seconds; 0 for subtrees that do not start at 0. */
  readonly timestamp: number;
  readonly origin: string;
  readonly start: number;
  readonly end: number;
  readonly hash: Uint8Array;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(timestampBytes);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

const vector8 = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new RangeError('name is longer than 255 bytes');
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
};

/**
 * The bytes an ML-DSA-44 cosigner signs (C2SP tlog-cosignature).
 *
 * @throws RangeError for names above 255 bytes, sizes out of range or a timestamped inner subtree
 */
export const subtreeMessage = (statement: SubtreeStatement): Uint8Array => {
  const { cosigner, timestamp, origin, start, end, hash } = statement;
  const isGood = [timestamp, start, end].every(isSize) && start <= end && isHash(hash);
  if (!isGood || (start > 0 && timestamp > 0)) throw new RangeError('not a subtree statement');
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    vector8(cosigner),
    u64(timestamp),
    vector8(origin),
    u64(start),
    u64(end),
    hash,
  ]);
};

/**
 * The bytes a key of this type signs for a note text; undefined when it cannot sign that text (an
 * ML-DSA cosigner signs checkpoints only).
 */
export const noteMessage = (
  key: Pick<VerifierKey, 'type' | 'name'>,
  text: string,
  timestamp: number,
): Uint8Array | undefined => {
  switch (key.type) {
    case keyTypes.ed25519:
      return Buffer.from(text);
    case keyTypes.ed25519Cosignature:
      return Buffer.from(`cosignature/v1\ntime ${timestamp}\n${text}`);
    case keyTypes.mlDsa44Cosignature:
      return checkpointMessage(key.name, text, timestamp);
    default:
      return key.type satisfies never;
  }
};

const checkpointMessage = (
  cosigner: string,
  text: string,
  timestamp: number,
): Uint8Array | undefined => {
  const checkpoint = parseCheckpoint(text);
  if (isRefusal(checkpoint)) return undefined;
  const { origin, size, root } = checkpoint;
  if ([cosigner, origin].some((name) => Buffer.byteLength(name) > 255)) return undefined;
  return subtreeMessage({ cosigner, timestamp, origin, start: 0, end: size, hash: root });
};

/** A signature that verified; `timestamp` in POSIX seconds for cosignatures. */
export type VerifiedSignature = {
  readonly key: VerifierKey;
  readonly timestamp?: number;
};

/** Checks the signature bytes of one note line; undefined when they do not verify. */
export const checkNoteSignature = (
  key: VerifierKey,
  text: string,
  signature: Uint8Array,
): VerifiedSignature | undefined => {
  if (key.type === keyTypes.ed25519)
    return key.verify(Buffer.from(text), signature) ? { key } : undefined;
  if (signature.length < timestampBytes) return undefined;
  const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength);
  const timestamp = Number(view.getBigUint64(0));
  if (!Number.isSafeInteger(timestamp)) return undefined;
  const message = noteMessage(key, text, timestamp);
  if (message === undefined) return undefined;
  return key.verify(message, signature.subarray(timestampBytes)) ? { key, timestamp } : undefined;
};

/** Signature bytes as they stand in a note line: the timestamp goes first for cosignatures. */
export const layoutSignature = (
  type: VerifierKey['type'],
  signature: Uint8Array,
  timestamp: number,
): Uint8Array =>
  type === keyTypes.ed25519 ? signature : Buffer.concat([u64(timestamp), signature]);
