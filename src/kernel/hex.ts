/** Hexadecimal text: lower case out, either case in, nothing else accepted. */
import { kernelErrors, type Refusal, refuse } from './errors.ts';

/** Lower-case hex, two digits a byte. */
export const encodeHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** Decodes an even number of hex digits of either case. The result is a fresh copy. */
export const decodeHex = (text: string): Uint8Array<ArrayBuffer> | Refusal => {
  // Node's decoder stops silently at the first bad digit, so the length tells.
  const decoded = Buffer.from(text, 'hex');
  if (decoded.length * 2 !== text.length || !/^[0-9a-fA-F]*$/.test(text))
    return refuse(kernelErrors.E_MALFORMED, 'not hexadecimal');
  return new Uint8Array(decoded);
};
