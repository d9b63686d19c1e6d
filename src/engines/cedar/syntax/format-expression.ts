/** Expressions as text that parses back to the same tree, with no parenthesis too many. */
import type { Expr } from '../ast.ts';
import { isFunction, isIdentifier } from './names.ts';
import { quote, quotePattern } from './quote.ts';

/** How tightly a form binds; an operand that binds less than its place asks for is put in `( )`. */
const levels = { any: 0, or: 1, and: 2, relation: 3, sum: 4, product: 5, unary: 6, member: 7 };

const levelOf = (expr: Expr): number => {
  switch (expr.kind) {
    case 'if':
      return levels.any;
    case 'or':
      return levels.or;
    case 'and':
      return levels.and;
    case 'has':
      return isPlainPath(expr.path) ? levels.relation : levels.and;
    case 'like':
    case 'is':
      return levels.relation;
    case 'not':
    case 'negate':
      return levels.unary;
    case 'long':
      return expr.value < 0n ? levels.unary : levels.member;
    case 'binary':
      return binaryLevel(expr.operator);
    default:
      return levels.member;
  }
};

type Binary = Extract<Expr, { kind: 'binary' }>;

const binaryLevel = (operator: Binary['operator']): number => {
  switch (operator) {
    case '+':
    case '-':
      return levels.sum;
    case '*':
      return levels.product;
    case 'contains':
    case 'containsAll':
    case 'containsAny':
    case 'getTag':
    case 'hasTag':
      return levels.member;
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
      return levels.relation;
  }
};

const operand = (expr: Expr, level: number): string => {
  const text = formatExpression(expr);
  return levelOf(expr) < level ? `(${text})` : text;
};

const list = (items: readonly Expr[]): string => items.map(formatExpression).join(', ');
const attribute = (name: string): string => (isIdentifier(name) ? `.${name}` : `[${quote(name)}]`);

/** One name may be anything; a path of several must be names, or be written out step by step. */
const isPlainPath = (path: readonly string[]): boolean =>
  path.length === 1 || path.every(isIdentifier);

const formatHas = ({ operand: subject, path }: Extract<Expr, { kind: 'has' }>): string => {
  const [first, ...rest] = path;
  const start = operand(subject, levels.sum);
  if (isPlainPath(path))
    return `${start} has ${isIdentifier(first) ? path.join('.') : quote(first)}`;
  const steps = [`${start} has ${isIdentifier(first) ? first : quote(first)}`];
  let reached = operand(subject, levels.member) + attribute(first);
  for (const name of rest) {
    steps.push(`${reached} has ${isIdentifier(name) ? name : quote(name)}`);
    reached += attribute(name);
  }
  return steps.join(' && ');
};

const formatIs = (expr: Extract<Expr, { kind: 'is' }>): string => {
  const test = `${operand(expr.operand, levels.sum)} is ${expr.entityType}`;
  return expr.in === undefined ? test : `${test} in ${operand(expr.in, levels.sum)}`;
};

const formatBinary = ({ operator, left, right }: Binary): string => {
  const level = binaryLevel(operator);
  if (level === levels.member)
    return `${operand(left, levels.member)}.${operator}(${formatExpression(right)})`;
  const leftLevel = level === levels.relation ? levels.sum : level;
  return `${operand(left, leftLevel)} ${operator} ${operand(right, level + 1)}`;
};

const formatCall = ({ name, args }: Extract<Expr, { kind: 'call' }>): string => {
  const [receiver, ...rest] = args;
  if (isFunction(name) || receiver === undefined) return `${name}(${list(args)})`;
  return `${operand(receiver, levels.member)}.${name}(${list(rest)})`;
};

/** `-1` is a literal, so the negation of a literal keeps its parentheses. */
const formatNegate = (inner: Expr): string =>
  inner.kind === 'long' ? `-(${inner.value})` : `-${operand(inner, levels.member)}`;

const formatRecord = ({ entries }: Extract<Expr, { kind: 'record' }>): string => {
  const fields = entries.map(
    ({ key, value }) => `${isIdentifier(key) ? key : quote(key)}: ${formatExpression(value)}`,
  );
  return `{${fields.join(', ')}}`;
};

/** Writes one expression on one line. */
export const formatExpression = (expr: Expr): string => {
  switch (expr.kind) {
    case 'bool':
    case 'long':
      return expr.value.toString();
    case 'string':
      return quote(expr.value);
    case 'entity':
      return `${expr.uid.type}::${quote(expr.uid.id)}`;
    case 'variable':
      return expr.name;
    case 'slot':
      return expr.slot;
    case 'if':
      return `if ${formatExpression(expr.condition)} then ${formatExpression(expr.then)} else ${formatExpression(expr.otherwise)}`;
    case 'and':
      return `${operand(expr.left, levels.and)} && ${operand(expr.right, levels.relation)}`;
    case 'or':
      return `${operand(expr.left, levels.or)} || ${operand(expr.right, levels.and)}`;
    case 'not':
      return `!${operand(expr.operand, levels.member)}`;
    case 'negate':
      return formatNegate(expr.operand);
    case 'isEmpty':
      return `${operand(expr.operand, levels.member)}.isEmpty()`;
    default:
      return formatRest(expr);
  }
};

type Rest = Extract<
  Expr,
  { kind: 'binary' | 'like' | 'is' | 'has' | 'get' | 'set' | 'record' | 'call' }
>;

const formatRest = (expr: Rest): string => {
  switch (expr.kind) {
    case 'binary':
      return formatBinary(expr);
    case 'like':
      return `${operand(expr.operand, levels.sum)} like ${quotePattern(expr.pattern)}`;
    case 'is':
      return formatIs(expr);
    case 'has':
      return formatHas(expr);
    case 'get':
      return operand(expr.operand, levels.member) + attribute(expr.attribute);
    case 'set':
      return `[${list(expr.elements)}]`;
    case 'record':
      return formatRecord(expr);
    case 'call':
      return formatCall(expr);
  }
};

/** The operands of a chain of `&&` or of `||`, as they are written in a row. */
export const chainOf = (expr: Expr): readonly string[] => {
  if (expr.kind !== 'and' && expr.kind !== 'or') return [formatExpression(expr)];
  const { kind } = expr;
  const rightLevel = kind === 'and' ? levels.relation : levels.and;
  const parts: string[] = [];
  let rest: Expr = expr;
  while (rest.kind === kind) {
    parts.push(operand(rest.right, rightLevel));
    rest = rest.left;
  }
  parts.push(operand(rest, levels[kind]));
  return parts.reverse();
};
