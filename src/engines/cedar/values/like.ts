/** `like`: patterns of literal text and `*`, matched in one pass without backtracking. */
import type { PatternPart } from '../ast.ts';

export type Matcher = (text: string) => boolean;

/** The literal pieces between wildcards; neighbours are joined. */
const piecesOf = (pattern: readonly PatternPart[]): readonly string[] => {
  const pieces = [''];
  for (const part of pattern)
    if (part === 'wildcard') pieces.push('');
    else pieces[pieces.length - 1] += part.literal;
  return pieces;
};

/**
 * Prepares a pattern. Between two wildcards the leftmost place is always a right one, so the cost is
 * that of searching each piece once.
 */
export const createMatcher = (pattern: readonly PatternPart[]): Matcher => {
  const pieces = piecesOf(pattern);
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return (text) => text === first;
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= end;
  };
};
