/** Calls of functions. Throws SyntaxFailure. */
import type { Expression } from './ast.ts';
import { type Cursor, expect, isNext, nested, take } from './cursor.ts';
import { checkFunction } from './signatures.ts';
import { SyntaxFailure } from './syntax-failure.ts';

/** Arguments after the opening bracket, the closing one included. */
export const parseArguments = (cursor: Cursor): readonly Expression[] => {
  const args: Expression[] = [];
  while (!isNext(cursor, ')')) {
    args.push(nested(cursor, cursor.expression));
    if (!take(cursor, ',')) break;
  }
  expect(cursor, ')');
  return args;
};

/** `f(x)`; `has` is no function but looks like one. */
export const parseCall = (cursor: Cursor, name: string, at: number): Expression => {
  const args = parseArguments(cursor);
  const [arg] = args;
  if (name !== 'has') {
    checkFunction(name, args.length, at);
    return { kind: 'call', at, name, args };
  }
  if (args.length !== 1 || arg?.kind !== 'select' || arg.isOptional)
    throw new SyntaxFailure('has() takes one plain selection, such as has(a.b)', at);
  return { kind: 'has', at, of: arg.of, field: arg.field };
};
