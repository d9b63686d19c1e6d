/** The words of registration: entries, the nodes they are for, and what agents hear of them. */
import type { Refusal } from '../../../kernel/errors.ts';
import type { PrincipalId, SpiffeId, TrustDomain } from '../../../kernel/ids.ts';
import type { Actor } from '../types.ts';

/** For whom an entry is: one agent, or every agent whose node has all these selectors. */
export type EntryParent =
  | { readonly kind: 'agent'; readonly agentId: SpiffeId }
  | { readonly kind: 'nodes'; readonly selectors: readonly string[] };

/** Which workloads get which SPIFFE ID, and where. */
export type RegistrationEntry = {
  readonly id: string;
  readonly spiffeId: SpiffeId;
  readonly parent: EntryParent;
  /** A workload has the identity when it shows all of these. Sorted, distinct. */
  readonly selectors: readonly string[];
  readonly x509TtlSeconds: number;
  readonly jwtTtlSeconds: number;
  readonly dnsNames: readonly string[];
  readonly federatesWith: readonly TrustDomain[];
  /** Empty for none. */
  readonly hint: string;
  /** A group: this many workloads at once, each with its own segment below `spiffeId`. */
  readonly instances?: number;
  /** Whom policies see. */
  readonly principal: PrincipalId;
  /** Epoch milliseconds; nothing is issued from then on. */
  readonly expiresAtMs?: number;
  /** 1, 2, 3 … with every change of the entry. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

export type NewEntry = {
  /** In the own trust domain, with a path. */
  readonly spiffeId: SpiffeId;
  readonly parent: EntryParent;
  readonly selectors: readonly string[];
  /** 3600 when absent, which is also the most. */
  readonly x509TtlSeconds?: number;
  /** 300 when absent, 3600 at most. */
  readonly jwtTtlSeconds?: number;
  readonly dnsNames?: readonly string[];
  readonly federatesWith?: readonly TrustDomain[];
  readonly hint?: string;
  /** 1 to 100,000 makes the entry a group. */
  readonly instances?: number;
  readonly expiresAtMs?: number;
  /** For the principal, when the entry has to create one. */
  readonly roles?: readonly string[];
  readonly teams?: readonly string[];
};

/** What may change later: everything but the SPIFFE ID and its kind (group or not). */
export type EntryUpdate = Partial<
  Omit<NewEntry, 'spiffeId' | 'instances' | 'expiresAtMs' | 'roles' | 'teams'>
> & {
  readonly instances?: number;
  /** `null` takes the end away. */
  readonly expiresAtMs?: number | null;
  /** Refused with E_ENTRY_CONFLICT when the entry is not at this version. */
  readonly expectedVersion?: number;
};

export type EntryFilter = {
  readonly limit?: number;
  /** Only entries after this id. */
  readonly after?: string;
  readonly spiffeId?: SpiffeId;
  readonly agentId?: SpiffeId;
  /** Only groups, or only entries that are none. */
  readonly groups?: boolean;
};

export type EntryPage = { readonly entries: readonly RegistrationEntry[]; readonly next?: string };

/** Registration, for administrators. */
export type Entries = {
  /**
   * E_ENTRY_EXISTS when the same selectors already have this identity there. The SPIFFE ID's
   * principal is found, or created as a Service; instances of a group are that principal too.
   */
  readonly create: (actor: Actor, entry: NewEntry) => Promise<RegistrationEntry | Refusal>;
  readonly update: (
    actor: Actor,
    id: string,
    update: EntryUpdate,
  ) => Promise<RegistrationEntry | Refusal>;
  /** Ends issuing. SVIDs already issued run out; `revocations.revoke` ends them at once. */
  readonly remove: (actor: Actor, id: string) => Promise<RegistrationEntry | Refusal>;
  readonly get: (id: string) => RegistrationEntry | Refusal;
  /** Ordered by id; at most 1,000 a page. */
  readonly list: (filter?: EntryFilter) => Promise<EntryPage>;
  /** Number of entries in force here. */
  readonly size: () => number;
};

/** An entry as agents see it. */
export type AgentEntry = {
  readonly id: string;
  readonly spiffeId: SpiffeId;
  readonly selectors: readonly string[];
  readonly x509TtlSeconds: number;
  readonly jwtTtlSeconds: number;
  readonly dnsNames: readonly string[];
  readonly federatesWith: readonly TrustDomain[];
  readonly hint: string;
  /** The entry's version. */
  readonly revision: number;
  readonly group?: { readonly instances: number };
};

export const toAgentEntry = (entry: RegistrationEntry): AgentEntry => ({
  id: entry.id,
  spiffeId: entry.spiffeId,
  selectors: entry.selectors,
  x509TtlSeconds: entry.x509TtlSeconds,
  jwtTtlSeconds: entry.jwtTtlSeconds,
  dnsNames: entry.dnsNames,
  federatesWith: entry.federatesWith,
  hint: entry.hint,
  revision: entry.version,
  ...(entry.instances === undefined ? {} : { group: { instances: entry.instances } }),
});
