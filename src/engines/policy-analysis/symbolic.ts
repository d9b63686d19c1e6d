/** Values that are not known yet: what an expression stands for in terms of a solver. */
import type { EntityUid, SchemaType, Span } from '../cedar/index.ts';
import type { Term } from './smt.ts';

type Scalar = { readonly kind: 'boolean' | 'long' | 'string'; readonly term: Term };
type Measure = { readonly kind: 'decimal' | 'datetime' | 'duration'; readonly term: Term };
/** Ids are numbers: entities compare by equality only. */
export type EntitySymbol = { readonly kind: 'entity'; readonly type: string; readonly term: Term };
export type IpSymbol = {
  readonly kind: 'ipaddr';
  readonly v4: Term;
  readonly address: Term;
  readonly prefix: Term;
  readonly first: Term;
  readonly last: Term;
};
export type Field = { readonly present: Term; readonly value: () => Symbolic };
export type RecordSymbol = {
  readonly kind: 'record';
  readonly names: readonly string[];
  readonly field: (name: string) => Field | undefined;
};
export type SetSymbol = {
  readonly kind: 'set';
  /** What all elements are, written as `typeKey` writes it; undefined when nothing is known. */
  readonly element: SchemaType | undefined;
  /** All of them, when they are known one by one. */
  readonly elements?: readonly Symbolic[];
  /** Membership of a value of the element type. */
  readonly has: (value: Symbolic) => Term;
};
export type Symbolic =
  | Scalar
  | Measure
  | EntitySymbol
  | IpSymbol
  | RecordSymbol
  | SetSymbol
  /** An action: always a certain one. */
  | { readonly kind: 'action'; readonly uid: EntityUid };

/** When evaluation fails, and what it comes to otherwise; no value when it always fails. */
export type Outcome = { readonly fails: Term; readonly value: Symbolic | undefined };

export const certain = (value: Symbolic): Outcome => ({ fails: 'false', value });
export const failed: Outcome = Object.freeze({ fails: 'true', value: undefined });
export const booleanOf = (term: Term): Symbolic => ({ kind: 'boolean', term });

/** Something that has no encoding: the answer about it is "unknown", never a guess. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
  readonly span: Span | undefined;

  constructor(reason: string, span?: Span) {
    super(reason);
    this.span = span;
  }
}

/** One text per type; equal texts for equal types. */
export const typeKey = (type: SchemaType): string => {
  switch (type.kind) {
    case 'set':
      return `set<${typeKey(type.element)}>`;
    case 'record':
      return `{${[...type.attributes].map(([name, { type: inner, required }]) => `${JSON.stringify(name)}${required ? '' : '?'}:${typeKey(inner)}`).join()}}`;
    case 'entity':
      return `entity ${type.name}`;
    case 'extension':
      return type.name;
    default:
      return type.kind;
  }
};

/** The type of a value that can be an element; undefined for sets and records. */
export const scalarType = (value: Symbolic): SchemaType | undefined => {
  switch (value.kind) {
    case 'boolean':
    case 'long':
    case 'string':
      return { kind: value.kind };
    case 'entity':
      return { kind: 'entity', name: value.type };
    case 'action':
      return { kind: 'entity', name: value.uid.type };
    case 'set':
    case 'record':
      return undefined;
    default:
      return { kind: 'extension', name: value.kind };
  }
};

/** The terms that make a scalar what it is. */
export const termsOf = (value: Symbolic): readonly Term[] => {
  switch (value.kind) {
    case 'ipaddr':
      return [value.v4, value.address, value.prefix, value.first, value.last];
    case 'set':
    case 'record':
      throw new Unsupported(`a ${value.kind} inside a set`);
    case 'action':
      throw new Unsupported('an action inside a set');
    default:
      return [value.term];
  }
};
