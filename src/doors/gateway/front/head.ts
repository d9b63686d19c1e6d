/**
 * Reads the head of a request once, from the raw header list, and refuses every framing that two
 * parsers could understand differently (RFC 9112 sections 2 to 7). Stricter than the parser below:
 * what passes here has exactly one meaning.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';
import { type EscapeRule, parseTarget, type Target } from './target.ts';

/** The part of an incoming message that framing looks at. */
export type RawHead = {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values alternating, as received. */
  readonly rawHeaders: readonly string[];
};

/** What the gateway wants to know of a head. Everything else of it is never looked at again. */
export type Head = {
  method: string;
  /** Normal form: it is byte for byte what was sent. */
  path: string;
  host: string | undefined;
  authorization: string | undefined;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  /** -1 when absent. */
  contentLength: number;
  isChunked: boolean;
  expectsContinue: boolean;
  /** The header of the binary tensor extension is present. */
  hasBinaryTensors: boolean;
};

const maxHeaders = 100;
const maxLengthDigits = 15;

const bad = (detail: string): Refusal => refuse(gatewayErrors.E_HTTP_FRAMING, detail);

const emptyHead = (method: string, target: Target): Head => ({
  method,
  path: target.path,
  host: undefined,
  authorization: undefined,
  contentType: undefined,
  contentEncoding: undefined,
  contentLength: -1,
  isChunked: false,
  expectsContinue: false,
  hasBinaryTensors: false,
});

const parseLength = (text: string): number => {
  if (text.length === 0 || text.length > maxLengthDigits) return -1;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
  }
  return Number(text);
};

const takeLength = (head: Head, value: string): Refusal | undefined => {
  if (head.contentLength >= 0) return bad('Content-Length appears twice');
  head.contentLength = parseLength(value);
  return head.contentLength < 0 ? bad('Content-Length is not a plain number') : undefined;
};

const takeTransferEncoding = (head: Head, value: string): Refusal | undefined => {
  if (head.isChunked) return bad('Transfer-Encoding appears twice');
  if (value.toLowerCase() !== 'chunked')
    return bad('only the transfer encoding chunked is allowed');
  head.isChunked = true;
  return undefined;
};

const takeUpgrade = (value: string): Refusal | undefined =>
  // Clients offer h2c unasked; not taking the offer is the answer RFC 9110 section 7.8 foresees.
  value.toLowerCase() === 'h2c' ? undefined : bad('protocol upgrades are not offered');

const takeExpect = (head: Head, value: string): Refusal | undefined => {
  if (value.toLowerCase() !== '100-continue')
    return refuse(gatewayErrors.E_HTTP_EXPECTATION, 'only 100-continue is understood');
  head.expectsContinue = true;
  return undefined;
};

const takeOnce = (
  head: Head,
  field: 'host' | 'authorization' | 'contentType' | 'contentEncoding',
  value: string,
): Refusal | undefined => {
  if (head[field] !== undefined) return bad(`${field} appears twice`);
  head[field] = value;
  return undefined;
};

/** Called only for names of a length that one of ours has, to spare the lower-casing of others. */
const takeHeader = (head: Head, name: string, value: string): Refusal | undefined => {
  switch (name.toLowerCase()) {
    case 'host':
      return takeOnce(head, 'host', value);
    case 'authorization':
      return takeOnce(head, 'authorization', value);
    case 'content-type':
      return takeOnce(head, 'contentType', value);
    case 'content-encoding':
      return takeOnce(head, 'contentEncoding', value);
    case 'content-length':
      return takeLength(head, value);
    case 'transfer-encoding':
      return takeTransferEncoding(head, value);
    case 'expect':
      return takeExpect(head, value);
    case 'upgrade':
      return takeUpgrade(value);
    case 'inference-header-content-length':
      head.hasBinaryTensors = true;
      return undefined;
    default:
      return undefined;
  }
};

const interesting = new Set([
  'host'.length,
  'authorization'.length,
  'content-type'.length,
  'content-encoding'.length,
  'content-length'.length,
  'transfer-encoding'.length,
  'expect'.length,
  'upgrade'.length,
  'inference-header-content-length'.length,
]);

const isHost = (host: string): boolean => {
  if (host.length === 0 || host.length > 255) return false;
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    // Printable ASCII without delimiters that would move the authority's end.
    if (code <= 0x20 || code >= 0x7f) return false;
    if (code === 0x2f || code === 0x5c || code === 0x40 || code === 0x3f || code === 0x23)
      return false;
  }
  return true;
};

const checkWhole = (head: Head, version: string): Refusal | undefined => {
  if (head.host === undefined || !isHost(head.host)) return bad('exactly one valid Host is needed');
  if (head.isChunked && head.contentLength >= 0)
    return bad('Content-Length and Transfer-Encoding together');
  if (head.isChunked && version !== '1.1') return bad('chunked needs HTTP/1.1');
  return undefined;
};

/** Reads and judges the head. A refusal means: answer 400 (or its own status) and close. */
export const parseHead = (raw: RawHead, escapes: EscapeRule = 'none'): Head | Refusal => {
  const { rawHeaders, httpVersion } = raw;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return bad('only HTTP/1.1 is spoken');
  if (rawHeaders.length > maxHeaders * 2)
    return refuse(gatewayErrors.E_HTTP_HEADERS_TOO_LARGE, `more than ${maxHeaders} headers`);
  const target = parseTarget(raw.url ?? '', escapes);
  if ('refused' in target) return target;
  const head = emptyHead(raw.method ?? '', target);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!interesting.has(name.length)) continue;
    const refusal = takeHeader(head, name, (rawHeaders[i + 1] as string).trim());
    if (refusal !== undefined) return refusal;
  }
  return checkWhole(head, httpVersion) ?? head;
};
