/** One name for the key of an authority, whatever its certificates claim about themselves. */
import { encodeHex } from '../../kernel/hex.ts';
import type { Certificate } from './certificate.ts';
import { keyIdentifierOf } from './public-key.ts';

/**
 * Lower-case hex of the key identifier computed from the key itself (RFC 7093 section 2, method 1):
 * 40 digits. All certificates of one key share it, so that distrust follows the key.
 */
export const authorityKeyOf = (authority: Pick<Certificate, 'publicKey'>): string =>
  encodeHex(keyIdentifierOf(authority.publicKey));
