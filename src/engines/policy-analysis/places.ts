/** Values that stand in the context, in attributes or in tags: any of their type, so far. */
import type { Attributes, SchemaType } from '../cedar/index.ts';
import { and, integer, type Sort, type Term } from './smt.ts';
import {
  type EntitySymbol,
  type Field,
  type IpSymbol,
  type RecordSymbol,
  type SetSymbol,
  type Symbolic,
  termsOf,
  typeKey,
  Unsupported,
} from './symbolic.ts';
import {
  existsTerm,
  noteElement,
  type Observation,
  type Owner,
  someEntity,
  sortOf,
  type World,
} from './world.ts';

const minLong = integer(-(2n ** 63n));
const maxLong = integer(2n ** 63n - 1n);

/** That a term is a 64-bit integer. */
export const fitsLong = (term: Term): Term =>
  `(and (<= ${minLong} ${term}) (<= ${term} ${maxLong}))`;

type Place = { readonly owner: Owner; readonly path: readonly string[] };

/** Functions of the place are the same for all entities of a type; the entity is an argument. */
const functionOf = ({ owner, path }: Place): { key: string; args: Term[]; sorts: Sort[] } => {
  const steps = JSON.stringify(path);
  if (owner.kind === 'context') return { key: `context ${steps}`, args: [], sorts: [] };
  const { type, term } = owner.entity;
  if (owner.kind === 'attribute')
    return { key: `attribute ${type} ${steps}`, args: [term], sorts: ['Int'] };
  return { key: `tag ${type} ${steps}`, args: [term, owner.key], sorts: ['Int', 'String'] };
};

/** What a function says at a place, and whether it is the first time that this is asked. */
const ask = (world: World, place: Place, { part, sort }: { part: string; sort: Sort }) => {
  const { key, args, sorts } = functionOf(place);
  const symbol = world.script.symbol(`${part} ${key}`, sorts, sort);
  const term = args.length === 0 ? symbol : `(${symbol} ${args.join(' ')})`;
  return { term, isNew: !world.observations.has(`${part} ${term}`), key: `${part} ${term}` };
};

const observe = (world: World, key: string, observation: Observation): void => {
  if (!world.observations.has(key)) world.observations.set(key, observation);
};

const presence = (world: World, place: Place, type: SchemaType): Term => {
  const { term, key } = ask(world, place, { part: 'has', sort: 'Bool' });
  observe(world, key, { ...place, type, what: 'present', term });
  return term;
};

const scalar = (world: World, place: Place, type: SchemaType): Symbolic => {
  const { term, key, isNew } = ask(world, place, { part: 'is', sort: sortOf(type) });
  const value = scalarAt(world, { type, term, isNew });
  observe(world, key, { ...place, type, what: 'value', value });
  return value;
};

const scalarAt = (
  world: World,
  { type, term, isNew }: { type: SchemaType; term: Term; isNew: boolean },
): Symbolic => {
  if (type.kind === 'boolean' || type.kind === 'string') return { kind: type.kind, term };
  if (type.kind === 'entity') {
    // Those are known one by one, with a hierarchy of their own: what is any of them has no number.
    if (world.schema.actionTypes.has(type.name)) throw new Unsupported('actions that are data');
    return someEntity(world, type.name, term);
  }
  if (isNew) world.script.assert(fitsLong(term));
  if (type.kind === 'extension' && type.name !== 'ipaddr') return { kind: type.name, term };
  return { kind: 'long', term };
};

/**
 * An address with a prefix. The range is bounded, not computed: for full prefixes it is the address;
 * for others more ranges are possible here than in fact, and an example may turn out to be none.
 */
const ipRules = ({ v4, address, prefix, first, last }: IpSymbol): readonly Term[] => {
  const top = (bits: bigint): Term => integer(2n ** bits - 1n);
  return [
    `(<= 0 ${first} ${address} ${last} (ite ${v4} ${top(32n)} ${top(128n)}))`,
    `(<= 0 ${prefix} (ite ${v4} 32 128))`,
    `(= (= ${first} ${last}) (= ${prefix} (ite ${v4} 32 128)))`,
  ];
};

const noteIp = (world: World, value: IpSymbol): void => {
  for (const rule of ipRules(value)) world.script.assert(rule);
  world.hosts.push(`(= ${value.first} ${value.last})`);
};

const ipParts = { v4: 'Bool', address: 'Int', prefix: 'Int', first: 'Int', last: 'Int' } as const;

const ipAt = (world: World, place: Place, type: SchemaType): IpSymbol => {
  const part = (name: keyof typeof ipParts): ReturnType<typeof ask> =>
    ask(world, place, { part: `ip ${name}`, sort: ipParts[name] });
  const { term: v4, key, isNew } = part('v4');
  const value: IpSymbol = {
    kind: 'ipaddr',
    v4,
    address: part('address').term,
    prefix: part('prefix').term,
    first: part('first').term,
    last: part('last').term,
  };
  if (isNew) noteIp(world, value);
  observe(world, key, { ...place, type, what: 'value', value });
  return value;
};

const setAt = (world: World, place: Place, type: SchemaType & { kind: 'set' }): SetSymbol => {
  const { element } = type;
  if (element.kind === 'set' || element.kind === 'record')
    throw new Unsupported(`sets of ${element.kind}s`);
  const sorts =
    element.kind === 'extension' && element.name === 'ipaddr'
      ? Object.values(ipParts)
      : [sortOf(element)];
  const { key, args, sorts: before } = functionOf(place);
  const symbol = world.script.symbol(`member ${key}`, [...before, ...sorts], 'Bool');
  return {
    kind: 'set',
    element,
    has: (value) => {
      noteElement(world, value);
      const term = `(${symbol} ${[...args, ...termsOf(value)].join(' ')})`;
      observe(world, term, { ...place, type, what: 'member', element: value, term });
      return term;
    },
  };
};

const fieldAt = (
  world: World,
  place: Place,
  { type, required }: { readonly type: SchemaType; readonly required: boolean },
): Field => ({
  present: required ? 'true' : presence(world, place, type),
  value: () => valueAt(world, place, type),
});

const recordAt = (world: World, place: Place, attributes: Attributes): RecordSymbol => ({
  kind: 'record',
  names: [...attributes.keys()],
  field: (name) => {
    const attribute = attributes.get(name);
    const inner = { ...place, path: [...place.path, name] };
    return attribute && fieldAt(world, inner, attribute);
  },
});

const valueAt = (world: World, place: Place, type: SchemaType): Symbolic => {
  if (type.kind === 'record') return recordAt(world, place, type.attributes);
  if (type.kind === 'set') return setAt(world, place, type);
  if (type.kind === 'extension' && type.name === 'ipaddr') return ipAt(world, place, type);
  return scalar(world, place, type);
};

/** The context of the request. */
export const contextRecord = (world: World): RecordSymbol =>
  recordAt(world, { owner: { kind: 'context' }, path: [] }, world.action.context);

/** An attribute of an entity; absent when the entity is not there. */
export const entityField = (
  world: World,
  entity: EntitySymbol,
  name: string,
): Field | undefined => {
  const attribute = world.schema.entityTypes.get(entity.type)?.attributes.get(name);
  if (attribute === undefined) return undefined;
  const place: Place = { owner: { kind: 'attribute', entity }, path: [name] };
  const field = fieldAt(world, place, attribute);
  return { ...field, present: and(existsTerm(world, entity), field.present) };
};

/** A tag of an entity; absent when the entity is not there. */
export const tagField = (world: World, entity: EntitySymbol, key: Term): Field | undefined => {
  const type = world.schema.entityTypes.get(entity.type)?.tags;
  if (type === undefined) return undefined;
  const field = fieldAt(
    world,
    { owner: { kind: 'tag', entity, key }, path: [] },
    { type, required: false },
  );
  return { ...field, present: and(existsTerm(world, entity), field.present) };
};

const freshIp = (world: World): IpSymbol => {
  const part = (name: keyof typeof ipParts): Term => world.script.fresh(ipParts[name]);
  const value: IpSymbol = {
    kind: 'ipaddr',
    v4: part('v4'),
    address: part('address'),
    prefix: part('prefix'),
    first: part('first'),
    last: part('last'),
  };
  noteIp(world, value);
  return value;
};

/** A value of a type that can be an element, about which nothing else is known. */
export const freshScalar = (world: World, type: SchemaType): Symbolic => {
  if (type.kind === 'set' || type.kind === 'record') throw new Unsupported(typeKey(type));
  if (type.kind === 'extension' && type.name === 'ipaddr') return freshIp(world);
  return scalarAt(world, { type, term: world.script.fresh(sortOf(type)), isNew: true });
};
