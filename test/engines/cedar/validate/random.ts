/** Random schemas and random policies over them, from a seed; most policies are nearly right. */
export type Dice = {
  readonly below: (limit: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
};

/** A small generator (mulberry32) that gives the same numbers for the same seed. */
export const createDice = (seed: number): Dice => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
  };
};

const entityNames = ['Aa', 'Bb', 'N::Cc', 'Dd'] as const;
const attributeNames = ['x', 'y', 'z', 'w'] as const;
const plainTypes = ['Long', 'String', 'Bool', 'ipaddr', 'decimal', 'datetime', 'duration'];

const randomType = (dice: Dice, depth: number): string => {
  const kind = dice.below(depth > 2 ? 5 : 8);
  if (kind < 3) return dice.pick(plainTypes);
  if (kind < 5) return dice.pick(entityNames);
  if (kind === 5) return 'Common';
  if (kind === 6) return `Set<${randomType(dice, depth + 1)}>`;
  return randomRecord(dice, depth + 1);
};

const randomRecord = (dice: Dice, depth: number): string => {
  const names = attributeNames.filter(() => dice.chance(0.6));
  const members = names.map(
    (name) => `${name}${dice.chance(0.4) ? '?' : ''}: ${randomType(dice, depth)}`,
  );
  return `{${members.join(', ')}}`;
};

const randomEntity = (dice: Dice, name: string): string => {
  if (dice.chance(0.12)) return `entity ${name} enum ["a", "b"];`;
  const parents = entityNames.filter(() => dice.chance(0.35));
  const tags = dice.chance(0.4) ? ` tags ${randomType(dice, 1)}` : '';
  return `entity ${name} in [${parents.join(', ')}] ${randomRecord(dice, 0)}${tags};`;
};

const randomTypes = (dice: Dice): string => {
  const types = entityNames.filter(() => dice.chance(0.4));
  return `[${types.length === 0 ? 'Aa' : types.join(', ')}]`;
};

/** A schema in the human notation. */
export const randomSchema = (dice: Dice): string =>
  [
    `type Common = ${dice.pick(['Long', 'Set<String>', '{x: Long, y?: Aa}', 'Bb'])};`,
    randomEntity(dice, 'Aa'),
    randomEntity(dice, 'Bb'),
    randomEntity(dice, 'Dd'),
    `namespace N { ${randomEntity(dice, 'Cc')} action deep in [Action::"group"]; }`,
    'action group;',
    ...['one', 'two'].map(
      (name) =>
        `action ${name}${dice.chance(0.5) ? ' in [group]' : ''} appliesTo {principal: ${randomTypes(dice)}, resource: ${randomTypes(dice)}, context: ${randomRecord(dice, 1)}};`,
    ),
  ].join('\n');

const literals = (
  '1 -2 0 true false "a" "b" Aa::"a" Bb::"b" N::Cc::"a" Dd::"a" Action::"one" Action::"group" ' +
  'N::Action::"deep" Aa::"zz" ip("1.2.3.4") decimal("1.5") datetime("2024-01-01") duration("1h")'
).split(' ');

const path = (dice: Dice): string => {
  let text = dice.pick(['principal', 'principal', 'resource', 'context', 'context']);
  const steps = dice.below(3);
  for (let step = 0; step < steps; step++) text += `.${dice.pick(attributeNames)}`;
  return text;
};

const operand = (dice: Dice, depth: number): string => {
  const kind = dice.below(depth > 3 ? 6 : 12);
  if (kind < 4) return path(dice);
  if (kind < 6) return dice.chance(0.2) ? 'action' : dice.pick(literals);
  if (kind === 6) return `[${[0, 1].map(() => operand(dice, depth + 2)).join(', ')}]`;
  if (kind === 7) return `{x: ${operand(dice, depth + 1)}}${dice.chance(0.5) ? '.x' : ''}`;
  if (kind === 8) return `(${operand(dice, depth + 1)} + ${operand(dice, depth + 2)})`;
  if (kind === 9)
    return `(if ${condition(dice, depth + 2)} then ${operand(dice, depth + 1)} else ${operand(dice, depth + 1)})`;
  if (kind === 10) return `${path(dice)}.getTag("a")`;
  return `(${condition(dice, depth + 1)})`;
};

/** Tests what it then reads. */
const guarded = (dice: Dice, depth: number): string => {
  const owner = path(dice);
  const name = dice.pick(attributeNames);
  const use = dice.pick([
    `${owner}.${name} == ${operand(dice, depth + 2)}`,
    `${owner}.${name} == ${owner}.${name}`,
    `${owner}.${name} has ${dice.pick(attributeNames)}`,
    `${owner}.${name}.contains(${operand(dice, depth + 2)})`,
    `${owner}.${name} in ${operand(dice, depth + 2)}`,
  ]);
  const test = dice.chance(0.3) ? `${owner}.hasTag("a")` : `${owner} has ${name}`;
  return test.endsWith(')')
    ? `(${test} && ${owner}.getTag("a") == ${operand(dice, depth + 2)})`
    : `(${test} && ${use})`;
};

/** An expression that is mostly a condition. */
export const condition = (dice: Dice, depth: number): string => {
  const kind = dice.below(depth > 3 ? 7 : 13);
  const left = (): string => operand(dice, depth + 1);
  if (kind === 0) return dice.pick(['true', 'false', path(dice)]);
  if (kind === 1) return `${path(dice)} has ${dice.pick(attributeNames)}`;
  if (kind === 2)
    return `${path(dice)} has ${dice.pick(attributeNames)}.${dice.pick(attributeNames)}`;
  if (kind === 3) return `${left()} ${dice.pick(['==', '!=', 'in', '<'])} ${left()}`;
  if (kind === 4) return `${path(dice)} is ${dice.pick(entityNames)}`;
  if (kind < 7) return guarded(dice, depth);
  if (kind === 7) return `!(${condition(dice, depth + 1)})`;
  if (kind === 8)
    return `${left()}.${dice.pick(['contains', 'containsAll', 'containsAny'])}(${left()})`;
  if (kind === 9)
    return `(if ${condition(dice, depth + 1)} then ${condition(dice, depth + 1)} else ${condition(dice, depth + 1)})`;
  const both = dice.chance(0.6) ? '&&' : '||';
  return `(${condition(dice, depth + 1)} ${both} ${condition(dice, depth + 1)})`;
};

const scope = (dice: Dice, name: string): string => {
  const type = dice.pick(entityNames);
  return dice.pick([
    name,
    name,
    `${name} == ${type}::"a"`,
    `${name} in ${type}::"b"`,
    `${name} is ${type}`,
  ]);
};

/** A policy in the human notation. */
export const randomPolicy = (dice: Dice): string => {
  const actions = [
    'action',
    'action == Action::"one"',
    'action in [Action::"two"]',
    'action in Action::"group"',
  ];
  const head = `permit(${scope(dice, 'principal')}, ${dice.pick(actions)}, ${scope(dice, 'resource')})`;
  return `${head} when { ${condition(dice, 0)} };`;
};
