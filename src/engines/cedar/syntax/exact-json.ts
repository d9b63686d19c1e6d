/**
 * JSON text whose integers keep every digit: bigint beyond 2^53. Numbers that are not written as
 * integers (`1.0`, `1e3`) become NaN, which no Cedar value can be. Strict otherwise.
 */
import { checkJson } from '../../../kernel/strict-json.ts';
import { type CedarError, syntaxCodes } from './errors.ts';
import { maxJsonDepth, maxSourceLength } from './limits.ts';
import { positionAt } from './positions.ts';

const limits = {
  maxBytes: maxSourceLength,
  maxDepth: maxJsonDepth,
  maxKeys: 1_000_000,
  maxValues: 20_000_000,
};
const integer = /^-?\d+$/;

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

const keepDigits: Reviver = (_key, value, context) => {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? '';
  if (!integer.test(source)) return Number.NaN;
  return Number.isSafeInteger(value) ? value + 0 : BigInt(source);
};

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const safeDigits = 15;

/** Just behind the string that begins here, in JSON known to be good. */
const skipString = (text: string, from: number): number => {
  let at = text.indexOf('"', from + 1);
  for (;;) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0 || at < 0) return at < 0 ? text.length : at + 1;
    at = text.indexOf('"', at + 1);
  }
};

/** True when every number is a short integer, so that plain JSON.parse loses nothing. */
const hasOnlyShortIntegers = (text: string): boolean => {
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 34) at = skipString(text, at);
    else if (isDigit(code)) {
      const start = at;
      while (isDigit(text.charCodeAt(at))) at++;
      if (at - start > safeDigits || '.eE'.includes(text.charAt(at) || ' ')) return false;
    } else at++;
  }
  return true;
};

/** The fault of `checkJson` with line and column instead of a byte offset. */
const located = (text: string, bytes: Uint8Array, detail: string): CedarError => {
  const offset = Number(/ at byte (\d+)$/.exec(detail)?.[1] ?? '0');
  const start = new TextDecoder().decode(bytes.subarray(0, offset)).length;
  return {
    code: syntaxCodes.json,
    message: detail.replace(/ at byte \d+$/, ''),
    span: { start, end: Math.min(start + 1, text.length) },
    ...positionAt(text, start),
  };
};

/** Reads JSON text: no duplicate members, no lone surrogates, bounded. Never throws. */
export const parseExactJson = (text: string): { readonly value: unknown } | CedarError => {
  const bytes = Buffer.from(text);
  const refusal = checkJson(bytes, limits);
  if (refusal !== undefined) return located(text, bytes, refusal.detail);
  if (!text.isWellFormed())
    return { code: syntaxCodes.json, message: 'JSON: half of a surrogate pair' };
  const parsed: unknown = hasOnlyShortIntegers(text)
    ? JSON.parse(text)
    : JSON.parse(text, keepDigits);
  return { value: parsed };
};
