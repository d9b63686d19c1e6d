/**
 * Strict PEM (RFC 7468 section 3, "stricttextualmsg"): 64 letters a line, canonical base64, nothing
 * between the blocks but empty lines. One text has one meaning.
 */
import { decodeBase64, encodeBase64 } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { pkiErrors } from './errors.ts';

export type PemLabel =
  | 'CERTIFICATE'
  | 'CERTIFICATE REQUEST'
  | 'X509 CRL'
  | 'PUBLIC KEY'
  | 'PRIVATE KEY';

const lineLetters = 64;
const maxTextLength = 1 << 20;
const defaultMaxBlocks = 64;

/** One block, lines of 64 letters, ending in a line feed. */
export const encodePem = (label: PemLabel, der: Uint8Array): string => {
  const text = encodeBase64(der);
  const lines = [`-----BEGIN ${label}-----`];
  for (let at = 0; at < text.length; at += lineLetters)
    lines.push(text.slice(at, at + lineLetters));
  lines.push(`-----END ${label}-----`, '');
  return lines.join('\n');
};

const malformed = (what: string, line: number): Refusal =>
  refuse(pkiErrors.E_PKI_MALFORMED, `PEM line ${line + 1}: ${what}`, { line: line + 1 });

/** Reads the body that starts at `start`; returns the bytes and the line after the END line. */
const readBlock = (
  lines: readonly string[],
  start: number,
  label: PemLabel,
): { der: Uint8Array; next: number } | Refusal => {
  const end = lines.indexOf(`-----END ${label}-----`, start);
  if (end < 0) return malformed(`no END line for ${label}`, start);
  for (let at = start; at < end - 1; at++) {
    if (lines[at]?.length !== lineLetters) return malformed('not 64 letters long', at);
  }
  const last = lines[end - 1] ?? '';
  if (end === start || last.length === 0 || last.length > lineLetters)
    return malformed('bad last line', end - 1);
  const der = decodeBase64(lines.slice(start, end).join(''));
  return isRefusal(der) ? malformed('not canonical base64', start) : { der, next: end + 1 };
};

/**
 * Decodes all blocks of one label. Refuses other labels, text outside the blocks, an empty text
 * and more than `maxBlocks` (64) blocks. LF and CRLF line ends are accepted.
 */
export const decodePem = (
  text: string,
  label: PemLabel,
  maxBlocks = defaultMaxBlocks,
): readonly Uint8Array[] | Refusal => {
  if (text.length > maxTextLength)
    return refuse(pkiErrors.E_PKI_MALFORMED, `PEM text is longer than ${maxTextLength}`);
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const blocks: Uint8Array[] = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at] === '') {
      at += 1;
      continue;
    }
    if (lines[at] !== `-----BEGIN ${label}-----`)
      return malformed(`expected -----BEGIN ${label}-----`, at);
    if (blocks.length === maxBlocks) return malformed(`more than ${maxBlocks} blocks`, at);
    const block = readBlock(lines, at + 1, label);
    if (isRefusal(block)) return block;
    blocks.push(block.der);
    at = block.next;
  }
  if (blocks.length === 0) return refuse(pkiErrors.E_PKI_MALFORMED, `no ${label} in PEM text`);
  return blocks;
};

/** Decodes exactly one block. */
export const decodeOnePem = (text: string, label: PemLabel): Uint8Array | Refusal => {
  const blocks = decodePem(text, label, 1);
  if (isRefusal(blocks)) return blocks;
  return blocks[0] ?? refuse(pkiErrors.E_PKI_MALFORMED, `no ${label} in PEM text`);
};
