/**
 * A schema as it was written, in either notation: names not yet resolved. Both readers make it, the
 * resolver and both writers take it.
 */
import type { Span } from '../ast.ts';

export type Annotations = ReadonlyMap<string, string>;
export type Reference = { readonly name: string; readonly span?: Span };

export type RawType =
  /** A name; `as` tells what it may stand for. */
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly as: 'entity' | 'common' | 'either';
      readonly span?: Span;
    }
  | { readonly kind: 'primitive'; readonly name: 'Long' | 'String' | 'Boolean' }
  | { readonly kind: 'extension'; readonly name: string }
  | { readonly kind: 'set'; readonly element: RawType; readonly span?: Span }
  | {
      readonly kind: 'record';
      readonly attributes: ReadonlyMap<string, RawAttribute>;
      readonly span?: Span;
    };

export type RawAttribute = {
  readonly type: RawType;
  readonly required: boolean;
  readonly annotations: Annotations;
};

type Declared = { readonly annotations: Annotations; readonly span?: Span };
export type RawCommonType = Declared & { readonly type: RawType };
export type RawEntityType = Declared & {
  readonly memberOf: readonly Reference[];
  readonly shape?: RawType;
  readonly tags?: RawType;
  /** Present for enumerated entity types, which have nothing else. */
  readonly ids?: readonly string[];
};
export type RawActionParent = { readonly type?: string; readonly id: string; readonly span?: Span };
export type RawAppliesTo = {
  readonly principals: readonly Reference[];
  readonly resources: readonly Reference[];
  readonly context?: RawType;
};
export type RawAction = Declared & {
  readonly memberOf: readonly RawActionParent[];
  readonly appliesTo?: RawAppliesTo;
};

export type RawNamespace = Declared & {
  readonly commonTypes: ReadonlyMap<string, RawCommonType>;
  readonly entityTypes: ReadonlyMap<string, RawEntityType>;
  readonly actions: ReadonlyMap<string, RawAction>;
};

/** By name; `''` is the unnamed namespace. */
export type SchemaFragment = ReadonlyMap<string, RawNamespace>;
