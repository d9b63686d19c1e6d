/** Reads declarations of actions in the human notation. */
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import type { Annotations, RawAction, RawActionParent, RawAppliesTo, RawType } from './fragment.ts';
import type { SchemaToken } from './lexer.ts';
import { readName, readNames, readRecord } from './text-types.ts';
import {
  accept,
  acceptWord,
  expect,
  isSymbol,
  next,
  peek,
  readIdentifier,
  readLabel,
  readList,
  spanSince,
  syntaxFault,
  type TokenCursor,
} from './token-cursor.ts';

/** `name`, `"name"` or `N::Action::"name"`. */
const readParent = (cursor: TokenCursor): RawActionParent => {
  const { start } = peek(cursor);
  const isQualified = isSymbol(peek(cursor, 1), '::');
  if (!isQualified) return { id: readLabel(cursor).text, span: spanSince(cursor, start) };
  let type = readIdentifier(cursor).text;
  for (;;) {
    expect(cursor, '::');
    if (peek(cursor).kind === 'string') break;
    type += `::${readIdentifier(cursor, 'a name or a string').text}`;
  }
  return { type, id: next(cursor).text, span: spanSince(cursor, start) };
};

const readParents = (cursor: TokenCursor): readonly RawActionParent[] => {
  if (!accept(cursor, '[')) return [readParent(cursor)];
  const parents = readList(cursor, readParent);
  expect(cursor, ']', ' or `,`');
  return parents;
};

const readContext = (cursor: TokenCursor): RawType =>
  isSymbol(peek(cursor), '{')
    ? readRecord(cursor)
    : { kind: 'name', as: 'common', ...readName(cursor) };

type Parts = { [Key in keyof RawAppliesTo]?: RawAppliesTo[Key] };

const refuseAppliesTo = (token: SchemaToken, message: string): SchemaFault => {
  const span = { start: token.start, end: token.end };
  const help = 'an action that applies to something names principal and resource types';
  return new SchemaFault(problem(schemaCodes.format, message, { span, help }));
};

const readTypes = (cursor: TokenCursor, key: SchemaToken): RawAppliesTo['principals'] => {
  const names = readNames(cursor);
  if (names.length === 0) throw refuseAppliesTo(key, `\`${key.text}\` may not be empty`);
  return names;
};

const readPart = (cursor: TokenCursor, parts: Parts): Parts => {
  const key = next(cursor);
  if (key.kind !== 'identifier' || !['principal', 'resource', 'context'].includes(key.text))
    throw syntaxFault(key, '`principal`, `resource` or `context`');
  expect(cursor, ':');
  const part = key.text === 'context' ? key.text : `${key.text as 'principal' | 'resource'}s`;
  if (part in parts) throw refuseAppliesTo(key, `\`${key.text}\` is given twice`);
  if (part === 'context') return { ...parts, context: readContext(cursor) };
  return { ...parts, [part]: readTypes(cursor, key) };
};

const readAppliesTo = (cursor: TokenCursor): RawAppliesTo => {
  const opening = expect(cursor, '{');
  let parts: Parts = readPart(cursor, {});
  while (accept(cursor, ',') && !isSymbol(peek(cursor), '}')) parts = readPart(cursor, parts);
  expect(cursor, '}', ' or `,`');
  const { principals, resources, context } = parts;
  if (principals === undefined) throw refuseAppliesTo(opening, 'no `principal` types are named');
  if (resources === undefined) throw refuseAppliesTo(opening, 'no `resource` types are named');
  return { principals, resources, ...(context === undefined ? {} : { context }) };
};

/** An action that is only a group. */
const toNothing: RawAppliesTo = { principals: [], resources: [] };

export type NamedAction = { readonly name: SchemaToken; readonly action: RawAction };

/** `action a, "b" in [c] appliesTo {…};` gives one action for each name. */
export const readActions = (
  cursor: TokenCursor,
  annotations: Annotations,
): readonly NamedAction[] => {
  const { start } = next(cursor);
  const names = readList(cursor, readLabel);
  const memberOf = acceptWord(cursor, 'in') ? readParents(cursor) : [];
  const appliesTo = acceptWord(cursor, 'appliesTo') ? readAppliesTo(cursor) : toNothing;
  if (acceptWord(cursor, 'attributes')) {
    expect(cursor, '{');
    expect(cursor, '}');
  }
  expect(cursor, ';');
  const action: RawAction = {
    memberOf,
    appliesTo,
    annotations,
    span: spanSince(cursor, start),
  };
  return names.map((name) => ({ name, action }));
};
