/**
 * What CBOR (RFC 8949) can say. Integers are numbers while safe, otherwise bigint; maps are `Map`,
 * because keys need not be text; tags and unassigned simple values are small objects.
 */

export type CborTag = { readonly tag: number | bigint; readonly value: CborValue };
export type CborSimple = { readonly simple: number };
export type CborMap = ReadonlyMap<CborValue, CborValue>;
export type CborValue =
  | number
  | bigint
  | boolean
  | null
  | undefined
  | string
  | Uint8Array
  | readonly CborValue[]
  | CborMap
  | CborTag
  | CborSimple;

export const isCborMap = (value: unknown): value is CborMap => value instanceof Map;

export const isCborTag = (value: CborValue): value is CborTag =>
  typeof value === 'object' && value !== null && 'tag' in value;

export const isCborSimple = (value: CborValue): value is CborSimple =>
  typeof value === 'object' && value !== null && 'simple' in value;
