/** Cuts the human notation of schemas into tokens. One pass, no backtracking, bounded size. */
import type { Span } from '../ast.ts';
import { unescapeString } from '../syntax/escapes.ts';
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import { isIdentifierUnit } from './names.ts';

export type SchemaToken = Span & {
  readonly kind: 'identifier' | 'string' | 'symbol' | 'end';
  /** The identifier, the symbol, or the string with its escapes undone. */
  readonly text: string;
};

const maxLength = 4_194_304;
const symbols = new Set(['@', '{', '}', '[', ']', '<', '>', '(', ')', ',', ';', ':', '=', '?']);
const otherSpaces = new Set([0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000]);

const isSpace = (code: number): boolean =>
  code === 32 ||
  (code >= 9 && code <= 13) ||
  (code > 127 && (otherSpaces.has(code) || (code >= 0x2000 && code <= 0x200a)));

/** Where the next token starts: after white space and comments. */
const skipBlank = (text: string, from: number): number => {
  let at = from;
  for (;;) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    if (!text.startsWith('//', at)) return at;
    while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  }
};

const readString = (text: string, start: number): SchemaToken => {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  const span = { start, end: Math.min(at + 1, text.length) };
  if (at >= text.length)
    throw new SchemaFault(problem(schemaCodes.syntax, 'the string has no closing quote', { span }));
  const value = unescapeString(text.slice(start + 1, at));
  if (typeof value !== 'string') {
    const from = start + 1 + value.at;
    const wrong = text.slice(from, from + value.length);
    throw new SchemaFault(
      problem(schemaCodes.syntax, `the escape \`${wrong}\` is not known`, {
        span: { start: from, end: from + value.length },
      }),
    );
  }
  return { kind: 'string', text: value, ...span };
};

const readToken = (text: string, start: number): SchemaToken => {
  const first = text[start] ?? '';
  if (first === '"') return readString(text, start);
  if (isIdentifierUnit(text.charCodeAt(start), false)) {
    let end = start + 1;
    while (end < text.length && isIdentifierUnit(text.charCodeAt(end), true)) end++;
    return { kind: 'identifier', text: text.slice(start, end), start, end };
  }
  if (text.startsWith('::', start)) return { kind: 'symbol', text: '::', start, end: start + 2 };
  if (symbols.has(first)) return { kind: 'symbol', text: first, start, end: start + 1 };
  const span = { start, end: start + 1 };
  const help = text.startsWith('/*', start) ? 'comments start with `//`' : undefined;
  const message = `\`${String.fromCodePoint(text.codePointAt(start) ?? 0)}\` cannot stand here`;
  throw new SchemaFault(problem(schemaCodes.syntax, message, { span, help }));
};

/**
 * All tokens, the last of kind `end`.
 * @throws SchemaFault for text that is not made of tokens.
 */
export const tokenizeSchema = (text: string): readonly SchemaToken[] => {
  if (text.length > maxLength)
    throw new SchemaFault(problem(schemaCodes.limit, `longer than ${maxLength} characters`));
  const tokens: SchemaToken[] = [];
  let at = skipBlank(text, 0);
  while (at < text.length) {
    const token = readToken(text, at);
    tokens.push(token);
    at = skipBlank(text, token.end);
  }
  tokens.push({ kind: 'end', text: 'the end', start: text.length, end: text.length });
  return tokens;
};
