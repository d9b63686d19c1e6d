/** Policies in the human notation, many in one text; every faulty one is reported. */
import type { Expr, PolicyNode } from '../ast.ts';
import { advance, type Cursor, createCursor, unexpected } from './cursor.ts';
import { type CedarError, errorOf, syntaxCodes } from './errors.ts';
import { maxErrors, maxSourceLength } from './limits.ts';
import { parseExpr } from './parse-expression.ts';
import { parsePolicy } from './parse-policy.ts';
import { locate } from './positions.ts';

export type NamedPolicy = { readonly id: string; readonly node: PolicyNode };
export type ParsedPolicies = { readonly policies: readonly NamedPolicy[] };

/** What is wrong with the text as a whole, before it is looked at in detail. */
const checkSource = (text: string): CedarError | undefined => {
  if (text.length > maxSourceLength)
    return {
      code: syntaxCodes.limit,
      message: `the text is longer than ${maxSourceLength} characters`,
    };
  if (text.isWellFormed()) return undefined;
  let start = 0;
  while ((text.codePointAt(start) ?? 0) < 0xd800 || (text.codePointAt(start) ?? 0) > 0xdfff)
    start += (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
  return {
    code: syntaxCodes.token,
    message: 'half of a surrogate pair is no character',
    span: { start, end: start + 1 },
  };
};

/** Steps behind the next `;`, where the next policy may begin. */
const recover = (cursor: Cursor): void => {
  while (cursor.kind !== ';' && cursor.kind !== 'end' && cursor.kind !== 'invalid') advance(cursor);
  if (cursor.kind === ';') advance(cursor);
  else cursor.kind = 'end';
  cursor.nesting = 0;
};

const parseAll = (text: string): readonly PolicyNode[] | readonly CedarError[] => {
  const nodes: PolicyNode[] = [];
  const errors: CedarError[] = [];
  const cursor = createCursor(text);
  while (cursor.kind !== 'end' && errors.length < maxErrors) {
    try {
      nodes.push(parsePolicy(cursor));
    } catch (cause) {
      errors.push(locate(text, errorOf(cause)));
      recover(cursor);
    }
  }
  return errors.length > 0 ? errors : nodes;
};

const nameAll = (
  text: string,
  nodes: readonly PolicyNode[],
): ParsedPolicies | readonly CedarError[] => {
  const seen = new Set<string>();
  const errors: CedarError[] = [];
  const policies = nodes.map((node, index) => {
    const id = node.annotations.get('id') ?? `policy${index}`;
    if (seen.has(id) && errors.length < maxErrors)
      errors.push(
        locate(text, {
          code: syntaxCodes.id,
          message: `two policies have the id ${JSON.stringify(id)}`,
          ...(node.span === undefined ? {} : { span: node.span }),
          help: 'give each its own @id("…")',
        }),
      );
    seen.add(id);
    return { id, node };
  });
  return errors.length > 0 ? errors : { policies };
};

/**
 * Reads policies and templates in Cedar's notation. The id is that of `@id("…")`, or `policyN` with N
 * counting all policies of the text from 0. Never throws; up to twenty errors, one for each policy.
 */
export const parsePolicies = (text: string): ParsedPolicies | readonly CedarError[] => {
  const fault = checkSource(text);
  if (fault !== undefined) return [locate(text, fault)];
  const nodes = parseAll(text);
  const [first] = nodes;
  if (first !== undefined && 'code' in first) return nodes as readonly CedarError[];
  return nameAll(text, nodes as readonly PolicyNode[]);
};

/** Reads one expression that is the whole text. Never throws. */
export const parseExpression = (text: string): { readonly expr: Expr } | readonly CedarError[] => {
  const fault = checkSource(text);
  if (fault !== undefined) return [locate(text, fault)];
  try {
    const cursor = createCursor(text);
    const expr = parseExpr(cursor);
    if (cursor.kind !== 'end') unexpected(cursor, 'an operator or the end');
    return { expr };
  } catch (cause) {
    return [locate(text, errorOf(cause))];
  }
};
