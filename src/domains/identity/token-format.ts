/**
 * The form of secrets we hand out: `spt_<16 hex id>_<43 letters secret><6 letters checksum>`.
 * The id finds the row, the checksum (CRC-32C) turns typing errors and noise away before any
 * look-up, and the fixed form lets secret scanners find leaked ones.
 */
import { hash } from 'node:crypto';
import { encodeBase64Url } from '../../kernel/base64url.ts';
import { crc32c } from '../../kernel/crc32c.ts';
import type { Random } from '../../kernel/effects.ts';
import { encodeHex } from '../../kernel/hex.ts';

/** API token, join token, enrolment code. */
export type TokenPrefix = 'spt' | 'spj' | 'spe';

const idBytes = 8;
const secretBytes = 32;
const idLength = 2 * idBytes;
const secretLength = 43;
const checksumLength = 6;
const idStart = 4;
const secretStart = idStart + idLength + 1;
const checksumStart = secretStart + secretLength;
/** Length of every token of this form. */
export const tokenLength = checksumStart + checksumLength;

const checksum = (body: string): string => {
  const crc = crc32c(Buffer.from(body, 'latin1'));
  return encodeBase64Url(Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc));
};

/** Draws a token of 256 bits of secret. */
export const drawToken = (
  prefix: TokenPrefix,
  random: Random,
): { readonly id: string; readonly text: string } => {
  const id = encodeHex(random.bytes(idBytes));
  const body = `${prefix}_${id}_${encodeBase64Url(random.bytes(secretBytes))}`;
  return { id, text: body + checksum(body) };
};

const isHexDigit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);

/** The id inside a well-formed token; undefined for anything else. Proves nothing. */
export const tokenIdOf = (prefix: TokenPrefix, text: string): string | undefined => {
  if (text.length !== tokenLength || !text.startsWith(prefix) || text[3] !== '_') return undefined;
  if (text[secretStart - 1] !== '_') return undefined;
  for (let at = idStart; at < secretStart - 1; at++)
    if (!isHexDigit(text.charCodeAt(at))) return undefined;
  if (text.slice(checksumStart) !== checksum(text.slice(0, checksumStart))) return undefined;
  return text.slice(idStart, secretStart - 1);
};

/** What is stored of a token. 256 random bits need no slow hash. */
export const tokenDigest = (text: string): Uint8Array =>
  new Uint8Array(hash('sha256', text, 'buffer'));
