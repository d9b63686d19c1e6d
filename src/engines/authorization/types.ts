/**
 * The vocabulary of authorization: entity references, values, requests, decisions. Nothing here
 * names Cedar's WebAssembly build; another evaluator can take its place behind these types.
 */

/**
 * A value in policies and entities, in Cedar's JSON notation (Cedar reference, "JSON format"):
 * `{__entity: {type, id}}` names an entity, `{__extn: {fn, arg}}` an extension value. Numbers are
 * 64-bit integers: a `number` must be a safe integer, a `bigint` may use the whole range.
 */
export type CedarValue =
  | string
  | boolean
  | number
  | bigint
  | readonly CedarValue[]
  | { readonly [key: string]: CedarValue };

/** Names one entity, for example `{type: 'User', id: 'alice'}`. */
export type EntityRef = { readonly type: string; readonly id: string };

/** A node of the entity graph: attributes, and parents that `in` climbs. */
export type Entity = {
  readonly uid: EntityRef;
  readonly attrs: Readonly<Record<string, CedarValue>>;
  readonly parents: readonly EntityRef[];
  readonly tags?: Readonly<Record<string, CedarValue>>;
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

/**
 * The answer. `deny` unless a permit matched and no forbid did. The obligations are those of the
 * policies that determined it: of permits on allow, of forbids on deny.
 */
export type Decision = {
  readonly decision: 'allow' | 'deny';
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
  readonly errors: readonly PolicyError[];
};

/** Text of one policy file; `file` appears in reasons and problems. */
export type PolicySource = { readonly file: string; readonly text: string };

/** What is wrong with a policy set, and where. `error` problems keep a set from being used. */
export type PolicyProblem = {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly policyId?: string;
  readonly file?: string;
  /** One-based. */
  readonly line?: number;
};

/** One explained policy: was it considered, did it match, and if not why not. */
export type PolicyExplanation = Reason & {
  readonly effect: 'permit' | 'forbid';
  readonly outcome: 'determining' | 'matched' | 'not-matched' | 'error' | 'out-of-scope';
  readonly why: string;
};

export type Explanation = {
  readonly decision: Decision;
  /** Every policy of the set, in source order. */
  readonly policies: readonly PolicyExplanation[];
};
