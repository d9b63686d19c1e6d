/**
 * A Cedar schema with every name resolved: what the validator, the entity reader and the request
 * check work on. Plain data; shared parts of types may be the same object.
 */
import type { EntityUid, Span } from '../ast.ts';

export type ExtensionName = 'ipaddr' | 'decimal' | 'datetime' | 'duration';

export type AttributeType = { readonly type: SchemaType; readonly required: boolean };
export type Attributes = ReadonlyMap<string, AttributeType>;

/** A type a schema can name. Records are closed: they have these attributes and no others. */
export type SchemaType =
  | { readonly kind: 'boolean' | 'long' | 'string' }
  | { readonly kind: 'set'; readonly element: SchemaType }
  | { readonly kind: 'record'; readonly attributes: Attributes }
  | { readonly kind: 'entity'; readonly name: string }
  | { readonly kind: 'extension'; readonly name: ExtensionName };

export type EntityTypeDefinition = {
  readonly name: string;
  readonly attributes: Attributes;
  readonly tags?: SchemaType;
  /** The only ids of an enumerated entity type. */
  readonly ids?: readonly string[];
  /** Types it may be a direct member of, as declared. */
  readonly memberOf: readonly string[];
  /** Types it may be a member of, over any number of steps; holds itself only when declared so. */
  readonly ancestors: ReadonlySet<string>;
  readonly span?: Span;
};

export type ActionDefinition = {
  readonly uid: EntityUid;
  readonly memberOf: readonly EntityUid[];
  /** Keys (`uidKey`) of all groups this action is in, never itself. */
  readonly ancestors: ReadonlySet<string>;
  readonly principals: readonly string[];
  readonly resources: readonly string[];
  readonly context: Attributes;
  readonly span?: Span;
};

export type Schema = {
  readonly entityTypes: ReadonlyMap<string, EntityTypeDefinition>;
  /** By `uidKey`. */
  readonly actions: ReadonlyMap<string, ActionDefinition>;
  /** Types of the actions: `Action`, `N::Action` … */
  readonly actionTypes: ReadonlySet<string>;
};

/** One key for an entity; two entities have the same key only when they are the same. */
export const uidKey = ({ type, id }: EntityUid): string => `${type}::${JSON.stringify(id)}`;

/** Whether a type name is one of actions: `Action` or `…::Action`. */
export const isActionType = (type: string): boolean =>
  type === 'Action' || type.endsWith('::Action');
