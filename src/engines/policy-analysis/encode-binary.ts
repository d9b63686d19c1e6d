/** Operators on two values. */
import type { Expr } from '../cedar/index.ts';
import { containsAll, containsAny, encodeIn, setsEqual } from './encode-sets.ts';
import { elementsEqual, memberTerm } from './members.ts';
import { fitsLong, tagField } from './places.ts';
import { and, equal, not, or, type Term } from './smt.ts';
import { booleanOf, failed, type Outcome, type RecordSymbol, type Symbolic } from './symbolic.ts';
import type { World } from './world.ts';

type Binary = Extract<Expr, { kind: 'binary' }>;

const recordsEqual = (world: World, left: RecordSymbol, right: RecordSymbol): Term =>
  and(
    ...[...new Set([...left.names, ...right.names])].map((name) => {
      const [mine, other] = [left.field(name), right.field(name)];
      const present = [mine?.present ?? 'false', other?.present ?? 'false'] as const;
      const same = equal(...present);
      if (mine === undefined || other === undefined) return same;
      return and(same, or(not(present[0]), valuesEqual(world, mine.value(), other.value())));
    }),
  );

/** `==`: across types it is false, never a failure. */
const valuesEqual = (world: World, left: Symbolic, right: Symbolic): Term => {
  if (left.kind === 'record' && right.kind === 'record')
    return world.script.named(recordsEqual(world, left, right), 'Bool');
  if (left.kind === 'set' && right.kind === 'set') return setsEqual(world, left, right);
  if (left.kind === 'set' || left.kind === 'record') return 'false';
  return right.kind === 'set' || right.kind === 'record' ? 'false' : elementsEqual(left, right);
};

const ordered = new Set<Symbolic['kind']>(['long', 'datetime', 'duration']);

const order = (operator: string, left: Symbolic, right: Symbolic): Term | undefined => {
  if (!ordered.has(left.kind) || left.kind !== right.kind) return undefined;
  return 'term' in left && 'term' in right ? `(${operator} ${left.term} ${right.term})` : undefined;
};

const arithmetic = (
  world: World,
  operator: string,
  { left, right, fails }: { left: Symbolic; right: Symbolic; fails: Term },
): Outcome => {
  if (left.kind !== 'long' || right.kind !== 'long') return failed;
  const term = world.script.named(`(${operator} ${left.term} ${right.term})`, 'Int');
  return { fails: or(fails, not(fitsLong(term))), value: { kind: 'long', term } };
};

const tag = (
  world: World,
  operator: 'hasTag' | 'getTag',
  { left, right, fails }: { left: Symbolic; right: Symbolic; fails: Term },
): Outcome => {
  if ((left.kind !== 'entity' && left.kind !== 'action') || right.kind !== 'string') return failed;
  const field = left.kind === 'entity' ? tagField(world, left, right.term) : undefined;
  if (operator === 'hasTag') return { fails, value: booleanOf(field?.present ?? 'false') };
  return field === undefined
    ? failed
    : { fails: or(fails, not(field.present)), value: field.value() };
};

const sets = (
  world: World,
  operator: 'containsAll' | 'containsAny' | 'contains',
  [left, right]: readonly [Symbolic, Symbolic],
): Term | undefined => {
  if (left.kind !== 'set') return undefined;
  if (operator === 'contains') return memberTerm(world, left, right);
  if (right.kind !== 'set') return undefined;
  return (operator === 'containsAll' ? containsAll : containsAny)(world, left, right);
};

/** Both operands are looked at, the left one first. */
export const encodeBinary = (
  world: World,
  { operator }: Binary,
  [first, second]: readonly [Outcome, Outcome],
): Outcome => {
  if (operator === 'in') return encodeIn(world, first, second);
  const [left, right] = [first.value, second.value];
  if (left === undefined || right === undefined) return failed;
  const fails = or(first.fails, second.fails);
  const answer = (term: Term | undefined): Outcome =>
    term === undefined ? failed : { fails, value: booleanOf(term) };
  switch (operator) {
    case '==':
      return answer(valuesEqual(world, left, right));
    case '!=':
      return answer(not(world.script.named(valuesEqual(world, left, right), 'Bool')));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return answer(order(operator, left, right));
    case '+':
    case '-':
    case '*':
      return arithmetic(world, operator, { left, right, fails });
    case 'getTag':
    case 'hasTag':
      return tag(world, operator, { left, right, fails });
    default:
      return answer(sets(world, operator, [left, right]));
  }
};
