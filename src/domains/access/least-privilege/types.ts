/** The vocabulary of least privilege: what is looked at, what was used, what is proposed. */
import type { Entity, EntityRef, PolicySource } from '../../../engines/authorization/index.ts';
import type { Doubt, Example } from '../../../engines/policy-analysis/index.ts';
import type { AccessRequest } from '../types.ts';

/** A decision of the past. */
export type RecordedDecision = {
  /** Epoch milliseconds. */
  readonly timeMs: number;
  readonly request: AccessRequest;
  readonly before: 'allow' | 'deny';
};

/** Decisions in any order, each time from the start; undefined for one that tells too little. */
export type DecisionSource = () => AsyncIterable<RecordedDecision | undefined>;

export type PolicyFiles = {
  readonly files: readonly PolicySource[];
  /** Cedar schema as text. */
  readonly schema: string;
};

/** What is in force, and what was decided. */
export type Situation = PolicyFiles & {
  readonly entities: readonly Entity[];
  readonly decisions: DecisionSource;
  /** Epoch milliseconds; the end of the window. */
  readonly nowMs: number;
  /** Called every now and then with the number of decisions read. */
  readonly onProgress?: (examined: number) => void;
};

export type Count = { readonly count: number; readonly lastMs: number };

/** A policy with its place and how often it determined what is allowed (or, a forbid, denied). */
export type PolicyUse = {
  readonly policyId: string;
  readonly effect: 'permit' | 'forbid';
  readonly file: string;
  /** One-based. */
  readonly line: number;
  readonly uses: number;
  /** Null: never in the window. */
  readonly lastUsedMs: number | null;
  /** Left alone, by its annotation `@keep` or by option. */
  readonly kept: boolean;
};

export type Grant = { readonly action: string; readonly resource: EntityRef };

export type Membership = {
  readonly group: EntityRef;
  /** Some used access would be denied without it. */
  readonly needed: boolean;
};

export type PrincipalUse = {
  readonly principal: EntityRef;
  /** What some request could be allowed; a request counts once, whatever its context. */
  readonly granted: number;
  /** How much of it was used. */
  readonly used: number;
  /** What was granted and not used; the first 20. */
  readonly unused: readonly Grant[];
  readonly memberships: readonly Membership[];
};

/** Shares are between 0 and 1; null when nobody is granted anything. */
export type LeastPrivilegeKpi = {
  /** Principals that are granted something. */
  readonly principals: number;
  /** Those that used all they are granted. */
  readonly atLeastPrivilege: number;
  readonly share: number | null;
  readonly grants: number;
  readonly usedGrants: number;
  readonly usedShare: number | null;
};

/** How much of the record an answer rests on. */
export type Evidence = {
  readonly examined: number;
  /** Recorded decisions that carry too little. */
  readonly skipped: number;
  /** Epoch milliseconds of the oldest decision looked at; null for none. */
  readonly oldestMs: number | null;
  /** True when a bound was reached: then nothing is called unused that may have been used. */
  readonly truncated: boolean;
};

export type UnusedReport = {
  readonly evidence: Evidence;
  readonly policies: readonly PolicyUse[];
  readonly principals: readonly PrincipalUse[];
  readonly kpi: LeastPrivilegeKpi;
};

export type TightenOptions = {
  /** Fewer uses than this do not count as use; default 1. */
  readonly minUses?: number;
  /** What was used within this time counts whatever `minUses` says; milliseconds, default 0. */
  readonly keepMs?: number;
  /** Ids of policies to leave alone. */
  readonly keep?: readonly string[];
  /** Principals or resources named one by one at most; default 8. */
  readonly maxListed?: number;
};

export type ProposedChange = {
  readonly policyId: string;
  readonly file: string;
  readonly line: number;
  readonly kind: 'dropped' | 'narrowed';
  /** In words: what it was narrowed to. */
  readonly details: readonly string[];
};

export type Proof = {
  /** `refuted`: the counterexample is a request that the proposal allows and the set in force denies. */
  readonly verdict: 'strictly-smaller' | 'equivalent' | 'refuted' | 'unknown';
  /** Allowed today, denied by the proposal. */
  readonly difference?: Example;
  readonly counterexample?: Example;
  readonly doubts: readonly Doubt[];
};

/** A used access that the proposal denies: below the thresholds, or there is a defect. */
export type LostAccess = Pick<RecordedDecision, 'timeMs' | 'request'>;

export type Proposal = {
  readonly evidence: Evidence;
  readonly changes: readonly ProposedChange[];
  /** Policies that would have changed, had anybody else been able to replace policies then. */
  readonly leftAlone: readonly string[];
  readonly files: readonly PolicySource[];
  /** Unified diff of the files. */
  readonly diff: string;
  /** The recorded decisions asked again. */
  readonly replay: {
    readonly checked: number;
    readonly lost: number;
    readonly examples: readonly LostAccess[];
  };
  readonly proof: Proof;
};

export type RecordedChange = RecordedDecision & {
  readonly now: 'allow' | 'deny';
  readonly after: 'allow' | 'deny';
};

export type PolicyDiff = {
  readonly verdict: 'equivalent' | 'different' | 'unknown';
  /** One request for each kind of request in which something becomes allowed. */
  readonly becomesAllowed: readonly Example[];
  readonly becomesDenied: readonly Example[];
  readonly doubts: readonly Doubt[];
  /** Recorded decisions that the two sets answer differently; absent without a record. */
  readonly recorded?: {
    readonly evidence: Evidence;
    readonly changed: number;
    readonly examples: readonly RecordedChange[];
  };
};
