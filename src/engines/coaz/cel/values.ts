/**
 * Values of CEL as TypeScript values. JSON needs no conversion: its numbers are doubles, its objects
 * are maps. What JSON does not have (uint, optional, fault) carries a symbol that no JSON can carry.
 */

const kind = Symbol('cel');

export type CelUint = { readonly [kind]: 'uint'; readonly value: bigint };
/** `value` undefined: nothing is there. */
export type CelOptional = { readonly [kind]: 'optional'; readonly value: CelValue | undefined };
/** Why an expression has no value; `at` is an offset into its text. */
export type CelFault = {
  readonly [kind]: 'fault';
  readonly message: string;
  readonly at: number;
  /** True when a limit was reached: no operator absorbs that. */
  readonly isLimit: boolean;
};

/** Equal keys are one JavaScript value: integers, signed or not, are bigints. */
export type CelKey = string | bigint | boolean;
export type CelMap = ReadonlyMap<CelKey, CelValue> | { readonly [key: string]: CelValue };
/** `bigint` is int, `number` is double. */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelOptional
  | readonly CelValue[]
  | CelMap;
/** What a step comes to. */
export type CelOutcome = CelValue | CelFault;

export const uintOf = (value: bigint): CelUint => ({ [kind]: 'uint', value });
export const optionalOf = (value: CelValue | undefined): CelOptional => ({
  [kind]: 'optional',
  value,
});
export const fault = (message: string, at: number): CelFault => ({
  [kind]: 'fault',
  message,
  at,
  isLimit: false,
});
export const limitFault = (message: string, at: number): CelFault => ({
  [kind]: 'fault',
  message,
  at,
  isLimit: true,
});

const hasKind = (value: unknown, wanted: string): boolean =>
  typeof value === 'object' && value !== null && (value as { [kind]?: string })[kind] === wanted;

export const isFault = (value: unknown): value is CelFault => hasKind(value, 'fault');
export const isUint = (value: unknown): value is CelUint => hasKind(value, 'uint');
export const isOptional = (value: unknown): value is CelOptional => hasKind(value, 'optional');
export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
export const isList = (value: unknown): value is readonly CelValue[] => Array.isArray(value);
/** Built by an expression, with keys of any key type. */
export const isBuiltMap = (value: CelMap): value is ReadonlyMap<CelKey, CelValue> =>
  value instanceof Map;
export const isMap = (value: unknown): value is CelMap =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !Object.hasOwn(value, kind);

/** The member, undefined when there is none. */
export const memberOf = (map: CelMap, key: CelKey): CelValue | undefined => {
  if (isBuiltMap(map)) return map.get(key);
  return typeof key === 'string' && Object.hasOwn(map, key) ? map[key] : undefined;
};
export const entriesOf = (map: CelMap): readonly (readonly [CelKey, CelValue])[] =>
  isBuiltMap(map)
    ? [...map]
    : Object.entries(map).filter(([, value]) => (value as CelValue | undefined) !== undefined);

/** CEL's name of the type. */
export const typeName = (value: CelValue | undefined): string => {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (isBytes(value)) return 'bytes';
  if (isUint(value)) return 'uint';
  if (isOptional(value)) return 'optional';
  if (isList(value)) return 'list';
  return isMap(value) ? 'map' : 'unknown';
};

export const minInt = -(2n ** 63n);
export const maxInt = 2n ** 63n - 1n;
export const maxUint = 2n ** 64n - 1n;
