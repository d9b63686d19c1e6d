/** RFC 6962 section 2.1 hashing: SHA-256 with one prefix byte for leaves and one for nodes. */
import { hash } from 'node:crypto';

/** A SHA-256 digest, 32 bytes. */
export type Hash = Uint8Array<ArrayBuffer>;

export const hashLength = 32;

const leafPrefix = 0;
const nodePrefix = 1;

/**
 * One-shot digest by way of a latin1 string: on Node 26 twice as fast for short inputs as asking for
 * a Buffer, and the result is a plain 32-byte array that keeps nothing else alive.
 */
const sha256 = (bytes: Uint8Array): Hash => {
  const text = hash('sha256', bytes, 'latin1');
  const digest = new Uint8Array(hashLength);
  for (let i = 0; i < hashLength; i++) digest[i] = text.charCodeAt(i);
  return digest;
};

/** Hash of a log entry: SHA-256(0x00 ‖ data). */
export const leafHash = (data: Uint8Array): Hash => {
  const input = Buffer.allocUnsafe(data.length + 1);
  input[0] = leafPrefix;
  input.set(data, 1);
  return sha256(input);
};

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Hash => {
  const input = Buffer.allocUnsafe(1 + left.length + right.length);
  input[0] = nodePrefix;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
};

/** Root of the tree without entries: SHA-256 of nothing. */
export const emptyRoot = (): Hash => sha256(new Uint8Array(0));

/** Equality of public hashes; not constant time. */
export const sameHash = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && Buffer.compare(left, right) === 0;

export const isHash = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && value.length === hashLength;
