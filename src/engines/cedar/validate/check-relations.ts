/** Types what compares: `==`, `<`, `in`, `is`, `contains` and their like; and arithmetic. */
import type { Expr } from '../ast.ts';
import { isActionType, uidKey } from '../schema/model.ts';
import type { Capabilities } from './capabilities.ts';
import {
  type Check,
  entityNamed,
  expectEntity,
  expectType,
  report,
  type Rule,
  type Typed,
  typed,
} from './check.ts';
import { helpFor } from './check-logic.ts';
import { findingCodes } from './findings.ts';
import {
  boolean,
  canBeIn,
  formatType,
  isClash,
  join,
  long,
  never,
  single,
  type Type,
} from './types.ts';

const isLong = ({ kind }: Type): boolean => kind === 'long';
const isOrdered = (type: Type): boolean =>
  isLong(type) ||
  (type.kind === 'extension' && (type.name === 'datetime' || type.name === 'duration'));

/** What a literal says, so that two can be compared: equal texts for equal literals. */
const literalText = (check: Check, expr: Expr): string | undefined => {
  if (expr.kind === 'bool' || expr.kind === 'long' || expr.kind === 'string')
    return `${expr.kind} ${String(expr.value)}`;
  const uid = entityNamed(check, expr);
  return uid === undefined ? undefined : `entity ${uidKey(uid)}`;
};

type Pair = { readonly left: Type; readonly right: Type; readonly span: Expr['span'] };

/** Reports two types that do not go together. */
const requireJoin = (check: Check, { left, right, span }: Pair, what: string): void => {
  const joined = join(left, right);
  if (!isClash(joined)) return;
  const message = `${what} have the types ${formatType(left)} and ${formatType(right)}`;
  report(check, { code: findingCodes.incompatible, message, span, help: helpFor(joined) });
};

export const typeEqual: Rule<'binary'> = (check, { left, right, span }, known) => {
  const first = check.typeOf(left, known).type;
  const second = check.typeOf(right, known).type;
  const [mine, other] = [literalText(check, left), literalText(check, right)];
  if (mine !== undefined && other !== undefined) return typed(single(mine === other));
  if (first.kind === 'entity' && second.kind === 'entity' && first.name !== second.name)
    return typed(single(false));
  requireJoin(check, { left: first, right: second, span }, 'the two sides of `==`');
  return typed(boolean);
};

export const typeUnequal: Rule<'binary'> = (check, expr, known) => {
  const { type } = typeEqual(check, expr, known);
  return typed(type.kind === 'boolean' ? boolean : single(type.kind === 'false'));
};

export const typeOrder: Rule<'binary'> = (check, { left, right }, known) => {
  const expected = 'Long, datetime or duration';
  const first = expectType(check, left, { known, fits: isOrdered, expected }).type;
  const fits = (type: Type): boolean =>
    first.kind === 'never' ? isOrdered(type) : !isClash(join(first, type));
  expectType(check, right, {
    known,
    fits,
    expected: first.kind === 'never' ? expected : formatType(first),
  });
  return typed(boolean);
};

const expectLong = (check: Check, expr: Expr, known: Capabilities): Typed =>
  expectType(check, expr, {
    known,
    fits: isLong,
    expected: 'Long',
    help: ({ kind }) => (kind === 'string' ? 'Cedar does not join strings' : undefined),
  });

export const typeArithmetic: Rule<'binary'> = (check, { left, right }, known) => {
  expectLong(check, left, known);
  expectLong(check, right, known);
  return typed(long);
};

export const typeNegate: Rule<'not' | 'negate' | 'isEmpty'> = (check, { operand }, known) => {
  expectLong(check, operand, known);
  return typed(long);
};

const expectSet = (check: Check, expr: Expr, known: Capabilities): Type =>
  expectType(check, expr, {
    known,
    fits: ({ kind }) => kind === 'set',
    expected: 'a set',
    help: ({ kind }) =>
      kind === 'entity'
        ? 'use `in` for the hierarchy of entities'
        : 'use `contains` to look for one element',
  }).type;

export const typeIsEmpty: Rule<'not' | 'negate' | 'isEmpty'> = (check, { operand }, known) => {
  expectSet(check, operand, known);
  return typed(boolean);
};

export const typeContains: Rule<'binary'> = (check, { left, right, span }, known) => {
  const set = expectSet(check, left, known);
  const element = set.kind === 'set' ? set.element : never;
  const item = check.typeOf(right, known).type;
  requireJoin(check, { left: element, right: item, span }, 'the elements and the value sought');
  return typed(boolean);
};

export const typeContainsMany: Rule<'binary'> = (check, { left, right, span }, known) => {
  const first = expectSet(check, left, known);
  const second = expectSet(check, right, known);
  requireJoin(check, { left: first, right: second, span }, 'the two sets');
  return typed(boolean);
};

const isEntityOrSet = (type: Type): boolean =>
  type.kind === 'entity' ||
  (type.kind === 'set' && (type.element.kind === 'entity' || type.element.kind === 'never'));

/** Of actions the whole hierarchy is known; undefined where the operands are not all named. */
const knownActionIn = (check: Check, left: Expr, right: Expr): boolean | undefined => {
  const uid = entityNamed(check, left);
  if (uid === undefined || !isActionType(uid.type)) return undefined;
  const items = right.kind === 'set' ? right.elements : [right];
  const groups = items.map((item) => entityNamed(check, item));
  if (groups.includes(undefined)) return undefined;
  const ancestors = check.schema.actions.get(uidKey(uid))?.ancestors;
  return groups.some((group) => {
    const key = group === undefined ? '' : uidKey(group);
    return key === uidKey(uid) || ancestors?.has(key) === true;
  });
};

type Membership = { readonly left: Expr; readonly inner: Type; readonly right: Expr };

/** Types `in` when the type of the left side is known; so that no operand is typed twice. */
const typeMembership = (
  check: Check,
  { left, inner, right }: Membership,
  known: Capabilities,
): Type => {
  const outer = expectType(check, right, {
    known,
    fits: isEntityOrSet,
    expected: 'an entity or a set of entities',
    help: ({ kind }) => (kind === 'set' ? 'use `contains` to look into a set' : undefined),
  }).type;
  const group = outer.kind === 'set' ? outer.element : outer;
  if (inner.kind !== 'entity' || group.kind !== 'entity') return boolean;
  const answer = knownActionIn(check, left, right);
  if (answer !== undefined) return single(answer);
  return canBeIn(check.schema, inner.name, group.name) ? boolean : single(false);
};

export const typeIn: Rule<'binary'> = (check, { left, right }, known) => {
  const inner = expectEntity(check, left, known).type;
  return typed(typeMembership(check, { left, inner, right }, known));
};

export const typeIs: Rule<'is'> = (check, { operand, entityType, in: right }, known) => {
  const { type } = expectEntity(check, operand, known);
  const answer = type.kind === 'entity' ? single(type.name === entityType) : boolean;
  if (right === undefined || answer.kind === 'false') return typed(answer);
  const inside = typeMembership(check, { left: operand, inner: type, right }, known);
  return typed(answer.kind === 'true' || inside.kind === 'false' ? inside : boolean);
};
