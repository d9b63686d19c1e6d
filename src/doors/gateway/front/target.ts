/**
 * The request target. Only origin-form in its own normal form passes: a path that some hop might
 * rewrite (`..`, `//`, percent-encoded letters, backslash) has two meanings and is refused.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';

export type Target = { readonly path: string; readonly query: string };

const maxTargetLength = 2048;

/** Path characters of RFC 3986 section 3.3, without the percent sign. */
const pathCharacters = new Uint8Array(128);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/")
  pathCharacters[character.charCodeAt(0)] = 1;

const bad = (detail: string): Refusal => refuse(gatewayErrors.E_HTTP_FRAMING, detail);

const slash = 0x2f;
const dot = 0x2e;

/** True for an empty, `.` or `..` segment that ends before `end`. */
const isOddSegment = (path: string, start: number, end: number): boolean => {
  const length = end - start;
  if (length === 0) return true;
  if (path.charCodeAt(start) !== dot) return false;
  return length === 1 || (length === 2 && path.charCodeAt(start + 1) === dot);
};

const percent = 0x25;

/** True for `%XX` at `at` that hides no dot, backslash or control character. */
const isHarmlessEscape = (path: string, at: number): boolean => {
  const digits = path.slice(at + 1, at + 3);
  if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return false;
  const byte = Number.parseInt(digits, 16);
  return byte > 0x1f && byte !== 0x7f && byte !== dot && byte !== 0x5c;
};

const isNormal = (path: string, escapes: EscapeRule): boolean => {
  let start = 1;
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === percent && escapes === 'harmless' && isHarmlessEscape(path, i)) continue;
    if (pathCharacters[code] !== 1) return false;
    if (code !== slash) continue;
    if (isOddSegment(path, start, i)) return false;
    start = i + 1;
  }
  return path.length === 1 || start === path.length || !isOddSegment(path, start, path.length);
};

const isQuery = (query: string): boolean => {
  for (let i = 0; i < query.length; i++) {
    const code = query.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f || code === 0x23 || code === 0x5c) return false;
  }
  return true;
};

/** `none`: the data plane needs no escapes; `harmless`: parameters of the control plane may. */
export type EscapeRule = 'none' | 'harmless';

/** Browsers and SDKs write the colon of a model name as %3A; that one spelling is undone. */
const undoColon = (path: string): string =>
  path.includes('%') ? path.replaceAll('%3A', ':').replaceAll('%3a', ':') : path;

/** Splits and judges a target; absolute-form, authority-form, `*` and fragments are refused. */
export const parseTarget = (url: string, escapes: EscapeRule = 'none'): Target | Refusal => {
  if (url.length > maxTargetLength) return bad(`target is longer than ${maxTargetLength}`);
  if (url.charCodeAt(0) !== slash) return bad('target must be a path');
  const mark = url.indexOf('?');
  const written = mark < 0 ? url : url.slice(0, mark);
  const path = escapes === 'none' ? undoColon(written) : written;
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (!isNormal(path, escapes)) return bad('path is not in normal form');
  if (!isQuery(query)) return bad('query holds forbidden characters');
  return { path, query };
};
