/**
 * A value as JSON (CEL language definition, "JSON data conversion"): integers beyond 2^53 and bytes become
 * text. What JSON cannot say, and what is too large or too deep, is a fault.
 */
import { encodeBase64 } from '../../../kernel/base64url.ts';
import type { JsonValue } from '../../../kernel/json-value.ts';
import {
  type CelFault,
  type CelMap,
  type CelValue,
  entriesOf,
  fault,
  isBytes,
  isFault,
  isList,
  isMap,
  isUint,
  limitFault,
  typeName,
} from './values.ts';

const maxDepth = 64;

type Room = { left: number };
type Answer = JsonValue | CelFault;

const integer = (value: bigint): JsonValue =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value.toString();

const list = (values: readonly CelValue[], room: Room, depth: number): Answer => {
  const items: JsonValue[] = [];
  for (const value of values) {
    const item = convert(value, room, depth + 1);
    if (isFault(item)) return item;
    items.push(item);
  }
  return items;
};

const object = (map: CelMap, room: Room, depth: number): Answer => {
  const members = new Map<string, JsonValue>();
  for (const [key, value] of entriesOf(map)) {
    const name = String(key);
    room.left -= name.length;
    const item = convert(value, room, depth + 1);
    if (isFault(item)) return item;
    if (members.has(name)) return fault('two keys are one name in JSON', 0);
    members.set(name, item);
  }
  return Object.fromEntries(members);
};

const text = (value: string, room: Room): Answer => {
  room.left -= value.length;
  return room.left < 0 ? tooLarge() : value;
};

const tooLarge = (): CelFault => limitFault('the result is too large', 0);

const convert = (value: CelValue, room: Room, depth: number): Answer => {
  room.left -= 1;
  if (room.left < 0 || depth > maxDepth) return tooLarge();
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return text(value, room);
  if (typeof value === 'bigint') return integer(value);
  if (isUint(value)) return integer(value.value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : fault('the result is no finite number', 0);
  if (isBytes(value))
    return value.length > room.left ? tooLarge() : text(encodeBase64(value), room);
  if (isList(value)) return list(value, room, depth);
  return isMap(value) ? object(value, room, depth) : fault(`${typeName(value)} is no JSON`, 0);
};

/** The value as JSON, a copy; at most `maxSize` letters and elements. */
export const toJson = (value: CelValue, maxSize: number): Answer =>
  convert(value, { left: maxSize }, 0);
