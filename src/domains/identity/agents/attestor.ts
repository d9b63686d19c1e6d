/**
 * The seam of node attestation: whoever can tell one kind of node from another is a `NodeAttestor`.
 * Attestors judge evidence; what becomes of their verdict (records, SVIDs, bans) is decided here.
 */
import type { KeyObject } from 'node:crypto';
import type { Refusal } from '../../../kernel/errors.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';

export type AttestationContext = {
  /** Epoch milliseconds by the guarded clock. */
  readonly nowMs: number;
  /** The node's answer to an earlier challenge. */
  readonly challengeResponse?: JsonObject;
  /** Key of the certificate request, its possession proven: evidence may be bound to it. */
  readonly publicKey: KeyObject;
  /** Address of the caller, for records only. */
  readonly peer: string;
};

/** What an attestor found out. */
export type NodeVerdict = {
  /** Path below the attestor's name in the agent's SPIFFE ID: segments of `A-Z a-z 0-9 . - _`. */
  readonly nodeId: string;
  /** `type:value`, each at most 512 characters. */
  readonly selectors: readonly string[];
  /**
   * False when the evidence could be shown again by whoever saw it once: the node's id is then
   * admitted only the first time.
   */
  readonly reattestable: boolean;
  /**
   * Runs once everything else has succeeded and before anything is handed out: uses up one-time
   * evidence. A refusal ends the attestation.
   */
  readonly consume?: () => Promise<Refusal | undefined>;
};

export type NodeChallenge = { readonly challenge: JsonObject };

export type NodeAttestor = {
  /** Must not throw; a rejection counts as unavailable evidence (503). */
  readonly attest: (
    evidence: JsonObject,
    context: AttestationContext,
  ) => Promise<NodeVerdict | NodeChallenge | Refusal>;
};

/** By the name that stands in requests and in the agent's SPIFFE ID, for example `x509pop`. */
export type NodeAttestors = ReadonlyMap<string, NodeAttestor>;
