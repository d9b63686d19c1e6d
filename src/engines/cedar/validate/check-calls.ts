/** Types calls of extension functions; what a constructor is given must be a literal it can read. */
import type { Expr } from '../ast.ts';
import { didYouMean } from '../schema/suggest.ts';
import { extensionFunctions } from '../values/extensions.ts';
import { isFailure } from '../values/value.ts';
import type { Capabilities } from './capabilities.ts';
import { type Check, expectType, report, type Rule, typed } from './check.ts';
import { findingCodes } from './findings.ts';
import { signatures } from './signatures.ts';
import { formatType, isClash, join, never, type Type } from './types.ts';

type Call = Extract<Expr, { readonly kind: 'call' }>;

const checkArguments = (
  check: Check,
  { expr, parameters }: { readonly expr: Call; readonly parameters: readonly Type[] },
  known: Capabilities,
): void => {
  for (const [index, parameter] of parameters.entries()) {
    const argument = expr.args[index];
    if (argument === undefined) continue;
    const fits = (type: Type): boolean => !isClash(join(parameter, type));
    expectType(check, argument, { known, fits, expected: formatType(parameter) });
  }
};

/** A constructor reads its text while policies are checked, so the text must be there to read. */
const checkConstructor = (check: Check, { name, args, span }: Call): void => {
  const build = extensionFunctions.get(name);
  const [argument] = args;
  if (build?.isConstructor !== true || argument === undefined) return;
  if (argument.kind === 'string') {
    const value = build.call([argument.value]);
    if (isFailure(value))
      report(check, { code: findingCodes.literal, message: value.message, span: argument.span });
    return;
  }
  if (argument.kind === 'bool' || argument.kind === 'long' || argument.kind === 'entity') return;
  const message = `\`${name}\` takes a literal string`;
  const help = 'make the value where entities and context are made';
  report(check, { code: findingCodes.notLiteral, message, span, help });
};

export const typeCall: Rule<'call'> = (check, expr, known) => {
  const { name, args, span } = expr;
  const signature = signatures.get(name);
  if (signature === undefined) {
    const help = didYouMean(name, signatures.keys());
    const message = `there is no function \`${name}\``;
    report(check, { code: findingCodes.unknownFunction, message, span, help });
    return typed(never);
  }
  const { parameters, result } = signature;
  if (args.length !== parameters.length) {
    const message = `\`${name}\` takes ${parameters.length} argument(s), receiver included, got ${args.length}`;
    report(check, { code: findingCodes.arity, message, span });
    return typed(result);
  }
  checkArguments(check, { expr, parameters }, known);
  checkConstructor(check, expr);
  return typed(result);
};
