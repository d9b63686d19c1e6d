/**
 * What the rest of Sallyport sees of access: the request, the decision and the `Access` object.
 * `decide` is synchronous and never throws; whatever cannot be decided is denied.
 */
import type {
  CedarValue,
  Decision,
  Entity,
  EntityRef,
  Explanation,
  PolicyProblem,
  PolicySource,
} from '../../engines/authorization/index.ts';
import type { Refusal } from '../../kernel/errors.ts';

/** One question. `action` is the id of an `Action` entity, for example `infer` or `token:create`. */
export type AccessRequest = {
  readonly principal: EntityRef;
  readonly action: string;
  readonly resource: EntityRef;
  /** Facts about the call; attributes as in `content/policies/schema.cedarschema`. */
  readonly context: Readonly<Record<string, CedarValue>>;
  /**
   * What the asker says about principal and resource. What the entity graph knows wins. Such
   * questions are not cached, and may use the short notations of the schema (`"10.0.0.1"` for an
   * ipaddr, `{type, id}` for an entity) in claims and context.
   */
  readonly claims?: {
    readonly principal?: Entity['attrs'];
    readonly resource?: Entity['attrs'];
  };
};

/** The control plane itself, resource of all `system:*`, `policy:*`, `ledger:*` actions. */
export type SystemEntityRef = { readonly type: 'System'; readonly id: 'sallyport' };

/** Where the policies in force came from and which version they are. */
export type PolicySetInfo = {
  readonly source: 'default' | 'directory' | 'database';
  readonly version: number;
  /** `sha256:…` over the canonical form of files and schema. */
  readonly digest: string;
  readonly files: readonly PolicySource[];
  readonly schema: string;
  readonly policyIds: readonly string[];
  /** Why every request is denied, when the set is invalid (E_POLICY_INVALID). */
  readonly problems: readonly PolicyProblem[];
};

/** A set that is not in force. */
export type CandidatePolicies = {
  readonly files: readonly PolicySource[];
  /** Cedar schema as text; the one in force when absent. */
  readonly schema?: string;
};

export type ReplacePolicies = CandidatePolicies & {
  /** Who replaces; recorded in the ledger. */
  readonly actor: EntityRef;
  /** Refuse with E_POLICY_CONFLICT unless the version in force is still this one. */
  readonly expectedVersion?: number;
};

export type ReplayRequest = {
  readonly candidate: CandidatePolicies;
  /** Epoch milliseconds; decisions recorded from here on are replayed. */
  readonly fromMs: number;
  /** At most this many recorded decisions, newest first; default 100,000. */
  readonly limit?: number;
};

/** A recorded decision that the candidate set would answer differently. */
export type ReplayChange = {
  readonly ledgerIndex: number;
  readonly timeMs: number;
  readonly request: AccessRequest;
  readonly before: Decision['decision'];
  /** What the set in force would answer today; differs from `before` when entities changed. */
  readonly now: Decision['decision'];
  readonly after: Decision;
};

export type ReplayReport = {
  readonly examined: number;
  readonly unchanged: number;
  /** Recorded decisions that carry too little to be replayed. */
  readonly skipped: number;
  /** True when `limit` cut the window short. */
  readonly truncated: boolean;
  readonly changes: readonly ReplayChange[];
};

export type AccessPolicies = {
  /** The set in force. */
  readonly list: () => PolicySetInfo;
  /** Problems of a candidate set against the schema in force; empty of errors means replaceable. */
  readonly validate: (candidate: CandidatePolicies) => readonly PolicyProblem[];
  /**
   * Puts a new set in force, after a decisive ledger event with both digests. Refused with
   * E_POLICY_INVALID when validation finds errors; the old set then stays.
   */
  readonly replace: (candidate: ReplacePolicies) => Promise<PolicySetInfo | Refusal>;
};

export type ListEntities = {
  readonly type?: string;
  /** At most this many, ordered by type and id; default 1,000. */
  readonly limit?: number;
  /** Only entities after this one. */
  readonly after?: EntityRef;
};

/** An entity, or only the type of one. */
type OpenRef = EntityRef | { readonly type: string };

/** A question with one open place; what stands there is ignored but for its type. */
export type AccessSearch = {
  readonly find: 'principal' | 'action' | 'resource';
  readonly principal: OpenRef;
  readonly action?: string;
  readonly resource: OpenRef;
  readonly context: AccessRequest['context'];
  readonly claims?: NonNullable<AccessRequest['claims']>;
  /** Answers wanted at most. */
  readonly limit: number;
  /** The `next` of the answer before. */
  readonly after?: string;
};

export type AccessSearchAnswer = {
  /** Ids in order, each with the decision that allows it. */
  readonly found: readonly { readonly id: string; readonly decision: Decision }[];
  /** There may be more behind this id. */
  readonly next?: string;
};

/** What changed; listeners run synchronously after the change is in force. */
export type AccessChange =
  | { readonly kind: 'entities'; readonly revision: number; readonly changed: readonly EntityRef[] }
  | { readonly kind: 'policies'; readonly revision: number };

export type Access = {
  /** Decides now, from memory. Never throws; closed by default. */
  readonly decide: (request: AccessRequest) => Decision;
  /** Finds what could stand in the open place; empty for types and ids nobody knows. */
  readonly search: (search: AccessSearch) => AccessSearchAnswer;
  /** As `decide`, with a word about every policy. Not for hot paths. */
  readonly explain: (request: AccessRequest) => Explanation;
  /**
   * Creates or replaces an entity. In force here on return, on other replicas within 1 s. Refused
   * with E_ENTITY_INVALID when it does not fit the schema or would be its own ancestor.
   */
  readonly putEntity: (entity: Entity) => Promise<void | Refusal>;
  /** True when it existed. */
  readonly removeEntity: (uid: EntityRef) => Promise<boolean>;
  readonly getEntity: (uid: EntityRef) => Entity | undefined;
  readonly listEntities: (filter?: ListEntities) => readonly Entity[];
  /** True when `child` is `ancestor` or reaches it through parents. */
  readonly isIn: (child: EntityRef, ancestor: EntityRef) => boolean;
  readonly policies: AccessPolicies;
  readonly replay: (request: ReplayRequest) => Promise<ReplayReport | Refusal>;
  /** Returns the function that removes the listener. */
  readonly onChange: (listener: (change: AccessChange) => void) => () => void;
  /** Grows with every entity or policy change seen by this process. */
  readonly revision: () => number;
  /** Reads changes of other replicas now instead of at the next poll. */
  readonly refresh: () => Promise<void>;
  readonly close: () => Promise<void>;
};
