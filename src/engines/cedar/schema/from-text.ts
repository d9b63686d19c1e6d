/** Reads the human notation of schemas. Positions are UTF-16 units of the text. */
import type { Span } from '../ast.ts';
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import type {
  Annotations,
  RawAction,
  RawCommonType,
  RawEntityType,
  RawNamespace,
  SchemaFragment,
} from './fragment.ts';
import { type SchemaToken, tokenizeSchema } from './lexer.ts';
import { isReservedCommonType, nameProblem } from './names.ts';
import { readActions } from './text-actions.ts';
import {
  readName,
  readNames,
  readRecord,
  readTextAnnotations,
  readTextType,
} from './text-types.ts';
import {
  accept,
  acceptWord,
  expect,
  isSymbol,
  isWord,
  next,
  peek,
  readIdentifier,
  readList,
  spanSince,
  syntaxFault,
  type TokenCursor,
} from './token-cursor.ts';

type Draft = {
  readonly commonTypes: Map<string, RawCommonType>;
  readonly entityTypes: Map<string, RawEntityType>;
  readonly actions: Map<string, RawAction>;
};
const newDraft = (): Draft => ({
  commonTypes: new Map(),
  entityTypes: new Map(),
  actions: new Map(),
});

const fail = (code: (typeof schemaCodes)[keyof typeof schemaCodes], message: string, span: Span) =>
  new SchemaFault(problem(code, message, { span: { start: span.start, end: span.end } }));

const declare = <T>(into: Map<string, T>, token: SchemaToken, item: T): void => {
  if (into.has(token.text))
    throw fail(schemaCodes.duplicate, `\`${token.text}\` is declared twice`, token);
  into.set(token.text, item);
};

const checkName = (name: string, span: Span): void => {
  const wrong = nameProblem(name);
  if (wrong !== undefined) throw fail(schemaCodes.name, wrong, span);
};

const readEnumIds = (cursor: TokenCursor): readonly string[] => {
  expect(cursor, '[');
  const ids = readList(cursor, () => {
    const token = next(cursor);
    if (token.kind !== 'string') throw syntaxFault(token, 'a string');
    return token.text;
  });
  expect(cursor, ']', ' or `,`');
  return ids;
};

const readEntityBody = (cursor: TokenCursor): Omit<RawEntityType, 'annotations' | 'span'> => {
  if (acceptWord(cursor, 'enum')) return { memberOf: [], ids: readEnumIds(cursor) };
  const memberOf = acceptWord(cursor, 'in') ? readNames(cursor) : [];
  const hasShape = accept(cursor, '=') || isSymbol(peek(cursor), '{');
  const shape = hasShape ? readRecord(cursor) : undefined;
  const tags = acceptWord(cursor, 'tags') ? readTextType(cursor) : undefined;
  return {
    memberOf,
    ...(shape === undefined ? {} : { shape }),
    ...(tags === undefined ? {} : { tags }),
  };
};

const readEntities = (cursor: TokenCursor, annotations: Annotations, draft: Draft): void => {
  const { start } = next(cursor);
  const names = readList(cursor, readIdentifier);
  const body = readEntityBody(cursor);
  expect(cursor, ';');
  const span = spanSince(cursor, start);
  for (const name of names) {
    checkName(name.text, name);
    if (name.text === 'Action')
      throw fail(schemaCodes.name, 'the entity type `Action` is the one of actions', name);
    declare(draft.entityTypes, name, { ...body, annotations, span });
  }
};

const readCommonType = (cursor: TokenCursor, annotations: Annotations, draft: Draft): void => {
  const { start } = next(cursor);
  const name = readIdentifier(cursor);
  checkName(name.text, name);
  if (isReservedCommonType(name.text))
    throw fail(schemaCodes.name, `\`${name.text}\` is a type of the language`, name);
  expect(cursor, '=');
  const type = readTextType(cursor);
  expect(cursor, ';');
  declare(draft.commonTypes, name, { type, annotations, span: spanSince(cursor, start) });
};

/** Reads one declaration if one comes next. */
const readDeclaration = (cursor: TokenCursor, annotations: Annotations, draft: Draft): boolean => {
  const token = peek(cursor);
  if (isWord(token, 'entity')) readEntities(cursor, annotations, draft);
  else if (isWord(token, 'type')) readCommonType(cursor, annotations, draft);
  else if (isWord(token, 'action'))
    for (const { name, action } of readActions(cursor, annotations))
      declare(draft.actions, name, action);
  else return false;
  return true;
};

const readNamespace = (cursor: TokenCursor): readonly [string, Span, Draft] => {
  next(cursor);
  const { name, span = { start: 0, end: 0 } } = readName(cursor);
  checkName(name, span);
  expect(cursor, '{');
  const draft = newDraft();
  while (!accept(cursor, '}')) {
    const annotations = readTextAnnotations(cursor);
    if (!readDeclaration(cursor, annotations, draft))
      throw syntaxFault(peek(cursor), '`entity`, `action`, `type` or `}`');
  }
  return [name, span, draft];
};

const isEmpty = ({ commonTypes, entityTypes, actions }: Draft): boolean =>
  commonTypes.size + entityTypes.size + actions.size === 0;

/**
 * Reads a schema in the human notation.
 * @throws SchemaFault at the first thing that is not of the notation.
 */
export const fragmentFromText = (text: string): SchemaFragment => {
  const cursor: TokenCursor = { tokens: tokenizeSchema(text), at: 0, depth: 0 };
  const namespaces = new Map<string, RawNamespace>();
  const unnamed = newDraft();
  while (peek(cursor).kind !== 'end') {
    const annotations = readTextAnnotations(cursor);
    if (isWord(peek(cursor), 'namespace')) {
      const [name, span, draft] = readNamespace(cursor);
      if (namespaces.has(name))
        throw fail(schemaCodes.duplicate, `the namespace \`${name}\` is declared twice`, span);
      namespaces.set(name, { ...draft, annotations, span });
    } else if (!readDeclaration(cursor, annotations, unnamed))
      throw syntaxFault(peek(cursor), '`entity`, `action`, `type` or `namespace`');
  }
  return isEmpty(unnamed)
    ? namespaces
    : new Map([['', { ...unnamed, annotations: new Map() }], ...namespaces]);
};
