/** Text to tree. Throws SyntaxFailure, and nothing else. */
import type { Expression } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { peek, unexpected } from './cursor.ts';
import { tokensOf } from './lexer.ts';
import type { CelLimits } from './limits.ts';
import { parseExpression } from './parse-expression.ts';
import { SyntaxFailure } from './syntax-failure.ts';

/** The whole text as one expression. */
export const parseCel = (text: string, limits: CelLimits): Expression => {
  if (text.length > limits.maxLength)
    throw new SyntaxFailure(`longer than ${limits.maxLength} characters`, limits.maxLength, true);
  const cursor: Cursor = {
    tokens: tokensOf(text),
    limits,
    expression: parseExpression,
    next: 0,
    depth: 0,
    nodes: 0,
  };
  const expression = parseExpression(cursor);
  const rest = peek(cursor);
  if (rest.kind !== 'end') throw unexpected(rest, 'the end');
  return expression;
};
