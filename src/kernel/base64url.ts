/**
 * Strict base64url (RFC 4648 section 5, no padding) and base64 (section 4, padded). Exactly one
 * text decodes to each byte string: no whitespace, no foreign letters, no stray trailing bits.
 */
import { kernelErrors, type Refusal, refuse } from './errors.ts';

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Base64url without padding. */
export const encodeBase64Url = (bytes: Uint8Array): string => asBuffer(bytes).toString('base64url');

/** Standard base64 with padding. */
export const encodeBase64 = (bytes: Uint8Array): string => asBuffer(bytes).toString('base64');

const decode = (
  text: string,
  encoding: 'base64' | 'base64url',
): Uint8Array<ArrayBuffer> | Refusal => {
  const decoded = Buffer.from(text, encoding);
  // Node's decoder is lenient; whatever does not encode back to itself was not canonical.
  if (decoded.toString(encoding) !== text)
    return refuse(kernelErrors.E_MALFORMED, `not canonical ${encoding}`);
  return new Uint8Array(decoded);
};

/** Decodes unpadded base64url; refuses everything non-canonical. The result is a fresh copy. */
export const decodeBase64Url = (text: string): Uint8Array<ArrayBuffer> | Refusal =>
  decode(text, 'base64url');

/** Decodes padded standard base64; refuses everything non-canonical. The result is a fresh copy. */
export const decodeBase64 = (text: string): Uint8Array<ArrayBuffer> | Refusal =>
  decode(text, 'base64');
