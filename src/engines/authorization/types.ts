/**
 * The vocabulary of authorization: entity references, values, requests, decisions. Nothing here
 * names Cedar's WebAssembly build; another evaluator can take its place behind these types.
 */

/** A value in policies and entities, in Cedar's JSON notation (Cedar reference, "JSON format"). */
export type CedarValue =
  | string
  | boolean
  | number
  | readonly CedarValue[]
  | { readonly [key: string]: CedarValue };

/** Names one entity, for example `{type: 'User', id: 'alice'}`. */
export type EntityRef = { readonly type: string; readonly id: string };

/** A node of the entity graph: attributes, and parents that `in` climbs. */
export type Entity = {
  readonly uid: EntityRef;
  readonly attrs: Readonly<Record<string, CedarValue>>;
  readonly parents: readonly EntityRef[];
};

/** What is asked of a policy set. */
export type PolicyRequest = {
  readonly principal: EntityRef;
  readonly action: EntityRef;
  readonly resource: EntityRef;
  readonly context: Readonly<Record<string, CedarValue>>;
};

/** A policy that determined the decision, with its place in the source when there is one. */
export type Reason = {
  readonly policyId: string;
  readonly file?: string;
  /** One-based. */
  readonly line?: number;
};

/** One duty a permit imposes: `round_scores:2` is `{name: 'round_scores', argument: '2'}`. */
export type Obligation = { readonly name: string; readonly argument?: string };

/** A policy that could not be evaluated, or (with an empty id) a request that could not. */
export type PolicyError = { readonly policyId: string; readonly message: string };

/** The answer. `deny` unless a permit matched and no forbid did. */
export type Decision = {
  readonly decision: 'allow' | 'deny';
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
  readonly errors: readonly PolicyError[];
};
