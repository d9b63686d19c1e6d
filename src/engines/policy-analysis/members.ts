/**
 * Sets. What is said of all or of some elements of a set that is not written out is a new bool, tied
 * to the values that occur: false needs a witness, true holds for each of them. Since sets are only
 * asked about values that occur, this loses nothing.
 */
import type { SchemaType } from '../cedar/index.ts';
import { freshScalar } from './places.ts';
import { and, implies, not, or, type Term } from './smt.ts';
import { scalarType, type SetSymbol, type Symbolic, typeKey, Unsupported } from './symbolic.ts';
import { noteElement, sameScalar, type World } from './world.ts';

const sameType = (left: SchemaType | undefined, right: SchemaType | undefined): boolean =>
  left !== undefined && right !== undefined && typeKey(left) === typeKey(right);

/** Equality of values that may be elements; of different types it is false. */
export const elementsEqual = (left: Symbolic, right: Symbolic): Term => {
  if (left.kind === 'action' && right.kind === 'action')
    return String(left.uid.type === right.uid.type && left.uid.id === right.uid.id);
  const [mine, other] = [scalarType(left), scalarType(right)];
  if ((mine === undefined || other === undefined) && left.kind === right.kind)
    throw new Unsupported('sets of sets or records');
  return sameType(mine, other) ? sameScalar(left, right) : 'false';
};

/** `contains`. */
export const memberTerm = (world: World, set: SetSymbol, value: Symbolic): Term => {
  if (set.elements !== undefined)
    return world.script.named(
      or(...set.elements.map((element) => elementsEqual(element, value))),
      'Bool',
    );
  if (!sameType(set.element, scalarType(value))) {
    if (value.kind === 'set' || value.kind === 'record')
      throw new Unsupported('sets of sets or records');
    return 'false';
  }
  noteElement(world, value);
  return world.script.named(set.has(value), 'Bool');
};

/** That something holds for every element. */
export const forEach = (world: World, set: SetSymbol, holds: (value: Symbolic) => Term): Term => {
  const { script } = world;
  if (set.elements !== undefined) return script.named(and(...set.elements.map(holds)), 'Bool');
  if (set.element === undefined) return 'true';
  const all = script.fresh('Bool');
  const witness = freshScalar(world, set.element);
  noteElement(world, witness);
  script.assert(
    or(all, script.named(and(memberTerm(world, set, witness), not(holds(witness))), 'Bool')),
  );
  const ifMember = (value: Symbolic): Term => implies(memberTerm(world, set, value), holds(value));
  world.universals.push({ holds: all, element: set.element, ifMember });
  return all;
};

/** That something holds for one of the elements. */
export const forSome = (world: World, set: SetSymbol, holds: (value: Symbolic) => Term): Term =>
  not(forEach(world, set, (value) => not(holds(value))));
