/** JSON whose integers keep every digit: those beyond 2^53 become bigint. Strict otherwise. */
import type { Refusal } from '../../kernel/errors.ts';
import { checkJson } from '../../kernel/strict-json.ts';

const maxBytes = 64 * 1024 * 1024;
const integer = /^-?\d+$/;

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

const keepDigits: Reviver = (_key, value, context) => {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return integer.test(source) ? BigInt(source) : value;
};

/** Parses strict JSON (no duplicate members, no lone surrogates, bounded); E_MALFORMED otherwise. */
export const parseExactJson = (text: string): { readonly value: unknown } | Refusal => {
  const refusal = checkJson(Buffer.from(text), { maxBytes });
  if (refusal !== undefined) return refusal;
  return { value: JSON.parse(text, keepDigits) as unknown };
};
