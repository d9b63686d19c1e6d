/** Number literals: 64-bit integers exactly, doubles as far as they are finite. */
import type { Expression } from './ast.ts';
import type { Token } from './lexer.ts';
import { SyntaxFailure } from './syntax-failure.ts';
import { type CelValue, maxInt, maxUint, minInt, uintOf } from './values.ts';

const valueOf = ({ kind, word, at }: Token, isNegative: boolean): CelValue => {
  if (kind === 'double') {
    const value = Number(word);
    if (!Number.isFinite(value)) throw new SyntaxFailure('the number is beyond a double', at);
    return isNegative ? -value : value;
  }
  const value = isNegative ? -BigInt(word) : BigInt(word);
  if (kind === 'uint') {
    if (value > maxUint) throw new SyntaxFailure('the number is beyond 64 bits', at);
    return uintOf(value);
  }
  if (value > maxInt || value < minInt) throw new SyntaxFailure('the number is beyond 64 bits', at);
  return value;
};

/** The literal of a number token; `sign` is the place of its minus. Throws SyntaxFailure. */
export const parseNumber = (token: Token, sign?: number): Expression => ({
  kind: 'literal',
  at: sign ?? token.at,
  value: valueOf(token, sign !== undefined),
});
