/**
 * What is true of every world, said about the terms that occur: ancestors are transitive and nobody is
 * their own, who has ancestors exists, and what was said of all elements of a set holds for each. More
 * instances than the bound are left out: then examples may turn out to be none, but proofs stay proofs.
 */
import { implies, not, type Term } from './smt.ts';
import { typeKey } from './symbolic.ts';
import type { EntitySymbol } from './symbolic.ts';
import { aboveTerm, existsTerm, type World } from './world.ts';

const maxInstances = 20_000;

type Relation = { readonly lower: string; readonly upper: string };

const entitiesOf = (world: World, type: string): readonly EntitySymbol[] => [
  ...(world.entities.get(type)?.values() ?? []),
];

const pairsOf = function* (
  world: World,
  { lower, upper }: Relation,
): Generator<readonly [EntitySymbol, EntitySymbol]> {
  for (const low of entitiesOf(world, lower))
    for (const high of entitiesOf(world, upper)) yield [low, high];
};

/** Nobody is above themselves, nor above who is above them; who is below somebody exists. */
const order = function* (world: World, relation: Relation, isBoth: boolean): Generator<Term> {
  const { lower, upper } = relation;
  for (const [low, high] of pairsOf(world, relation)) {
    const above = aboveTerm(world, low, high);
    yield implies(above, existsTerm(world, low));
    if (lower === upper)
      yield low.term === high.term
        ? not(above)
        : `(=> (= ${low.term} ${high.term}) (not ${above}))`;
    if (isBoth) yield `(=> ${above} (not ${aboveTerm(world, high, low)}))`;
  }
};

const chains = function* (world: World, first: Relation, second: Relation): Generator<Term> {
  for (const [low, middle] of pairsOf(world, first))
    for (const high of entitiesOf(world, second.upper)) {
      const steps = `(and ${aboveTerm(world, low, middle)} ${aboveTerm(world, middle, high)})`;
      yield `(=> ${steps} ${aboveTerm(world, low, high)})`;
    }
};

const hierarchy = function* (world: World): Generator<Term> {
  const relations = [...world.hierarchy.values()];
  const has = (lower: string, upper: string): boolean =>
    world.hierarchy.has(`above ${lower} ${upper}`);
  for (const relation of relations)
    yield* order(world, relation, has(relation.upper, relation.lower));
  for (const first of relations)
    for (const second of relations)
      if (first.upper === second.lower && has(first.lower, second.upper))
        yield* chains(world, first, second);
};

const elements = function* (world: World): Generator<Term> {
  for (const { holds, element, ifMember } of world.universals)
    for (const value of world.elements.get(typeKey(element))?.values() ?? [])
      yield implies(holds, world.script.named(ifMember(value), 'Bool'));
};

/** Asserts all of it. */
export const closeWorld = (world: World): void => {
  let count = 0;
  for (const term of elements(world)) {
    if (count++ >= maxInstances) break;
    world.script.assert(term);
  }
  for (const term of hierarchy(world)) {
    if (count++ >= maxInstances) return;
    world.script.assert(term);
  }
};
