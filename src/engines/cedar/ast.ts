/**
 * The syntax tree of Cedar policies: what the parsers of both notations make, and what the
 * validator, the evaluator and the printers read. Plain data; positions are UTF-16 offsets.
 */

/** Half-open range in the policy text. Absent for policies that came as JSON. */
export type Span = { readonly start: number; readonly end: number };

export type EntityUid = { readonly type: string; readonly id: string };
export type Variable = 'principal' | 'action' | 'resource' | 'context';
export type Slot = '?principal' | '?resource';

export type BinaryOperator =
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | 'in'
  | 'contains'
  | 'containsAll'
  | 'containsAny'
  | 'getTag'
  | 'hasTag';

/** One piece of a `like` pattern: text that must stand there, or `*`. */
export type PatternPart = { readonly literal: string } | 'wildcard';

type Node<Kind extends string, Fields> = {
  readonly kind: Kind;
  readonly span?: Span;
} & Readonly<Fields>;

export type Expr =
  | Node<'bool', { value: boolean }>
  | Node<'long', { value: bigint }>
  | Node<'string', { value: string }>
  | Node<'entity', { uid: EntityUid }>
  | Node<'variable', { name: Variable }>
  | Node<'slot', { slot: Slot }>
  | Node<'if', { condition: Expr; then: Expr; otherwise: Expr }>
  | Node<'and' | 'or', { left: Expr; right: Expr }>
  | Node<'not' | 'negate' | 'isEmpty', { operand: Expr }>
  | Node<'binary', { operator: BinaryOperator; left: Expr; right: Expr }>
  | Node<'like', { operand: Expr; pattern: readonly PatternPart[] }>
  | Node<'is', { operand: Expr; entityType: string; in?: Expr }>
  | Node<'has', { operand: Expr; path: readonly [string, ...string[]] }>
  | Node<'get', { operand: Expr; attribute: string }>
  | Node<'set', { elements: readonly Expr[] }>
  | Node<'record', { entries: readonly { readonly key: string; readonly value: Expr }[] }>
  /** An extension function or method by its name: `decimal`, `isInRange`, `offset` … receiver first. */
  | Node<'call', { name: string; args: readonly Expr[] }>;

export type ScopeTarget = EntityUid | { readonly slot: Slot };
export type ScopeConstraint =
  | { readonly kind: 'any' }
  | { readonly kind: '=='; readonly entity: ScopeTarget }
  | { readonly kind: 'in'; readonly entity: ScopeTarget }
  | { readonly kind: 'is'; readonly entityType: string; readonly in?: ScopeTarget };
export type ActionConstraint =
  | { readonly kind: 'any' }
  | { readonly kind: '=='; readonly entity: EntityUid }
  | { readonly kind: 'in'; readonly entities: readonly EntityUid[]; readonly isList: boolean };

export type Condition = { readonly kind: 'when' | 'unless'; readonly body: Expr };

/** A policy or a template (it has a slot in its scope). */
export type PolicyNode = {
  readonly effect: 'permit' | 'forbid';
  readonly principal: ScopeConstraint;
  readonly action: ActionConstraint;
  readonly resource: ScopeConstraint;
  readonly conditions: readonly Condition[];
  /** In source order; an annotation without a value has `''`. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly span?: Span;
};
