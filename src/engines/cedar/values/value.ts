/**
 * Values at run time. Bools and strings are JavaScript's own; a Long is a number while it is a safe
 * integer and a bigint beyond (never both forms of one value), so `===` compares Longs exactly.
 */
import type { Span } from '../ast.ts';
import type { RecordValue } from './record.ts';

/** A 64-bit integer in its normal form. */
export type Long = number | bigint;

/** A reference to an entity; whether it exists is the matter of an entity store. */
export type EntityValue = { readonly kind: 'entity'; readonly type: string; readonly id: string };
/** Duplicates may stand in `elements`: no operation of Cedar can see them. */
export type SetValue = {
  readonly kind: 'set';
  readonly elements: readonly Value[];
  /** Made on the first search of a large set; see equality.ts. */
  index: SetIndex | undefined;
};
export type SetIndex = {
  readonly plain: ReadonlySet<unknown>;
  readonly keyed: ReadonlySet<string>;
};
/** Four decimal digits; `units` are ten-thousandths. */
export type DecimalValue = { readonly kind: 'decimal'; readonly units: Long };
/** An address with a prefix; `first` and `last` bound its range. Version 4 counts in numbers. */
export type IpValue = {
  readonly kind: 'ipaddr';
  readonly version: 4 | 6;
  readonly address: number | bigint;
  readonly prefix: number;
  readonly first: number | bigint;
  readonly last: number | bigint;
};
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type DatetimeValue = { readonly kind: 'datetime'; readonly ms: Long };
export type DurationValue = { readonly kind: 'duration'; readonly ms: Long };

export type ExtensionValue = DecimalValue | IpValue | DatetimeValue | DurationValue;
export type Value = boolean | string | Long | EntityValue | SetValue | RecordValue | ExtensionValue;

/** What an operation came to when it has no value. Text first, position added by who knows it. */
export type FailureCode =
  | 'type'
  | 'overflow'
  | 'attribute'
  | 'entity'
  | 'tag'
  | 'extension'
  | 'arity'
  | 'unknown';
export type Failure = {
  readonly kind: 'failure';
  readonly code: FailureCode;
  readonly message: string;
  /** Where in the policy text; undefined for policies that came as JSON. */
  readonly span: Span | undefined;
};
export type Outcome = Value | Failure;

export const failure = (code: FailureCode, message: string, span?: Span): Failure => ({
  kind: 'failure',
  code,
  message,
  span,
});

export const isFailure = (outcome: unknown): outcome is Failure =>
  typeof outcome === 'object' && (outcome as Partial<Failure> | null)?.kind === 'failure';

export const entityValue = (type: string, id: string): EntityValue => ({
  kind: 'entity',
  type,
  id,
});
export const setValue = (elements: readonly Value[]): SetValue => ({
  kind: 'set',
  elements,
  index: undefined,
});

export type TypeName =
  | 'bool'
  | 'long'
  | 'string'
  | 'entity'
  | 'set'
  | 'record'
  | ExtensionValue['kind'];

/** The type of a value in Cedar's words. */
export const typeOf = (value: Value): TypeName => {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'long';
    case 'string':
      return 'string';
    default:
      return value.kind;
  }
};

export const isLong = (value: unknown): value is Long =>
  typeof value === 'number' || typeof value === 'bigint';
