/** Random types, entities and contexts, in Cedar's JSON notation. Mostly well typed, not always. */
import type { Chance } from './random.ts';

export type GenType =
  | { readonly kind: 'bool' | 'long' | 'string' | 'decimal' | 'ipaddr' | 'datetime' | 'duration' }
  | { readonly kind: 'entity'; readonly type: string }
  | { readonly kind: 'set'; readonly element: GenType }
  | { readonly kind: 'record'; readonly attributes: Attributes };
export type Attributes = Readonly<Record<string, GenType>>;

export type Uid = { readonly type: string; readonly id: string };
export type JsonEntity = {
  readonly uid: Uid;
  readonly attrs: Record<string, unknown>;
  readonly parents: readonly Uid[];
  readonly tags?: Record<string, unknown>;
};
export type World = {
  readonly types: readonly string[];
  readonly attributes: ReadonlyMap<string, Attributes>;
  readonly tagTypes: ReadonlyMap<string, GenType>;
  readonly context: Attributes;
  /** All that policies and requests name; some do not exist. */
  readonly uids: ReadonlyMap<string, readonly Uid[]>;
  readonly actions: readonly Uid[];
  readonly entities: readonly JsonEntity[];
};

const plainKinds = ['bool', 'long', 'string', 'decimal', 'ipaddr', 'datetime', 'duration'] as const;
export const attributeNames = ['a', 'b', 'c', 'd', 'e', 'name with "quotes"', '__proto__', 'if'];
const typeNames = ['User', 'Team', 'App::Doc', 'App::Sub::Folder'];
const ids = ['a', 'b', 'c', '', 'ü"\\', 'z'];
export const tagNames = ['t', 'u', ''];

export const texts = ['', 'a', 'ab', 'a*b', '*', 'aXXb', '😀é', '\\', '"', 'abab', '\n'];
const lists = {
  decimal: ['0.0', '1.5', '-1.5', '1.50', '922337203685477.5807', '-922337203685477.5808'],
  ipaddr: [
    '10.0.0.1',
    '10.0.0.0/8',
    '10.1.2.3/8',
    '127.0.0.1',
    '0.0.0.0/0',
    '224.0.0.1',
    '::1',
  ].concat(['::/0', 'ff02::1', 'fe80::1/64', 'fe80::/10', '1:2:3:4:5:6:7:8', '127.0.0.0/7']),
  datetime: ['1970-01-01', '2024-02-29', '0000-01-01', '9999-12-31T23:59:59.999Z'].concat([
    '2024-01-01T00:00:00+2359',
    '1969-12-31T23:59:59.999Z',
    '2024-01-01T12:30:00-0130',
  ]),
  duration: ['0ms', '1d', '-1d', '1d2h3m4s5ms', '-1ms', '9223372036854775807ms'].concat([
    '-9223372036854775808ms',
    '86400000ms',
    '25h',
  ]),
} as const;
const wrong = {
  decimal: ['1', '1.', '1.00000', '.5', '+1.0', '922337203685477.5808', '', '1.0 '],
  ipaddr: ['', '1.2.3', '01.2.3.4', '1.2.3.4/33', '::ffff:1.2.3.4', '1::2::3', '10.0.0.1/08'],
  datetime: ['2023-02-29', '2024-01-01T24:00:00Z', '2024-01-01T00:00:00', '2024-1-1', ''],
  duration: ['', '-', '1h1d', '1', '9223372036854775808ms', '106751991168d'],
} as const;
export type ExtensionKind = keyof typeof lists;

/** Text for a constructor: rarely one that it refuses. */
export const extensionText = (chance: Chance, kind: ExtensionKind): string =>
  chance.pick<string>(chance.hits(0.06) ? wrong[kind] : lists[kind]);

export const constructorOf = (kind: ExtensionKind): string => (kind === 'ipaddr' ? 'ip' : kind);

const longs = [0, 1, -1, 2, 3, 10, 86_400_000, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)];
export const someLong = (chance: Chance): number =>
  chance.hits(0.5) ? chance.below(7) - 3 : chance.pick(longs);

export const randomType = (chance: Chance, depth: number): GenType => {
  const roll = chance.below(depth > 0 ? 10 : 7);
  if (roll < 5) return { kind: chance.pick(plainKinds) };
  if (roll < 7) return { kind: 'entity', type: chance.pick(typeNames) };
  if (roll < 9) return { kind: 'set', element: randomType(chance, depth - 1) };
  return { kind: 'record', attributes: randomAttributes(chance, depth - 1) };
};

const randomAttributes = (chance: Chance, depth: number): Attributes =>
  Object.fromEntries(
    chance.many(1, 4, () => [chance.pick(attributeNames), randomType(chance, depth)] as const),
  );

export const randomUid = (chance: Chance, type?: string): Uid => ({
  type: type ?? chance.pick(typeNames),
  id: chance.pick(ids),
});

/** Rarely a value of another type. */
export const randomValue = (chance: Chance, wanted: GenType): unknown => {
  const type = chance.hits(0.04) ? randomType(chance, 1) : wanted;
  switch (type.kind) {
    case 'bool':
      return chance.hits(0.5);
    case 'long':
      return someLong(chance);
    case 'string':
      return chance.pick(texts);
    case 'entity':
      return { __entity: randomUid(chance, type.type) };
    case 'set':
      return chance.many(0, chance.hits(0.1) ? 14 : 3, () => randomValue(chance, type.element));
    case 'record':
      return randomRecord(chance, type.attributes);
    default:
      return { __extn: { fn: constructorOf(type.kind), arg: chance.pick(lists[type.kind]) } };
  }
};

export const randomRecord = (chance: Chance, attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(() => chance.hits(0.85))
      .map(([key, type]) => [key, randomValue(chance, type)]),
  );

/** Edges go from later to earlier entities only, so that there is no cycle. */
const randomParents = (
  chance: Chance,
  earlier: readonly Uid[],
  types: readonly string[],
): Uid[] => {
  const outside = (): Uid => ({ type: chance.pick(types), id: 'nowhere' });
  if (earlier.length === 0) return chance.hits(0.2) ? [outside()] : [];
  return chance.many(0, 2, () => (chance.hits(0.08) ? outside() : chance.pick(earlier)));
};

const actionEntities = (chance: Chance): JsonEntity[] => [
  { uid: { type: 'Action', id: 'all' }, attrs: {}, parents: [] },
  ...['read', 'write'].map((id) => {
    const uid = { type: 'Action', id };
    return { uid, attrs: {}, parents: chance.hits(0.7) ? [{ type: 'Action', id: 'all' }] : [] };
  }),
];

export const randomWorld = (chance: Chance): World => {
  const types = typeNames;
  const attributes = new Map(types.map((type) => [type, randomAttributes(chance, 2)]));
  const tagTypes = new Map(types.map((type) => [type, randomType(chance, 1)]));
  const uids = new Map(types.map((type) => [type, ids.map((id) => ({ type, id }))]));
  const entities: JsonEntity[] = [];
  const made: Uid[] = [];
  for (const uid of [...uids.values()].flat()) {
    if (chance.hits(0.45)) continue;
    const attrs = randomRecord(chance, attributes.get(uid.type) ?? {});
    const parents = randomParents(chance, made, types);
    const tagType = tagTypes.get(uid.type);
    const tags = Object.fromEntries(
      tagNames
        .filter(() => chance.hits(0.3))
        .map((tag) => [tag, tagType && randomValue(chance, tagType)]),
    );
    entities.push(chance.hits(0.5) ? { uid, attrs, parents, tags } : { uid, attrs, parents });
    made.push(uid);
  }
  const actions = ['read', 'write', 'all', 'other'].map((id) => ({ type: 'Action', id }));
  const context = randomAttributes(chance, 2);
  entities.push(...(chance.hits(0.8) ? actionEntities(chance) : []));
  return { types, attributes, tagTypes, context, uids, actions, entities };
};
