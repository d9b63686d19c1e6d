/**
 * JSON (RFC 8259, with the restrictions of I-JSON, RFC 7493) that means the same to everybody who
 * reads it: no duplicate members, valid UTF-8 without byte order mark, no lone surrogates, no number
 * beyond a double, bounded size and depth. Total: returns a value or a refusal, never throws.
 */
import { kernelErrors, type Refusal, refuse } from './errors.ts';
import { type JsonLimits, scanJson } from './json-scan.ts';
import type { JsonValue } from './json-value.ts';

export type { JsonLimits } from './json-scan.ts';

/**
 * Checks a JSON text without building it; undefined means that `JSON.parse` of the same bytes will
 * succeed and loses nothing. Refusals are E_MALFORMED with the byte offset in text and data.
 */
export const checkJson = (bytes: Uint8Array, limits?: JsonLimits): Refusal | undefined => {
  const fault = scanJson(bytes, limits);
  if (fault === undefined) return undefined;
  return refuse(kernelErrors.E_MALFORMED, `JSON: ${fault.what} at byte ${fault.offset}`, {
    offset: fault.offset,
  });
};

/**
 * Parses a JSON text. Objects are ordinary, but `__proto__` is an own member like any other; numbers
 * are doubles (integers beyond 2^53 round, as everywhere in JavaScript).
 */
export const parseJson = (input: Uint8Array | string, limits?: JsonLimits): JsonValue | Refusal => {
  if (typeof input === 'string' && !input.isWellFormed())
    return refuse(kernelErrors.E_MALFORMED, 'JSON: lone surrogate in the text');
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const refusal = checkJson(bytes, limits);
  if (refusal !== undefined) return refusal;
  const text =
    typeof input === 'string'
      ? input
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return JSON.parse(text) as JsonValue;
};
