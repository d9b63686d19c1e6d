/**
 * Cedar's JSON notation of values, read into values at run time. An object with the one member
 * `__entity` or `__extn` in its proper form is an escape, everything else a record. With a type from
 * the schema the short forms are read too: `{type, id}` for entities, plain text for extension
 * values. Total on any JavaScript value; a failure says where it happened.
 */
import type { AttributeType, Attributes, SchemaType } from '../schema/model.ts';
import { extensionFunctions } from '../values/extensions.ts';
import { toLong } from '../values/long.ts';
import type { RecordValue, ShapeTable } from '../values/record.ts';
import {
  type EntityValue,
  entityValue,
  type Failure,
  failure,
  isFailure,
  type Outcome,
  setValue,
  type Value,
} from '../values/value.ts';
import type { TypeNames } from './type-names.ts';

/** What reading shares: one per store. */
export type Reader = { readonly shapes: ShapeTable; readonly types: TypeNames };

type Json = Readonly<Record<string, unknown>>;
const maxDepth = 128;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const bad = (what: string): Failure => failure('type', `: ${what}`);
/** Puts a step of the path in front of what is wrong inside. */
const within = (step: string, { code, message }: Failure): Failure =>
  failure(code, `${step}${message}`);

/** Reads `{type, id}`, also as `{__entity: {type, id}}`. */
export const readUid = (json: unknown, { types }: Reader): EntityValue | Failure => {
  const named = isObject(json) && isObject(json['__entity']) ? json['__entity'] : json;
  if (!isObject(named)) return bad('an entity is written {type, id}');
  const { type, id } = named;
  if (typeof type !== 'string' || typeof id !== 'string')
    return bad('an entity is written {type, id}, both text');
  const known = types.known(type);
  if (known === undefined) return bad(`${JSON.stringify(type)} is not the name of an entity type`);
  return id.isWellFormed() ? entityValue(known, id) : bad('the id has a lone surrogate');
};

const readNumber = (value: number): Outcome => {
  if (Number.isSafeInteger(value)) return value + 0;
  return Number.isInteger(value)
    ? bad(`${value} is beyond 2^53 and may have lost digits; pass a BigInt`)
    : bad(`${value} is not an integer; fractions are written {"__extn":{"fn":"decimal",…}}`);
};

type Place = { readonly reader: Reader; readonly depth: number };

const deeper = ({ reader, depth }: Place): Place => ({ reader, depth: depth + 1 });

const callExtension = (call: Json, place: Place): Outcome => {
  const name = String(call['fn']);
  const known = extensionFunctions.get(name);
  if (known === undefined) return bad(`there is no extension function ${JSON.stringify(name)}`);
  const args: Value[] = [];
  const given: readonly unknown[] = 'arg' in call ? [call['arg']] : (call['args'] as unknown[]);
  for (const argument of given) {
    const value = readValue(argument, undefined, deeper(place));
    if (isFailure(value)) return within(`.${name}(…)`, value);
    args.push(value);
  }
  const result = known.call(args);
  return isFailure(result) ? within(': ', result) : result;
};

const isCall = (json: unknown): json is Json =>
  isObject(json) &&
  typeof json['fn'] === 'string' &&
  ('arg' in json || Array.isArray(json['args']));
const isUid = (json: unknown): json is Json =>
  isObject(json) && typeof json['type'] === 'string' && typeof json['id'] === 'string';

/** The value of an escape; undefined when the object is a record. */
const readEscape = (json: Json, key: string, place: Place): Outcome | undefined => {
  const inside = json[key];
  if (key === '__entity') return isUid(inside) ? readUid(inside, place.reader) : undefined;
  if (key === '__extn') return isCall(inside) ? callExtension(inside, place) : undefined;
  return key === '__expr' && typeof inside === 'string'
    ? bad('the escape __expr is no longer part of Cedar')
    : undefined;
};

const mostReserved = 1024;

/** A list of this length: one that grows would keep room for 17 from the first value on. */
const room = (length: number): Value[] => (length <= mostReserved ? Array<Value>(length) : []);

const readSet = (
  json: readonly unknown[],
  expected: SchemaType | undefined,
  place: Place,
): Outcome => {
  const element = expected?.kind === 'set' ? expected.element : undefined;
  const elements = room(json.length);
  for (let at = 0; at < json.length; at++) {
    const value = readValue(json[at], element, deeper(place));
    if (isFailure(value)) return within(`[${at}]`, value);
    elements[at] = value;
  }
  return setValue(elements);
};

const formatKey = (key: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 64))}]`;

/** What needs no looking into; undefined for everything else. */
const readPlain = (json: unknown): Value | undefined => {
  switch (typeof json) {
    case 'boolean':
      return json;
    case 'number':
      return Number.isSafeInteger(json) ? json + 0 : undefined;
    case 'string':
      return json.isWellFormed() ? json : undefined;
    default:
      return undefined;
  }
};

/** Members that are undefined are left out, as JSON does. */
const present = (json: Json): Json =>
  Object.fromEntries(Object.entries(json).filter(([, member]) => member !== undefined));

type Members = { readonly json: Json; readonly keys: readonly string[] };

const readMembers = (
  { json, keys }: Members,
  types: ReadonlyMap<string, AttributeType> | undefined,
  place: Place,
): RecordValue | Failure => {
  const values = room(keys.length);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as string;
    const member = json[key];
    let value: Outcome | undefined = types === undefined ? readPlain(member) : undefined;
    if (value === undefined) {
      if (member === undefined) {
        const rest = present(json);
        return readMembers({ json: rest, keys: Object.keys(rest) }, types, place);
      }
      value = readValue(member, types?.get(key)?.type, place);
      if (isFailure(value)) return within(formatKey(key), value);
    }
    values[at] = value;
  }
  const shape = place.reader.shapes.of(keys);
  return shape === undefined
    ? bad('a key has a lone surrogate')
    : { kind: 'record', shape, values };
};

const constructors = {
  ipaddr: 'ip',
  decimal: 'decimal',
  datetime: 'datetime',
  duration: 'duration',
};

/** The short forms that the schema makes readable; undefined when the value has none of them. */
const readImplicit = (json: unknown, expected: SchemaType, place: Place): Outcome | undefined => {
  if (expected.kind === 'entity') return isUid(json) ? readUid(json, place.reader) : undefined;
  if (expected.kind !== 'extension') return undefined;
  if (isCall(json)) return callExtension(json, place);
  if (typeof json !== 'string') return undefined;
  return callExtension({ fn: constructors[expected.name], arg: json }, place);
};

const readObject = (json: Json, expected: SchemaType | undefined, place: Place): Outcome => {
  const prototype: unknown = Object.getPrototypeOf(json);
  if (prototype !== Object.prototype && prototype !== null)
    return bad('only plain objects are records');
  const keys = Object.keys(json);
  const first = keys[0];
  if (keys.length === 1 && first?.startsWith('__e')) {
    const escaped = readEscape(json, first, place);
    if (escaped !== undefined) return escaped;
  }
  const types = expected?.kind === 'record' ? expected.attributes : undefined;
  return readMembers({ json, keys }, types, deeper(place));
};

const readValue = (json: unknown, expected: SchemaType | undefined, place: Place): Outcome => {
  if (place.depth > maxDepth) return bad(`nested deeper than ${maxDepth}`);
  if (expected !== undefined) {
    const implicit = readImplicit(json, expected, place);
    if (implicit !== undefined) return implicit;
  }
  switch (typeof json) {
    case 'boolean':
      return json;
    case 'string':
      return json.isWellFormed() ? json : bad('text with a lone surrogate');
    case 'number':
      return readNumber(json);
    case 'bigint':
      return toLong(json) ?? bad(`${json} does not fit in 64 bits`);
    case 'object':
      if (json === null) return bad('null is not a value of Cedar; leave the attribute out');
      return Array.isArray(json)
        ? readSet(json, expected, place)
        : readObject(json as Json, expected, place);
    default:
      return bad(`a ${typeof json} is not a value of Cedar`);
  }
};

/** Reads one value. Failures begin with the path inside the value. */
export const readCedarValue = (json: unknown, reader: Reader, expected?: SchemaType): Outcome =>
  readValue(json, expected, { reader, depth: 0 });

/** Reads the attributes of an entity or a context; an escape in this place is refused. */
export const readRecord = (
  json: unknown,
  reader: Reader,
  attributes?: Attributes,
): RecordValue | Failure => {
  const expected = attributes && ({ kind: 'record', attributes } as const);
  const value = isObject(json)
    ? readObject(json, expected, { reader, depth: 0 })
    : bad('a record is written {…}');
  if (isFailure(value)) return value;
  return typeof value === 'object' && value.kind === 'record'
    ? value
    : bad('a record is needed here');
};
