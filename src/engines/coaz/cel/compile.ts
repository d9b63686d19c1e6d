/** Tree to closures: one per part, each a step of the budget. Throws SyntaxFailure for unknown names. */
import { reach, hasField } from './access.ts';
import { calculate, negate } from './arithmetic.ts';
import type { Expression } from './ast.ts';
import { spend, spent } from './budget.ts';
import type { Code } from './code.ts';
import { compare, equal, isIn } from './compare.ts';
import { compileCall } from './compile-call.ts';
import { compileChoice, compileLogic, compileNot } from './compile-logic.ts';
import { compileList, compileMap } from './compile-structure.ts';
import { SyntaxFailure } from './syntax-failure.ts';
import { type CelOutcome, type CelValue, fault, isFault } from './values.ts';

/** What is known while compiling; the names that were used are collected. */
export type Scope = { readonly names: readonly string[]; readonly used: Set<string> };

type Binary = Extract<Expression, { readonly kind: 'binary' }>;
type Place = Parameters<typeof equal>[2];

/** Operators whose operands must both have a value. */
const strict = (
  { operator }: Binary,
  [left, right]: readonly [CelValue, CelValue],
  place: Place,
): CelOutcome => {
  switch (operator) {
    case '==':
      return equal(left, right, place);
    case '!=': {
      const answer = equal(left, right, place);
      return isFault(answer) ? answer : !answer;
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(operator, [left, right], place);
    case 'in':
      return isIn(left, right, place);
    case '||':
    case '&&':
      return fault('not a strict operator', place.at);
    default:
      return calculate(operator, [left, right], place);
  }
};

const compileBinary = (expression: Binary, scope: Scope): Code => {
  const { operator, at } = expression;
  const left = compile(expression.left, scope);
  const right = compile(expression.right, scope);
  if (operator === '||' || operator === '&&')
    return compileLogic([left, right], operator === '||', at);
  return (frame) => {
    const one = left(frame);
    if (isFault(one)) return one;
    const other = right(frame);
    if (isFault(other)) return other;
    return strict(expression, [one, other], { budget: frame.budget, at });
  };
};

const compileName = (name: string, at: number, { names, used }: Scope): Code => {
  const place = names.indexOf(name);
  if (place < 0) throw new SyntaxFailure(`${name} is unknown; there are ${names.join(', ')}`, at);
  used.add(name);
  return ({ variables }) => {
    const value = variables[place];
    return value === undefined ? fault(`${name} is absent`, at) : value;
  };
};

type Reached = Extract<Expression, { readonly kind: 'select' | 'index' }>;

const compileReach = (expression: Reached, scope: Scope): Code => {
  const { at, isOptional } = expression;
  const of = compile(expression.of, scope);
  if (expression.kind === 'select') {
    const step = { index: expression.field, at, isOptional };
    return (frame) => {
      const whole = of(frame);
      return isFault(whole) ? whole : reach(whole, step);
    };
  }
  const place = compile(expression.index, scope);
  return (frame) => {
    const whole = of(frame);
    if (isFault(whole)) return whole;
    const index = place(frame);
    return isFault(index) ? index : reach(whole, { index, at, isOptional });
  };
};

const ofValue =
  (of: Code, then: (value: CelValue) => CelOutcome): Code =>
  (frame) => {
    const value = of(frame);
    return isFault(value) ? value : then(value);
  };

const compilePart = (expression: Expression, scope: Scope): Code => {
  const { at } = expression;
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'name':
      return compileName(expression.name, at, scope);
    case 'select':
    case 'index':
      return compileReach(expression, scope);
    case 'binary':
      return compileBinary(expression, scope);
    case 'has':
      return ofValue(compile(expression.of, scope), (whole) =>
        hasField(whole, expression.field, at),
      );
    case 'unary': {
      const of = compile(expression.of, scope);
      return expression.operator === '!'
        ? compileNot(of, at)
        : ofValue(of, (value) => negate(value, at));
    }
    default:
      return compileWhole(expression, scope);
  }
};

type Whole = Extract<Expression, { readonly kind: 'list' | 'map' | 'call' | 'choice' }>;

const compileWhole = (expression: Whole, scope: Scope): Code => {
  const { at } = expression;
  const inner = (part: Expression): Code => compile(part, scope);
  switch (expression.kind) {
    case 'list':
      return compileList(
        expression.items.map((item) => ({ ...item, at: item.value.at, value: inner(item.value) })),
      );
    case 'map':
      return compileMap(
        expression.entries.map((entry) => ({
          ...entry,
          at: entry.key.at,
          key: inner(entry.key),
          value: inner(entry.value),
        })),
      );
    case 'choice': {
      const { test, then, otherwise } = expression;
      return compileChoice(
        { test: inner(test), then: inner(then), otherwise: inner(otherwise) },
        at,
      );
    }
    case 'call': {
      const { receiver, args, name } = expression;
      const [argument] = args;
      return compileCall(
        { name, at },
        receiver === undefined ? undefined : inner(receiver),
        argument === undefined ? undefined : inner(argument),
      );
    }
  }
};

/** One part, counted when it runs. */
export const compile = (expression: Expression, scope: Scope): Code => {
  const code = compilePart(expression, scope);
  const { at } = expression;
  return (frame) => (spend(frame.budget, 0) ? code(frame) : spent(at));
};
