/**
 * The form of the generated tables: how one attribute is packed into a small integer. Shared by
 * the generator (tools/generate-ocsf.ts) and the interpreter (validate.ts).
 */

/** Type codes of an attribute: bits 0 to 4. */
export const typeCodes = {
  json: 0,
  object: 1,
  nested: 2,
  string: 3,
  boolean: 4,
  integer: 5,
  float: 6,
  port: 7,
  ip: 8,
  email: 9,
  uuid: 10,
  mac: 11,
  datetime: 12,
  bytestring: 13,
  subnet: 14,
} as const;
export type TypeName = keyof typeof typeCodes;

export const typeMask = 0x1f;
/** Bit 5: the attribute is an array of that type. */
export const arrayBit = 0x20;
/** Bits 6 to 10: number + 1 of the presence bit, for required attributes and constraints. */
export const presenceShift = 6;
/** Bits 11 to 14: number + 1 of the profile that must be declared before the attribute is used. */
export const profileShift = 11;
/** Bits 15 to 24: number + 1 of the nested object, or of the enumeration of allowed values. */
export const targetShift = 15;

export type PackedAttribute = {
  readonly type: number;
  readonly isArray: boolean;
  /** -1 for none in these three. */
  readonly presence: number;
  readonly profile: number;
  readonly target: number;
};

/** Packs an attribute; throws on values that do not fit (a fault of the generator). */
export const packAttribute = (attribute: PackedAttribute): number => {
  const { type, presence, profile, target } = attribute;
  if (type > typeMask || presence > 29 || profile > 14 || target > 1022)
    throw new RangeError(`attribute does not fit: ${JSON.stringify(attribute)}`);
  return (
    type |
    (attribute.isArray ? arrayBit : 0) |
    ((presence + 1) << presenceShift) |
    ((profile + 1) << profileShift) |
    ((target + 1) << targetShift)
  );
};

/** `all`: every bit; `some`: at least one; `one`: exactly one. */
export type ConstraintKind = 'all' | 'some' | 'one';

export type Constraint = {
  readonly kind: ConstraintKind;
  /** Presence bits. */
  readonly mask: number;
  /** Names of the attributes behind the bits, for the message. */
  readonly names: readonly string[];
  /** Number of the profile under which the constraint holds; absent: always. */
  readonly profile?: number;
};

export type ObjectTable = {
  readonly name: string;
  /** No prototype: foreign keys such as `constructor` must not be found. */
  readonly attributes: Readonly<Record<string, number>>;
  readonly constraints: readonly Constraint[];
};

export type ClassTable = ObjectTable & {
  readonly classUid: number;
  readonly categoryUid: number;
  /** Bits of the profiles the class may declare. */
  readonly profiles: number;
};

/** Allowed integers (0 to 30 as bits, the rest listed) or allowed strings. */
export type EnumTable =
  | { readonly bits: number; readonly more: readonly number[] }
  | { readonly strings: readonly string[] };

export type OcsfSchema = {
  readonly version: string;
  /** Profile names; the position is the profile's number. */
  readonly profiles: readonly string[];
  readonly enums: readonly EnumTable[];
  readonly objects: readonly ObjectTable[];
  /** By class_uid. */
  readonly classes: Readonly<Record<number, ClassTable>>;
  /** The text attribute that becomes mandatory when the number is 99 ("Other"). */
  readonly siblings: Readonly<Record<string, string>>;
};
