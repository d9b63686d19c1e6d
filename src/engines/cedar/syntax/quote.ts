/** String literals and patterns as they are written in policies. */
import type { PatternPart } from '../ast.ts';

const named: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\0', '\\0'],
]);

/** What cannot be seen (controls, direction marks, unassigned) is escaped too: text never lies. */
const special = /["\\\p{C}\p{Zl}\p{Zp}]/gu;

const escapeText = (text: string): string =>
  text.replaceAll(
    special,
    (char) => named.get(char) ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );

/** A string literal with its quotes. */
export const quote = (text: string): string => `"${escapeText(text)}"`;

/** A `like` pattern with its quotes. */
export const quotePattern = (pattern: readonly PatternPart[]): string => {
  const parts = pattern.map((part) =>
    part === 'wildcard' ? '*' : escapeText(part.literal).replaceAll('*', '\\*'),
  );
  return `"${parts.join('')}"`;
};
