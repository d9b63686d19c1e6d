/** Selections, indexes and calls on a value. Throws SyntaxFailure. */
import type { Expression } from './ast.ts';
import { checkMethod } from './signatures.ts';
import {
  advance,
  count,
  type Cursor,
  expect,
  isNext,
  nested,
  peek,
  take,
  unexpected,
} from './cursor.ts';
import { parseArguments } from './parse-call.ts';
import { parsePrimary } from './parse-primary.ts';
import { isKeyword } from './words.ts';

const parseSelection = (cursor: Cursor, of: Expression, isOptional: boolean): Expression => {
  const token = advance(cursor);
  const isField = token.kind === 'quoted' || (token.kind === 'word' && !isKeyword(token.word));
  if (!isField) throw unexpected(token, 'a name');
  const { word, at } = token;
  if (isOptional || token.kind === 'quoted' || !take(cursor, '('))
    return { kind: 'select', at, of, field: word, isOptional };
  const args = parseArguments(cursor);
  checkMethod(word, args.length, at);
  return { kind: 'call', at, name: word, receiver: of, args };
};

const parseIndex = (cursor: Cursor, of: Expression, at: number): Expression => {
  const isOptional = peek(cursor).word === '[?' && advance(cursor).word === '[?';
  if (!isOptional) advance(cursor);
  const hasMark = !isOptional && take(cursor, '?');
  const index = nested(cursor, cursor.expression);
  expect(cursor, ']');
  return { kind: 'index', at, of, index, isOptional: isOptional || hasMark };
};

/** A primary and what follows it; `first` when it has been read already. */
export const parseMember = (cursor: Cursor, first?: Expression): Expression => {
  let of = first ?? parsePrimary(cursor);
  for (;;) {
    const { at } = peek(cursor);
    count(cursor, at);
    if (isNext(cursor, '[') || isNext(cursor, '[?')) of = parseIndex(cursor, of, at);
    else if (take(cursor, '.?')) of = parseSelection(cursor, of, true);
    else if (take(cursor, '.')) of = parseSelection(cursor, of, false);
    else return of;
  }
};
