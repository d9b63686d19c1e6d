/** The words between agent and server (seam 2) and inside the agent. Types only. */
import type { KeyObject } from 'node:crypto';
import type { Clock, Random } from '../../kernel/effects.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { SpiffeId, TrustDomain } from '../../kernel/ids.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import type { Secret } from '../../kernel/secret.ts';

/** A registration entry as the server tells its agents. */
export type AgentEntry = {
  readonly id: string;
  readonly spiffeId: SpiffeId;
  /** A workload has the identity when it shows all of these. */
  readonly selectors: readonly string[];
  readonly x509TtlSeconds: number;
  readonly jwtTtlSeconds: number;
  readonly federatesWith: readonly TrustDomain[];
  readonly hint: string;
  /** Grows with every change of the entry. */
  readonly revision: number;
  /** Each worker has its own segment below `spiffeId`. */
  readonly isGroup: boolean;
};

export type BundleNews = { readonly trustDomain: TrustDomain; readonly jwks: JsonObject };

type Facts = {
  /** Each a full replacement. */
  readonly bundles?: readonly BundleNews[];
  readonly crls?: readonly Uint8Array[];
  /** Key identifiers (hex) of authorities whose leaves are to be replaced now. */
  readonly tainted?: readonly string[];
};

export type News =
  | (Facts & {
      readonly type: 'state';
      readonly revision: number;
      readonly entries: readonly AgentEntry[];
      readonly ttlMs: number;
    })
  | (Facts & {
      readonly type: 'change';
      readonly revision: number;
      readonly entries: readonly AgentEntry[];
      readonly removed: readonly string[];
    })
  | { readonly type: 'alive'; readonly revision: number; readonly timeMs: number }
  | { readonly type: 'end'; readonly reason: string };

export type SvidRequest = {
  readonly entryId: string;
  readonly csr: Uint8Array;
  readonly instance?: string;
};

export type SvidAnswer =
  | { readonly chain: readonly Uint8Array[]; readonly expiresAtMs: number }
  | Refusal;

export type TokenAnswer = { readonly token: Secret; readonly expiresAtMs: number };

export type AttestRequest = {
  readonly attestor: string;
  readonly evidence: JsonObject;
  readonly csr: Uint8Array;
  readonly challengeResponse?: JsonObject;
};

/** What the server hands out to a node that proved itself, or renewed. */
export type AgentCredentials = {
  readonly agentId: SpiffeId;
  readonly chain: readonly Uint8Array[];
  readonly bundle: JsonObject;
  readonly isReattestable: boolean;
};

export type AttestAnswer =
  | ({ readonly kind: 'credentials' } & AgentCredentials)
  | { readonly kind: 'challenge'; readonly challenge: JsonObject };

/** The server as the agent sees it. Nothing here throws for what a network does. */
export type ServerApi = {
  readonly attest: (request: AttestRequest) => Promise<AttestAnswer | Refusal>;
  readonly renew: (csr: Uint8Array) => Promise<Omit<AgentCredentials, 'isReattestable'> | Refusal>;
  /** One answer for each request, in their order; at most 500. */
  readonly issueSvids: (
    requests: readonly SvidRequest[],
  ) => Promise<readonly SvidAnswer[] | Refusal>;
  readonly issueJwt: (request: {
    readonly entryId: string;
    readonly audience: readonly string[];
    readonly instance?: string;
  }) => Promise<TokenAnswer | Refusal>;
  readonly issueWit: (request: {
    readonly entryId: string;
    readonly publicJwk: JsonObject;
    readonly instance?: string;
  }) => Promise<TokenAnswer | Refusal>;
  /** Tells news until the connection ends; resolves with the reason. */
  readonly listen: (
    revision: number,
    onNews: (news: News) => void,
    signal: AbortSignal,
  ) => Promise<Refusal>;
  readonly close: () => Promise<void>;
};

/** The agent's own SVID, with the key it was made for. */
export type OwnIdentity = {
  readonly agentId: SpiffeId;
  readonly chain: readonly Uint8Array[];
  readonly privateKey: KeyObject;
  readonly expiresAtMs: number;
  readonly notBeforeMs: number;
};

export type Effects = {
  readonly clock: Clock;
  readonly random: Random;
  /** Resolves after the time, or as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Calls again and again; returns the way to stop. */
  readonly every: (ms: number, work: () => void) => () => void;
};
