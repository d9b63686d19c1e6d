/** Messages between the writer's thread, its producers and the ledger that controls it. */
import type { MessagePort } from 'node:worker_threads';
import type { LedgerState } from '../types.ts';

/** Frames without checksums, back to back; the buffer is transferred. */
export type BatchMessage = {
  readonly id: number;
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
};

/** The batch is durable and begins at this index. */
export type AckMessage = { readonly id: number; readonly first: number };
/** Nothing of the batch was acknowledged. */
export type RejectMessage = {
  readonly id: number;
  readonly code: 'unavailable' | 'invalid';
  readonly reason: string;
};
export type ProducerReply = AckMessage | RejectMessage;

/** Signature lines for the checkpoint of a size, if this is its text. */
export type CosignRequest = {
  readonly size: number;
  readonly note: string;
  readonly lines: string;
};

export type ControlCall =
  | { readonly call: 'publish' }
  | { readonly call: 'read'; readonly from: number; readonly count: number }
  | ({ readonly call: 'cosign' } & CosignRequest)
  | { readonly call: 'producer'; readonly port: MessagePort }
  | { readonly call: 'close' };

export type ControlRequest = { readonly id: number; readonly request: ControlCall };
export type ControlReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

/** What the writer says unasked. */
export type Notice =
  | { readonly notice: 'opened'; readonly opened: OpenedFacts }
  | { readonly notice: 'failed'; readonly code: 'corrupt' | 'unavailable'; readonly reason: string }
  | { readonly notice: 'grown' }
  | { readonly notice: 'state'; readonly state: LedgerState; readonly reason: string };

export type OpenedFacts = {
  readonly size: number;
  /** Published size when opened. */
  readonly publishedSize: number;
  /** Entries brought back from the write-ahead log. */
  readonly replayed: number;
  readonly tornBytes: number;
  readonly vkeys: readonly string[];
};

export type PublishedText = { readonly size: number; readonly text: string };

/** Plain settings; they cross threads. */
export type WriterSettings = {
  readonly directory: string;
  readonly commitWindowMs: number;
  readonly checkpointIntervalMs: number;
  /** Entries after which a checkpoint does not wait for the interval. */
  readonly checkpointEntries: number;
  readonly reserveBytes: number;
  readonly segmentBytes: number;
  /** How often a full disk is looked at again. */
  readonly probeIntervalMs: number;
};
