/** One of two values, by a condition: what `if` comes to. */
import { and, ite, not, or, type Sort, type Term } from './smt.ts';
import {
  type RecordSymbol,
  type SetSymbol,
  type Symbolic,
  termsOf,
  typeKey,
  Unsupported,
} from './symbolic.ts';
import { memberTerm } from './members.ts';
import { someEntity, type World } from './world.ts';

const different = (): Unsupported => new Unsupported('`if` with branches of different types');

const record = (
  world: World,
  condition: Term,
  [then, otherwise]: readonly [RecordSymbol, RecordSymbol],
): RecordSymbol => ({
  kind: 'record',
  names: [...new Set([...then.names, ...otherwise.names])],
  field: (name) => {
    const [first, second] = [then.field(name), otherwise.field(name)];
    if (first === undefined && second === undefined) return undefined;
    const present = ite(condition, first?.present ?? 'false', second?.present ?? 'false');
    const value = (): Symbolic => {
      if (first === undefined || second === undefined)
        return ((first ?? second) as NonNullable<typeof first>).value();
      return choose(world, condition, [first.value(), second.value()]);
    };
    return { present: world.script.named(present, 'Bool'), value };
  },
});

const set = (
  world: World,
  condition: Term,
  [then, otherwise]: readonly [SetSymbol, SetSymbol],
): SetSymbol => {
  const [first, second] = [then.element, otherwise.element];
  if (first !== undefined && second !== undefined && typeKey(first) !== typeKey(second))
    throw different();
  const element = first ?? second;
  const isMixed = (side: SetSymbol): boolean =>
    side.element === undefined && (side.elements?.length ?? 0) > 0;
  if (isMixed(then) || isMixed(otherwise))
    throw new Unsupported('`if` that comes to a set of different, nested or unknown types');
  return {
    kind: 'set',
    element,
    has: (value) =>
      or(
        and(condition, memberTerm(world, then, value)),
        and(not(condition), memberTerm(world, otherwise, value)),
      ),
  };
};

const sorts: Readonly<Record<string, Sort>> = { boolean: 'Bool', string: 'String' };

/** The first where the condition holds, else the second. */
export const choose = (
  world: World,
  condition: Term,
  [then, otherwise]: readonly [Symbolic, Symbolic],
): Symbolic => {
  if (then.kind === 'record' && otherwise.kind === 'record')
    return record(world, condition, [then, otherwise]);
  if (then.kind === 'set' && otherwise.kind === 'set')
    return set(world, condition, [then, otherwise]);
  if (then.kind === 'action' || then.kind === 'record' || then.kind === 'set') throw different();
  if (then.kind !== otherwise.kind) throw different();
  if (then.kind === 'ipaddr') throw new Unsupported('`if` that comes to an ipaddr');
  const [left = '', right = ''] = [termsOf(then)[0], termsOf(otherwise)[0]];
  const term = world.script.named(ite(condition, left, right), sorts[then.kind] ?? 'Int');
  if (then.kind !== 'entity') return { kind: then.kind, term };
  if (otherwise.kind !== 'entity' || otherwise.type !== then.type) throw different();
  return someEntity(world, then.type, term);
};
