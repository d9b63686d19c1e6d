/** The words of agents: attestation, what is issued through them, and what they are told. */
import type { Refusal } from '../../../kernel/errors.ts';
import type { SpiffeId, TrustDomain } from '../../../kernel/ids.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import type { Secret } from '../../../kernel/secret.ts';
import type { AgentEntry } from '../entries/types.ts';
import type { Actor, Bundle } from '../types.ts';

/** `evicted` may attest again; `banned` may not until the ban is lifted. */
export type AgentStatus = 'active' | 'evicted' | 'banned';

export type AgentRecord = {
  /** `spiffe://<trust domain>/sallyport/agent/<attestor>/<node id>` */
  readonly id: SpiffeId;
  readonly attestor: string;
  readonly nodeId: string;
  readonly selectors: readonly string[];
  readonly attestedAtMs: number;
  /** To the minute. */
  readonly lastSeenAtMs: number;
  /** Of its newest SVID. */
  readonly credentialId: string;
  readonly expiresAtMs: number;
  readonly isReattestable: boolean;
  readonly status: AgentStatus;
};

/** An agent that proved itself with its SVID just now. */
export type AttestedAgent = {
  readonly agentId: SpiffeId;
  readonly selectors: ReadonlySet<string>;
  readonly credentialId: string;
  readonly expiresAtMs: number;
  /** For events of what it does. */
  readonly actor: Actor;
};

export type Attestation = {
  readonly attestor: string;
  readonly evidence: JsonObject;
  /** DER certificate request with proof of possession. */
  readonly csr: Uint8Array;
  readonly challengeResponse?: JsonObject;
  readonly peer?: string;
};

export type AgentSvid = {
  readonly agentId: SpiffeId;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly credentialId: string;
  readonly expiresAtMs: number;
  readonly isReattestable: boolean;
};

export type AgentJoinToken = {
  readonly id: string;
  readonly token: Secret;
  readonly agentId: SpiffeId;
  readonly expiresAtMs: number;
};

export type SvidRequest = {
  readonly entryId: string;
  /** DER certificate request with proof of possession; its names are ignored. */
  readonly csr: Uint8Array;
  /** For groups: the worker's own segment. */
  readonly instance?: string;
};

export type IssuedSvid = {
  readonly spiffeId: SpiffeId;
  readonly chain: readonly Uint8Array[];
  readonly credentialId: string;
  readonly expiresAtMs: number;
};

/** One for each request, in the order of the requests. */
export type SvidAnswer = { readonly entryId: string } & (IssuedSvid | { readonly error: Refusal });

export type TokenRequest = {
  readonly entryId: string;
  readonly audience: readonly string[];
  readonly instance?: string;
};

export type WitRequest = {
  readonly entryId: string;
  readonly publicJwk: JsonObject;
  readonly instance?: string;
};

export type IssuedToken = {
  readonly token: Secret;
  readonly credentialId: string;
  readonly expiresAtMs: number;
};

export type TrustDomainBundle = {
  readonly trustDomain: TrustDomain;
  readonly jwks: Bundle | JsonObject;
};

/** What an agent hears; `revision` grows with every change of identity state. */
export type AgentNews =
  | {
      readonly type: 'state';
      readonly revision: number;
      readonly entries: readonly AgentEntry[];
      readonly bundles: readonly TrustDomainBundle[];
      /** DER, all that are in force. */
      readonly crls: readonly Uint8Array[];
      /** Key identifiers (hex) of authorities whose leaves are to be replaced now. */
      readonly tainted: readonly string[];
      /** The lease: knowledge older than this is stale. */
      readonly ttlMs: number;
    }
  | {
      readonly type: 'change';
      readonly revision: number;
      readonly entries: readonly AgentEntry[];
      readonly removed: readonly string[];
      /** Each a full replacement when present. */
      readonly bundles?: readonly TrustDomainBundle[];
      readonly crls?: readonly Uint8Array[];
      readonly tainted?: readonly string[];
    }
  | { readonly type: 'alive'; readonly revision: number; readonly timeMs: number }
  /** The agent is no agent any more; nothing follows. */
  | { readonly type: 'end'; readonly reason: string };

export type Subscription = { readonly close: () => void };

export type AgentFilter = { readonly limit?: number; readonly after?: string };
export type AgentPage = { readonly agents: readonly AgentRecord[]; readonly next?: string };

/** Nodes and what is issued through them. */
export type Agents = {
  /** Proves a node and gives its agent an SVID; or a challenge to answer first. */
  readonly attest: (
    attestation: Attestation,
  ) => Promise<AgentSvid | { readonly challenge: JsonObject } | Refusal>;
  /** A token for one attestation of the node of this name. */
  readonly createJoinToken: (
    actor: Actor,
    wish: { readonly node?: string; readonly ttlSeconds?: number },
  ) => Promise<AgentJoinToken | Refusal>;
  /**
   * Verifies the client certificate of an agent that is in force. Never throws.
   *
   * @param chain DER, leaf first; possession was proven by TLS
   */
  readonly authenticate: (
    chain: readonly Uint8Array[],
    caller?: { readonly peer?: string; readonly requestId?: string },
  ) => AttestedAgent | Refusal;
  /** A new SVID for a new key. */
  readonly renew: (agent: AttestedAgent, csr: Uint8Array) => Promise<AgentSvid | Refusal>;
  /** Full state at once, then changes as they are committed. Closes by itself when evicted. */
  readonly subscribe: (agent: AttestedAgent, listener: (news: AgentNews) => void) => Subscription;
  /** At most 500 at once; each is answered by itself. */
  readonly issueX509Svids: (
    agent: AttestedAgent,
    requests: readonly SvidRequest[],
  ) => Promise<readonly SvidAnswer[] | Refusal>;
  readonly issueJwtSvid: (
    agent: AttestedAgent,
    request: TokenRequest,
  ) => Promise<IssuedToken | Refusal>;
  readonly issueWitSvid: (
    agent: AttestedAgent,
    request: WitRequest,
  ) => Promise<IssuedToken | Refusal>;
  /** Ordered by id; at most 1,000 a page. */
  readonly list: (filter?: AgentFilter) => Promise<AgentPage>;
  /** Lifts a ban, or lets an evicted agent's SVID stay refused; the node may attest again. */
  readonly readmit: (actor: Actor, id: SpiffeId) => Promise<AgentRecord | Refusal>;
  /** Own bundle and those of federated trust domains, as agents get them. */
  readonly connected: () => number;
};
