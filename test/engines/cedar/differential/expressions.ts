/** Random Cedar expressions as text, of a wanted type most of the time. */
import type { Chance } from './random.ts';
import {
  type Attributes,
  attributeNames,
  constructorOf,
  extensionText,
  type GenType,
  randomType,
  randomUid,
  someLong,
  tagNames,
  texts,
  type Uid,
  type World,
} from './world.ts';

export type Scene = { readonly chance: Chance; readonly world: World };
type Make = (scene: Scene, depth: number) => string;

const bool: GenType = { kind: 'bool' };
const long: GenType = { kind: 'long' };
const text: GenType = { kind: 'string' };

export const quote = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
export const uidText = ({ type, id }: Uid): string => `${type}::${quote(id)}`;

const word = /^[a-z]+$/;
const member = (key: string): string =>
  word.test(key) && key !== 'if' ? `.${key}` : `[${quote(key)}]`;
const hasKey = (key: string): string => (word.test(key) && key !== 'if' ? key : quote(key));

const bigLongs = [
  '9223372036854775807',
  '-9223372036854775808',
  '9007199254740993',
  '4611686018427387904',
];

const literal = ({ chance, world }: Scene, type: GenType, depth: number): string => {
  switch (type.kind) {
    case 'bool':
      return chance.pick(['true', 'false']);
    case 'long':
      return chance.hits(0.12) ? chance.pick(bigLongs) : String(someLong(chance));
    case 'string':
      return quote(chance.pick(texts));
    case 'entity':
      return uidText(randomUid(chance, type.type));
    case 'set':
      return `[${chance.many(0, 3, () => expression({ chance, world }, type.element, depth - 1)).join(', ')}]`;
    case 'record': {
      const entries = Object.entries(type.attributes).filter(() => chance.hits(0.9));
      return `{${entries.map(([key, of]) => `${quote(key)}: ${expression({ chance, world }, of, depth - 1)}`).join(', ')}}`;
    }
    default:
      return `${constructorOf(type.kind)}(${quote(extensionText(chance, type.kind))})`;
  }
};

const sameType = (left: GenType, right: GenType): boolean =>
  left.kind === right.kind &&
  (left.kind !== 'entity' || right.kind !== 'entity' || left.type === right.type);

type Root = { readonly text: string; readonly attributes: Attributes };

/** Where attributes can be read of: the three entities, the context, any entity literal. */
const roots = ({ chance, world }: Scene): readonly Root[] => {
  const of = (name: string): Root => {
    const attributes = world.attributes.get(chance.pick(world.types)) ?? {};
    return { text: name, attributes };
  };
  const type = chance.pick(world.types);
  const known = {
    text: uidText(randomUid(chance, type)),
    attributes: world.attributes.get(type) ?? {},
  };
  return [of('principal'), of('resource'), { text: 'context', attributes: world.context }, known];
};

/** Reads some attribute of the wanted type; steps through records and entities while that helps. */
const path = (scene: Scene, wanted: GenType): string | undefined => {
  const { chance, world } = scene;
  let { text: at, attributes } = chance.pick(roots(scene));
  for (let step = 0; step < 3; step++) {
    const entries = Object.entries(attributes);
    const fitting = entries.filter(([, type]) => sameType(type, wanted));
    const [key, type] = fitting.length > 0 ? chance.pick(fitting) : chance.pick(entries);
    at += member(key);
    if (sameType(type, wanted) && chance.hits(0.8)) return at;
    if (type.kind === 'record') ({ attributes } = type);
    else if (type.kind === 'entity') attributes = world.attributes.get(type.type) ?? {};
    else return chance.hits(0.1) ? at : undefined;
    if (Object.keys(attributes).length === 0) return at;
  }
  return undefined;
};

const conditional = (scene: Scene, type: GenType, depth: number): string =>
  `(if ${expression(scene, bool, depth - 1)} then ${expression(scene, type, depth - 1)} else ${expression(scene, type, depth - 1)})`;

const anyEntity = ({ chance, world }: Scene): GenType => ({
  kind: 'entity',
  type: chance.pick(world.types),
});
const inner: Make = (scene, depth) => expression(scene, randomType(scene.chance, 1), depth - 1);

const pattern = (chance: Chance): string =>
  `"${chance.many(0, 4, () => chance.pick(['*', 'a', 'b', '\\*', 'é', 'X'])).join('')}"`;

const decimalMethods = ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'];
const ipMethods = ['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'];

const setOf = (element: GenType): GenType => ({ kind: 'set', element });

const hasPath = ({ chance }: Scene): string =>
  chance.hits(0.75)
    ? hasKey(chance.pick(attributeNames))
    : chance.many(2, 3, () => chance.pick(['a', 'b', 'c', 'd', 'e'])).join('.');

const booleans: readonly Make[] = [
  (scene, depth) => {
    const type = randomType(scene.chance, 2);
    const operator = scene.chance.pick(['==', '!=']);
    return `(${expression(scene, type, depth - 1)} ${operator} ${expression(scene, type, depth - 1)})`;
  },
  (scene, depth) => {
    const type = scene.chance.pick<GenType>([
      long,
      long,
      { kind: 'datetime' },
      { kind: 'duration' },
    ]);
    const operator = scene.chance.pick(['<', '<=', '>', '>=']);
    return `(${expression(scene, type, depth - 1)} ${operator} ${expression(scene, type, depth - 1)})`;
  },
  (scene, depth) =>
    `(${expression(scene, bool, depth - 1)} ${scene.chance.pick(['&&', '||'])} ${expression(scene, bool, depth - 1)})`,
  (scene, depth) => `!${expression(scene, bool, depth - 1)}`,
  (scene, depth) => {
    const of = scene.chance.hits(0.7) ? anyEntity(scene) : setOf(anyEntity(scene));
    return `(${expression(scene, anyEntity(scene), depth - 1)} in ${expression(scene, of, depth - 1)})`;
  },
  (scene, depth) => {
    const above = scene.chance.hits(0.4)
      ? ` in ${expression(scene, anyEntity(scene), depth - 1)}`
      : '';
    return `(${expression(scene, anyEntity(scene), depth - 1)} is ${scene.chance.pick(scene.world.types)}${above})`;
  },
  (scene, depth) => {
    const of = scene.chance.hits(0.6)
      ? scene.chance.pick(['principal', 'resource', 'context'])
      : expression(scene, randomType(scene.chance, 2), depth - 1);
    return `(${of} has ${hasPath(scene)})`;
  },
  (scene, depth) => `(${expression(scene, text, depth - 1)} like ${pattern(scene.chance)})`,
  (scene, depth) => {
    const type = randomType(scene.chance, 1);
    return `${expression(scene, setOf(type), depth - 1)}.contains(${expression(scene, type, depth - 1)})`;
  },
  (scene, depth) => {
    const type = setOf(randomType(scene.chance, 1));
    const method = scene.chance.pick(['containsAll', 'containsAny']);
    return `${expression(scene, type, depth - 1)}.${method}(${expression(scene, type, depth - 1)})`;
  },
  (scene, depth) => `${expression(scene, setOf(long), depth - 1)}.isEmpty()`,
  (scene) =>
    `${scene.chance.pick(['principal', 'resource'])}.hasTag(${quote(scene.chance.pick(tagNames))})`,
  (scene, depth) => {
    const of = { kind: 'decimal' } as const;
    return `${expression(scene, of, depth - 1)}.${scene.chance.pick(decimalMethods)}(${expression(scene, of, depth - 1)})`;
  },
  (scene, depth) =>
    `${expression(scene, { kind: 'ipaddr' }, depth - 1)}.${scene.chance.pick(ipMethods)}()`,
  (scene, depth) =>
    `${expression(scene, { kind: 'ipaddr' }, depth - 1)}.isInRange(${expression(scene, { kind: 'ipaddr' }, depth - 1)})`,
];

const longMethods = ['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'];
const others: Readonly<Partial<Record<GenType['kind'], readonly Make[]>>> = {
  long: [
    (scene, depth) =>
      `(${expression(scene, long, depth - 1)} ${scene.chance.pick(['+', '-', '*'])} ${expression(scene, long, depth - 1)})`,
    (scene, depth) => `(-${expression(scene, long, depth - 1)})`,
    (scene, depth) =>
      `${expression(scene, { kind: 'duration' }, depth - 1)}.${scene.chance.pick(longMethods)}()`,
  ],
  datetime: [
    (scene, depth) =>
      `${expression(scene, { kind: 'datetime' }, depth - 1)}.offset(${expression(scene, { kind: 'duration' }, depth - 1)})`,
    (scene, depth) => `${expression(scene, { kind: 'datetime' }, depth - 1)}.toDate()`,
  ],
  duration: [
    (scene, depth) =>
      `${expression(scene, { kind: 'datetime' }, depth - 1)}.durationSince(${expression(scene, { kind: 'datetime' }, depth - 1)})`,
    (scene, depth) => `${expression(scene, { kind: 'datetime' }, depth - 1)}.toTime()`,
  ],
  entity: [
    ({ chance }) => chance.pick(['principal', 'resource', 'action', 'principal', 'resource']),
  ],
};

const tag: Make = ({ chance }) =>
  `${chance.pick(['principal', 'resource'])}.getTag(${quote(chance.pick(tagNames))})`;

/** An expression of the wanted type, now and then of another. */
export const expression = (scene: Scene, wanted: GenType, depth: number): string => {
  const { chance } = scene;
  const type = chance.hits(0.02) ? randomType(chance, 1) : wanted;
  if (depth <= 0)
    return chance.hits(0.5)
      ? (path(scene, type) ?? literal(scene, type, 0))
      : literal(scene, type, 0);
  const roll = chance.below(20);
  const isBool = type.kind === 'bool';
  if (roll < (isBool ? 2 : 5)) return path(scene, type) ?? literal(scene, type, depth);
  if (roll < 7 && !isBool) return literal(scene, type, depth);
  if (roll === 7) return conditional(scene, type, depth);
  if (roll === 8) return tag(scene, depth);
  const makers = isBool ? booleans : (others[type.kind] ?? []);
  if (makers.length > 0) return chance.pick(makers)(scene, depth);
  if (type.kind === 'string' || chance.hits(0.98)) return literal(scene, type, depth);
  return inner(scene, depth);
};
