/**
 * The lexical skeleton of Cedar policy text: strings, words, punctuation, comments skipped. Enough
 * to find where statements begin and end; judging them is the parser's business. Linear and total.
 */

export type PolicyToken = {
  readonly kind: 'word' | 'string' | 'mark';
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
};

const unicodeSpace = /^\s$/u;
const isSpace = (code: number): boolean =>
  code < 0x80
    ? code === 0x20 || (code >= 0x09 && code <= 0x0d)
    : code === 0x85 || unicodeSpace.test(String.fromCharCode(code));

const isWord = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x30 && code <= 0x39) ||
  code === 0x5f;

/** Index of the first character after blanks and `//` comments (which end at CR or LF). */
const skipBlank = (text: string, from: number): number => {
  let at = from;
  for (;;) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    if (!text.startsWith('//', at)) return at;
    while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  }
};

const endOfString = (text: string, quote: number): number => {
  let at = quote + 1;
  while (at < text.length) {
    if (text[at] === '\\') at += 2;
    else if (text[at] === '"') return at + 1;
    else at++;
  }
  return text.length;
};

/** The token at or after `from`, or nothing at the end of the text. */
export const nextToken = (text: string, from: number): PolicyToken | undefined => {
  const start = skipBlank(text, from);
  if (start >= text.length) return undefined;
  if (text[start] === '"') return { kind: 'string', start, end: endOfString(text, start) };
  let end = start;
  while (end < text.length && isWord(text.charCodeAt(end))) end++;
  if (end > start) return { kind: 'word', start, end };
  const pair = text.slice(start, start + 2);
  const width = pair === '&&' || pair === '||' || pair === '==' || pair === '::' ? 2 : 1;
  return { kind: 'mark', start, end: start + width };
};

/** A function from offset to one-based line; CR LF, CR and LF each end a line. */
export const lineFinder = (text: string): ((offset: number) => number) => {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const isBreak = text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n');
    if (isBreak) starts.push(at + 1);
  }
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
};
