/** Reads the parts of the human notation that are not declarations: names, types, annotations. */
import { problem, SchemaFault, schemaCodes } from './errors.ts';
import type { Annotations, RawAttribute, RawType, Reference } from './fragment.ts';
import type { SchemaToken } from './lexer.ts';
import {
  accept,
  expect,
  isSymbol,
  nested,
  next,
  peek,
  readIdentifier,
  readLabel,
  readList,
  spanSince,
  syntaxFault,
  type TokenCursor,
} from './token-cursor.ts';

/** `A::B::C`. */
export const readName = (cursor: TokenCursor): Reference => {
  const first = readIdentifier(cursor);
  let name = first.text;
  while (accept(cursor, '::')) name += `::${readIdentifier(cursor).text}`;
  return { name, span: spanSince(cursor, first.start) };
};

/** `A`, `[A, B]` or `[]`. */
export const readNames = (cursor: TokenCursor): readonly Reference[] => {
  if (!accept(cursor, '[')) return [readName(cursor)];
  if (accept(cursor, ']')) return [];
  const names = readList(cursor, readName);
  expect(cursor, ']', ' or `,`');
  return names;
};

const readAnnotation = (cursor: TokenCursor): readonly [SchemaToken, string] => {
  const key = next(cursor);
  if (key.kind !== 'identifier') throw syntaxFault(key, 'the name of an annotation');
  if (!accept(cursor, '(')) return [key, ''];
  const value = next(cursor);
  if (value.kind !== 'string') throw syntaxFault(value, 'a string');
  expect(cursor, ')');
  return [key, value.text];
};

/** `@doc("…") @internal`, none or more. */
export const readTextAnnotations = (cursor: TokenCursor): Annotations => {
  const annotations = new Map<string, string>();
  while (accept(cursor, '@')) {
    const [key, value] = readAnnotation(cursor);
    if (annotations.has(key.text)) {
      const message = `the annotation \`${key.text}\` is given twice`;
      const span = { start: key.start, end: key.end };
      throw new SchemaFault(problem(schemaCodes.duplicate, message, { span }));
    }
    annotations.set(key.text, value);
  }
  return annotations;
};

const readAttribute = (cursor: TokenCursor): readonly [string, RawAttribute] => {
  const annotations = readTextAnnotations(cursor);
  const name = readLabel(cursor).text;
  const required = !accept(cursor, '?');
  expect(cursor, ':');
  return [name, { type: readTextType(cursor), required, annotations }];
};

/** `{name: Type, other?: Type}`. Of attributes given twice the last counts, as in Cedar. */
export const readRecord = (cursor: TokenCursor): RawType => {
  const { start } = expect(cursor, '{');
  const attributes = new Map<string, RawAttribute>();
  while (!isSymbol(peek(cursor), '}')) {
    const [name, attribute] = readAttribute(cursor);
    attributes.set(name, attribute);
    if (!accept(cursor, ',')) break;
  }
  expect(cursor, '}', ' or `,`');
  return { kind: 'record', attributes, span: spanSince(cursor, start) };
};

const readSet = (cursor: TokenCursor): RawType => {
  const { start } = next(cursor);
  expect(cursor, '<');
  const element = readTextType(cursor);
  expect(cursor, '>');
  return { kind: 'set', element, span: spanSince(cursor, start) };
};

/** A type: a record, a set or a name. */
export const readTextType = (cursor: TokenCursor): RawType =>
  nested(cursor, () => {
    const token = peek(cursor);
    if (isSymbol(token, '{')) return readRecord(cursor);
    const isSet = token.kind === 'identifier' && token.text === 'Set';
    if (isSet && isSymbol(peek(cursor, 1), '<')) return readSet(cursor);
    if (token.kind !== 'identifier') throw syntaxFault(token, 'a type');
    return { kind: 'name', as: 'either', ...readName(cursor) };
  });
