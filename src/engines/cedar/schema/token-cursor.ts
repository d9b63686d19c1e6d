/** Walks over the tokens of a schema text and says what was expected when something else comes. */
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import type { SchemaToken } from './lexer.ts';
import { isReservedWord } from './names.ts';
import type { Span } from '../ast.ts';

export type TokenCursor = {
  readonly tokens: readonly SchemaToken[];
  at: number;
  depth: number;
};

const maxDepth = 100;
const endToken: SchemaToken = { kind: 'end', text: 'the end', start: 0, end: 0 };

export const peek = (cursor: TokenCursor, ahead = 0): SchemaToken =>
  cursor.tokens[cursor.at + ahead] ?? cursor.tokens.at(-1) ?? endToken;

export const next = (cursor: TokenCursor): SchemaToken => {
  const token = peek(cursor);
  if (token.kind !== 'end') cursor.at++;
  return token;
};

/** From the start of a token to the end of the one read last. */
export const spanSince = (cursor: TokenCursor, start: number): Span => ({
  start,
  end: cursor.tokens[cursor.at - 1]?.end ?? start,
});

export const syntaxFault = (token: SchemaToken, expected: string): SchemaFault => {
  const found =
    token.kind === 'string' ? 'a string' : token.kind === 'end' ? token.text : `\`${token.text}\``;
  const span = { start: token.start, end: token.end };
  return new SchemaFault(
    problem(schemaCodes.syntax, `expected ${expected}, found ${found}`, { span }),
  );
};

export const isSymbol = (token: SchemaToken, symbol: string): boolean =>
  token.kind === 'symbol' && token.text === symbol;
export const isWord = (token: SchemaToken, word: string): boolean =>
  token.kind === 'identifier' && token.text === word;

/** Steps over the symbol if it comes next. */
export const accept = (cursor: TokenCursor, symbol: string): boolean => {
  if (!isSymbol(peek(cursor), symbol)) return false;
  cursor.at++;
  return true;
};
export const expect = (cursor: TokenCursor, symbol: string, others = ''): SchemaToken => {
  const token = next(cursor);
  if (!isSymbol(token, symbol)) throw syntaxFault(token, `\`${symbol}\`${others}`);
  return token;
};
/** Steps over the word if it comes next. */
export const acceptWord = (cursor: TokenCursor, word: string): boolean => {
  if (!isWord(peek(cursor), word)) return false;
  cursor.at++;
  return true;
};

/** An identifier that is no reserved word. */
export const readIdentifier = (cursor: TokenCursor, expected = 'a name'): SchemaToken => {
  const token = next(cursor);
  if (token.kind !== 'identifier') throw syntaxFault(token, expected);
  if (!isReservedWord(token.text)) return token;
  const span = { start: token.start, end: token.end };
  throw new SchemaFault(
    problem(schemaCodes.name, `\`${token.text}\` is a reserved word`, { span }),
  );
};

/** An identifier or a string. */
export const readLabel = (cursor: TokenCursor): SchemaToken =>
  peek(cursor).kind === 'string' ? next(cursor) : readIdentifier(cursor, 'a name or a string');

/** One item or more, with commas between and none behind. */
export const readList = <T>(cursor: TokenCursor, read: (cursor: TokenCursor) => T): T[] => {
  const items = [read(cursor)];
  while (accept(cursor, ',')) items.push(read(cursor));
  return items;
};

/** Reads something that can contain itself, to a bounded depth. */
export const nested = <T>(cursor: TokenCursor, read: (cursor: TokenCursor) => T): T => {
  const { start, end } = peek(cursor);
  if (++cursor.depth > maxDepth) {
    const message = `the schema nests deeper than ${maxDepth} levels`;
    throw new SchemaFault(problem(schemaCodes.limit, message, { span: { start, end } }));
  }
  const result = read(cursor);
  cursor.depth--;
  return result;
};
