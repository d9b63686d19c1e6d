/** Literals, names, calls, brackets. Throws SyntaxFailure. */
import type { Entry, Expression, Item } from './ast.ts';
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
import type { Token } from './lexer.ts';
import { parseCall } from './parse-call.ts';
import { parseNumber } from './parse-number.ts';
import { SyntaxFailure } from './syntax-failure.ts';
import { isReserved } from './words.ts';

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const parseItem = (cursor: Cursor): Item => {
  const isOptional = take(cursor, '?');
  return { value: cursor.expression(cursor), isOptional };
};

const parseList = (cursor: Cursor, { at, word }: Token): Expression => {
  const items: Item[] = [];
  if (word === '[?') items.push({ ...nested(cursor, parseItem), isOptional: true });
  if (items.length === 0 || take(cursor, ','))
    while (!isNext(cursor, ']')) {
      items.push(nested(cursor, parseItem));
      if (!take(cursor, ',')) break;
    }
  expect(cursor, ']');
  return { kind: 'list', at, items };
};

const parseEntry = (cursor: Cursor): Entry => {
  const isOptional = take(cursor, '?');
  const key = cursor.expression(cursor);
  expect(cursor, ':');
  return { key, value: cursor.expression(cursor), isOptional };
};

const parseMap = (cursor: Cursor, { at }: Token): Expression => {
  const entries: Entry[] = [];
  while (!isNext(cursor, '}')) {
    entries.push(nested(cursor, parseEntry));
    if (!take(cursor, ',')) break;
  }
  expect(cursor, '}');
  return { kind: 'map', at, entries };
};

const parseWord = (cursor: Cursor, { at, word }: Token): Expression => {
  const constant = constants.get(word);
  if (constant !== undefined) return { kind: 'literal', at, value: constant };
  if (isReserved(word)) throw new SyntaxFailure(`"${word}" is a reserved word`, at);
  return take(cursor, '(') ? parseCall(cursor, word, at) : { kind: 'name', at, name: word };
};

const parseBracket = (cursor: Cursor, token: Token): Expression => {
  if (token.word === '[' || token.word === '[?') return parseList(cursor, token);
  if (token.word === '{') return parseMap(cursor, token);
  if (token.word !== '(') throw unexpected(token, 'a value');
  const inner = nested(cursor, cursor.expression);
  expect(cursor, ')');
  return inner;
};

export const parsePrimary = (cursor: Cursor): Expression => {
  const token = peek(cursor);
  count(cursor, token.at);
  advance(cursor);
  switch (token.kind) {
    case 'int':
    case 'uint':
    case 'double':
      return parseNumber(token);
    case 'text':
      return { kind: 'literal', at: token.at, value: token.value ?? '' };
    case 'word':
      return parseWord(cursor, token);
    case 'sign':
      return parseBracket(cursor, token);
    case 'quoted':
    case 'end':
      throw unexpected(token, 'a value');
  }
};
