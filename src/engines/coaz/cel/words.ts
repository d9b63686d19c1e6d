/** Words that are no names (CEL language definition, "Syntax"). */

const keywords: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null']);
const reserved: ReadonlySet<string> = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/** Not even a field can be called so. */
export const isKeyword = (word: string): boolean => keywords.has(word);
/** No variable and no function can be called so. */
export const isReserved = (word: string): boolean => keywords.has(word) || reserved.has(word);
