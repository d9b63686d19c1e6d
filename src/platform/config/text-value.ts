/** Turning text from flags and environment into the shape a key wants. Total: bad text stays text. */
import type { FieldKind } from './fields.ts';

const maxNumberLength = 16;

/** `"7700"` → 7700 for number keys, `"a,b"` → list, JSON for lists of objects; else unchanged. */
export const fromText = (text: string, kind: FieldKind): unknown => {
  if (kind === 'number') return numberOf(text);
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (kind === 'text') return text;
  if (text.trim() === '') return [];
  if (text.trimStart().startsWith('[')) return jsonOf(text);
  return kind === 'list' ? text.split(',').map((item) => item.trim()) : text;
};

const numberOf = (text: string): unknown =>
  text.length <= maxNumberLength && /^-?\d+$/.test(text) ? Number(text) : text;

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};
