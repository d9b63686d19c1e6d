/** What is done to a value by `.` and `[ ]`, and calls of methods and functions. */
import type { Expr } from '../ast.ts';
import {
  accept,
  advance,
  type Cursor,
  expect,
  fail,
  grow,
  spanFrom,
  unexpected,
} from './cursor.ts';
import {
  builtinArity,
  functionNames,
  isBinaryBuiltin,
  isFunction,
  isMethod,
  methodNames,
} from './names.ts';
import type { Path } from './parse-words.ts';
import { readIdentifier, readString } from './parse-words.ts';
import { suggest } from './suggest.ts';

export type ParseList = (cursor: Cursor, close: ')' | ']') => readonly Expr[];

const failMethod = (cursor: Cursor, name: string, start: number): never =>
  fail({
    message: isFunction(name)
      ? `\`${name}\` is a function, not a method`
      : `there is no method \`${name}\``,
    span: spanFrom(cursor, start),
    help: isFunction(name)
      ? `write ${name}(…)`
      : (suggest(name, methodNames()) ?? 'an attribute cannot be called'),
  });

type MethodCall = {
  readonly name: string;
  readonly nameStart: number;
  readonly args: readonly Expr[];
};

const checkArity = (cursor: Cursor, { name, nameStart, args }: MethodCall): void => {
  const count = args.length;
  const wanted = builtinArity(name);
  if (wanted === undefined || wanted === count) return;
  fail({
    message: `\`${name}\` takes ${wanted === 0 ? 'no argument' : 'one argument'}, not ${count}`,
    span: spanFrom(cursor, nameStart),
  });
};

/** A value with methods read so far. */
type Receiver = { readonly expr: Expr; readonly start: number };

const callMethod = (cursor: Cursor, { expr, start }: Receiver, call: MethodCall): Expr => {
  const { name, args } = call;
  checkArity(cursor, call);
  const span = spanFrom(cursor, start);
  const [first] = args;
  if (isBinaryBuiltin(name) && first !== undefined)
    return { kind: 'binary', operator: name, left: expr, right: first, span };
  if (name === 'isEmpty') return { kind: 'isEmpty', operand: expr, span };
  if (!isMethod(name)) return failMethod(cursor, name, call.nameStart);
  return { kind: 'call', name, args: [expr, ...args], span };
};

const parseDot = (cursor: Cursor, receiver: Receiver, parseList: ParseList): Expr => {
  const nameStart = cursor.start;
  const height = cursor.height;
  const name = readIdentifier(cursor, 'the name of an attribute or method');
  let expr: Expr;
  if (accept(cursor, '(')) {
    cursor.height = 0;
    const args = parseList(cursor, ')');
    expr = callMethod(cursor, receiver, { name, nameStart, args });
    grow(cursor, receiver.start, Math.max(height, cursor.height));
    return expr;
  }
  expr = {
    kind: 'get',
    operand: receiver.expr,
    attribute: name,
    span: spanFrom(cursor, receiver.start),
  };
  grow(cursor, receiver.start, height);
  return expr;
};

const parseIndex = (cursor: Cursor, { expr, start }: Receiver): Expr => {
  if (cursor.kind !== 'string')
    return unexpected(cursor, 'a string between `[` and `]`', 'attributes are named by literals');
  const attribute = readString(cursor);
  expect(cursor, ']');
  grow(cursor, start, cursor.height);
  return { kind: 'get', operand: expr, attribute, span: spanFrom(cursor, start) };
};

/** Reads all that follows a value: `.a`, `["a"]`, `.f(…)`. */
export const parseTail = (cursor: Cursor, first: Receiver, parseList: ParseList): Expr => {
  const { start } = first;
  let { expr } = first;
  for (;;) {
    if (accept(cursor, '.')) expr = parseDot(cursor, { expr, start }, parseList);
    else if (accept(cursor, '[')) expr = parseIndex(cursor, { expr, start });
    else if (cursor.kind === '(')
      return unexpected(cursor, 'an operator', 'calls are name(…) or value.name(…)');
    else return expr;
  }
};

/** Reads the arguments of a function whose name was read just now. */
export const parseFunctionCall = (cursor: Cursor, path: Path, parseList: ParseList): Expr => {
  const { name, span } = path;
  if (!isFunction(name)) {
    const isKnownMethod = isMethod(name) || builtinArity(name) !== undefined;
    fail({
      message: isKnownMethod
        ? `\`${name}\` is a method, not a function`
        : `there is no function \`${name}\``,
      span,
      ...(isKnownMethod
        ? { help: `write value.${name}(…)` }
        : {
            help:
              suggest(name, functionNames()) ?? `the functions are ${functionNames().join(', ')}`,
          }),
    });
  }
  advance(cursor);
  cursor.height = 0;
  const args = parseList(cursor, ')');
  grow(cursor, span.start, cursor.height);
  return { kind: 'call', name, args, span: spanFrom(cursor, span.start) };
};
