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
  return { value: JSON.parse(text, keepDigits) as unknown };
};
