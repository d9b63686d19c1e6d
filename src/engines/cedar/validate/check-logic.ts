/** Types `&&`, `||`, `!` and `if`: what is never reached is not looked at. */
import { type Clash, formatType, isClash, join, never, boolean, single } from './types.ts';
import { intersection, noCapabilities, union } from './capabilities.ts';
import { expectBoolean, report, type Rule, typed } from './check.ts';
import { findingCodes } from './findings.ts';

export const typeAnd: Rule<'and' | 'or'> = (check, { left, right }, known) => {
  const first = expectBoolean(check, left, known);
  if (first.type.kind === 'false') return typed(first.type);
  const second = expectBoolean(check, right, union(known, first.gains));
  if (second.type.kind === 'false') return typed(second.type);
  const gains = union(first.gains, second.gains);
  if (first.type.kind === 'true') return { type: second.type, gains };
  if (second.type.kind === 'true') return { type: first.type, gains };
  return { type: boolean, gains };
};

export const typeOr: Rule<'and' | 'or'> = (check, { left, right }, known) => {
  const first = expectBoolean(check, left, known);
  if (first.type.kind === 'true') return typed(first.type);
  const second = expectBoolean(check, right, known);
  if (second.type.kind === 'true') return typed(second.type);
  if (first.type.kind === 'false') return second;
  if (second.type.kind === 'false') return first;
  return { type: boolean, gains: intersection(first.gains, second.gains) };
};

export const typeNot: Rule<'not' | 'negate' | 'isEmpty'> = (check, { operand }, known) => {
  const { type } = expectBoolean(check, operand, known);
  if (type.kind === 'true' || type.kind === 'false') return typed(single(type.kind === 'false'));
  return typed(boolean);
};

const clashHelp: Readonly<Record<Clash, string>> = {
  types: 'both must be of the same type',
  entities: 'entities of different types are never of the same type',
  attributes: 'records are of the same type when they have the same attributes',
  required: 'an attribute must be optional in both records or in none',
};
/** Why two types do not go together, for people. */
export const helpFor = (clash: Clash): string => clashHelp[clash];

export const typeIf: Rule<'if'> = (check, expr, known) => {
  const test = expectBoolean(check, expr.condition, known);
  const inside = union(known, test.gains);
  if (test.type.kind === 'true') {
    const then = check.typeOf(expr.then, inside);
    return { type: then.type, gains: union(test.gains, then.gains) };
  }
  if (test.type.kind === 'false') return check.typeOf(expr.otherwise, known);
  const then = check.typeOf(expr.then, inside);
  const otherwise = check.typeOf(expr.otherwise, known);
  const type = join(then.type, otherwise.type);
  if (!isClash(type))
    return { type, gains: intersection(union(test.gains, then.gains), otherwise.gains) };
  const [left, right] = [formatType(then.type), formatType(otherwise.type)];
  const message = `the branches of \`if\` have the types ${left} and ${right}`;
  const help = clashHelp[type];
  report(check, { code: findingCodes.incompatible, message, span: expr.span, help });
  return { type: never, gains: noCapabilities };
};
