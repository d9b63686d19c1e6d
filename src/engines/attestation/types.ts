/** What every verifier of node evidence takes and gives. Types only. */
import type { JsonValue } from '../../kernel/json-value.ts';

/** A node whose evidence holds. */
export type AttestedNode = {
  /** One or more path segments of `A-Z a-z 0-9 . - _`; the same node always gives the same. */
  readonly nodeId: string;
  /** `type:value`, sorted, without duplicates. */
  readonly selectors: readonly string[];
  /**
   * False when the evidence could be shown again by whoever saw it once: the caller then admits a
   * node id only the first time.
   */
  readonly reattestable: boolean;
};

export type AttestationTime = { readonly nowMs: number };

/** Evidence as it came off the wire; verifiers are total on all of it. */
export type Evidence = JsonValue;
