/** The small pieces of both scopes and expressions: names, string literals, entity literals. */
import type { EntityUid, Span } from '../ast.ts';
import {
  accept,
  advance,
  type Cursor,
  excerpt,
  fail,
  spanFrom,
  tokenSpan,
  unexpected,
} from './cursor.ts';
import { syntaxCodes } from './errors.ts';
import { type EscapeFault, unescapeString } from './escapes.ts';
import { isReserved, reservedNamePart } from './names.ts';

/** Gives up over an escape in the string token that begins at `tokenStart`. */
export const failEscape = (cursor: Cursor, tokenStart: number, fault: EscapeFault): never => {
  const start = tokenStart + 1 + fault.at;
  const span = { start, end: start + fault.length };
  const bad = excerpt(cursor.text.slice(span.start, span.end));
  const isReturn = cursor.text[start] === '\r';
  return fail({
    code: syntaxCodes.escape,
    message: isReturn ? 'a carriage return must be escaped' : `\`${bad}\` is no escape sequence`,
    span,
    help: isReturn
      ? 'write `\\r`'
      : 'the escapes are \\n \\r \\t \\\\ \\0 \\\' \\" \\x41 \\u{1F600}, and \\* in patterns',
  });
};

/** The text between the quotes of the current string token. */
export const rawString = (cursor: Cursor): string =>
  cursor.text.slice(cursor.start + 1, cursor.end - 1);

/** Reads the current string token, which must be one. */
export const readString = (cursor: Cursor): string => {
  const value = unescapeString(rawString(cursor));
  if (typeof value !== 'string') return failEscape(cursor, cursor.start, value);
  advance(cursor);
  return value;
};

/** True when the current token is a word, reserved or not. */
export const atWord = (cursor: Cursor): boolean =>
  cursor.kind === 'identifier' || isReserved(cursor.kind);

/** Reads a word that names something; reserved ones give up. */
export const readIdentifier = (cursor: Cursor, expected: string): string => {
  const { word } = cursor;
  if (cursor.kind !== 'identifier') {
    if (!atWord(cursor)) return unexpected(cursor, expected);
    return fail({
      message: `\`${word}\` is reserved and cannot be ${expected}`,
      span: tokenSpan(cursor),
      help: `as an attribute it can stand in quotes: ["${word}"], has "${word}"`,
    });
  }
  if (word === reservedNamePart)
    return fail({ message: `\`${word}\` is reserved`, span: tokenSpan(cursor) });
  advance(cursor);
  return word;
};

/** `A::B`, or `A::B::` when a string token follows: then it is the type of an entity. */
export type Path = { readonly name: string; readonly isType: boolean; readonly span: Span };

export const readPath = (cursor: Cursor, expected: string): Path => {
  const { start } = cursor;
  let name = readIdentifier(cursor, expected);
  let span = spanFrom(cursor, start);
  while (accept(cursor, '::')) {
    if (cursor.kind === 'string') return { name, isType: true, span };
    if (cursor.kind === '{')
      fail({
        message: 'entities are written with a string',
        span: tokenSpan(cursor),
        help: `write ${name}::"…"`,
      });
    name += `::${readIdentifier(cursor, 'a name or a string after `::`')}`;
    span = spanFrom(cursor, start);
  }
  return { name, isType: false, span };
};

/** The entity whose type was read just now; its id is the current token. */
export const readEntityId = (cursor: Cursor, path: Path): EntityUid => ({
  type: path.name,
  id: readString(cursor),
});

/** Reads the name of an entity type. */
export const readTypeName = (cursor: Cursor): string => {
  if (cursor.kind === 'string')
    return unexpected(cursor, 'the name of an entity type', 'remove the quotes');
  const path = readPath(cursor, 'the name of an entity type');
  if (!path.isType) return path.name;
  return unexpected(cursor, 'the name of an entity type', 'to compare with one entity use `==`');
};
