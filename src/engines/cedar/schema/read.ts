/** The door of schemas: either notation in, the resolved schema or the problems out. */
import { isRefusal } from '../../../kernel/errors.ts';
import { parseJson } from '../../../kernel/strict-json.ts';
import { catchFault, problem, type SchemaProblem, schemaCodes } from './errors.ts';
import type { SchemaFragment } from './fragment.ts';
import { fragmentFromJson } from './from-json.ts';
import { fragmentFromText } from './from-text.ts';
import type { Schema } from './model.ts';
import { resolveSchema } from './resolve.ts';

/** A text in the human notation, a JSON text (it starts with `{`), or a parsed JSON schema. */
export type SchemaSource = string | object;

/** True for the problem side of an answer. */
export const isSchemaProblems = <T extends object>(
  answer: T | readonly SchemaProblem[],
): answer is readonly SchemaProblem[] => Array.isArray(answer);

const lineOf = (text: string, offset: number): { line: number; column: number } => {
  let line = 1;
  let from = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', from)) {
    line++;
    from = at + 1;
  }
  return { line, column: offset - from + 1 };
};

const located = (text: string, problems: readonly SchemaProblem[]): readonly SchemaProblem[] =>
  problems.map((item) =>
    item.span === undefined ? item : { ...item, ...lineOf(text, item.span.start) },
  );

const parseFragment = (source: SchemaSource): SchemaFragment | readonly SchemaProblem[] => {
  if (typeof source !== 'string') return catchFault(() => fragmentFromJson(source));
  if (!source.trimStart().startsWith('{')) return catchFault(() => fragmentFromText(source));
  const json = parseJson(source);
  if (isRefusal(json)) return [problem(schemaCodes.format, json.detail)];
  return catchFault(() => fragmentFromJson(json));
};

/** Reads a schema without resolving its names: what the writers of both notations take. */
export const parseSchema = (source: SchemaSource): SchemaFragment | readonly SchemaProblem[] => {
  const fragment = parseFragment(source);
  return isSchemaProblems(fragment) && typeof source === 'string'
    ? located(source, fragment)
    : fragment;
};

/**
 * Reads and resolves a schema. Total: problems are values, in source order where they have a place.
 * https://docs.cedarpolicy.com/schema/schema.html
 */
export const readSchema = (source: SchemaSource): Schema | readonly SchemaProblem[] => {
  const fragment = parseSchema(source);
  if (isSchemaProblems(fragment)) return fragment;
  const schema = catchFault(() => resolveSchema(fragment));
  return isSchemaProblems(schema) && typeof source === 'string' ? located(source, schema) : schema;
};
