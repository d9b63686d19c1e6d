/** `in`, `isEmpty`, `containsAll`, `containsAny`. */
import { uidKey } from '../cedar/index.ts';
import { forEach, forSome, memberTerm } from './members.ts';
import { and, equal, or, type Term } from './smt.ts';
import {
  booleanOf,
  failed,
  type Outcome,
  type SetSymbol,
  type Symbolic,
  Unsupported,
} from './symbolic.ts';
import { aboveTerm, canBeBelow, type World } from './world.ts';

/** Whether one entity is the other or below it. */
const withinTerm = (world: World, lower: Symbolic, upper: Symbolic): Term => {
  if (lower.kind === 'action' && upper.kind === 'action') {
    const key = uidKey(upper.uid);
    const known = world.schema.actions.get(uidKey(lower.uid));
    return String(uidKey(lower.uid) === key || known?.ancestors.has(key) === true);
  }
  if (lower.kind === 'action' || upper.kind === 'action') {
    const { schema } = world;
    const isAction = (one: Symbolic): boolean =>
      one.kind === 'entity' && schema.actionTypes.has(one.type);
    if (isAction(lower) || isAction(upper)) throw new Unsupported('actions that are data');
    if (upper.kind === 'action' && lower.kind === 'entity')
      if (canBeBelow(schema, lower.type, upper.uid.type))
        throw new Unsupported('entities below actions');
    return 'false';
  }
  if (lower.kind !== 'entity' || upper.kind !== 'entity') return 'false';
  const same = lower.type === upper.type ? equal(lower.term, upper.term) : 'false';
  if (same === 'true' || !canBeBelow(world.schema, lower.type, upper.type)) return same;
  return or(same, aboveTerm(world, lower, upper));
};

const isEntity = ({ kind }: Symbolic): boolean => kind === 'entity' || kind === 'action';

const withinSet = (world: World, lower: Symbolic, set: SetSymbol): Term | undefined => {
  const isOfEntities =
    set.elements === undefined
      ? set.element === undefined || set.element.kind === 'entity'
      : set.elements.every(isEntity);
  if (!isOfEntities) return undefined;
  if (lower.kind === 'action' && set.elements === undefined && set.element !== undefined)
    throw new Unsupported('`action in` a set that is not written out');
  return forSome(world, set, (upper) =>
    world.script.named(withinTerm(world, lower, upper), 'Bool'),
  );
};

/** A set with something else than entities fails; an empty one of whatever type does not. */
const failsOfType = (world: World, set: SetSymbol): Term =>
  set.elements !== undefined ? 'true' : forSome(world, set, () => 'true');

export const encodeIn = (world: World, left: Outcome, right: Outcome): Outcome => {
  const [lower, upper] = [left.value, right.value];
  if (lower === undefined || upper === undefined || !isEntity(lower)) return failed;
  const fails = or(left.fails, right.fails);
  if (isEntity(upper)) return { fails, value: booleanOf(withinTerm(world, lower, upper)) };
  if (upper.kind !== 'set') return failed;
  const term = withinSet(world, lower, upper);
  if (term !== undefined) return { fails, value: booleanOf(term) };
  return { fails: or(fails, failsOfType(world, upper)), value: booleanOf('false') };
};

export const isEmpty = (world: World, { fails, value }: Outcome): Outcome =>
  value?.kind === 'set'
    ? { fails, value: booleanOf(forEach(world, value, () => 'false')) }
    : failed;

export const containsAll = (world: World, outer: SetSymbol, inner: SetSymbol): Term =>
  forEach(world, inner, (value) => memberTerm(world, outer, value));

export const containsAny = (world: World, left: SetSymbol, right: SetSymbol): Term => {
  const [scanned, sought] = left.elements === undefined ? [right, left] : [left, right];
  return forSome(world, scanned, (value) => memberTerm(world, sought, value));
};

export const setsEqual = (world: World, left: SetSymbol, right: SetSymbol): Term =>
  and(containsAll(world, left, right), containsAll(world, right, left));
