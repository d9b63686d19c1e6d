/** Comparisons whose duration does not depend on where two secrets differ. */
import { hash, timingSafeEqual } from 'node:crypto';

/** True when both byte strings are equal. Only their lengths may be learnt from the time taken. */
export const equalBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);

/** UTF-16 keeps lone surrogates apart, which UTF-8 would replace by one and the same character. */
const digest = (text: string): Buffer => hash('sha256', Buffer.from(text, 'utf16le'), 'buffer');

/** True when both texts are equal; compares digests, so not even the lengths show. */
export const equalText = (left: string, right: string): boolean =>
  timingSafeEqual(digest(left), digest(right));
