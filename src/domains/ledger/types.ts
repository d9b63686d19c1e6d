/**
 * The vocabulary of the ledger: what is appended, what comes back, and the `Ledger` itself.
 * Entry format v1 and the three event classes are described in README.md.
 */
import type { MessagePort } from 'node:worker_threads';
import type { OcsfEvent, WrittenEvent } from '../../engines/ocsf/index.ts';

/**
 * decisive: durable before `append` resolves, refused when it cannot be;
 * forensic: bounded queue, spilled to disk when the writer is behind, losses counted in the log;
 * telemetry: sampled, the rate recorded in the entry.
 */
export type EventClass = 'decisive' | 'forensic' | 'telemetry';

/** Fields that must be erasable. They are encrypted under the subject's key before they leave. */
export type PersonalFields = {
  /** Whose data this is: an opaque identity such as a principal id. Never stored in the log. */
  readonly subject: string;
  readonly fields: Readonly<Record<string, string>>;
};

export type LedgerEvent = {
  readonly class: EventClass;
  /** An event that is validated here, or one written from a template that was. */
  readonly ocsf: OcsfEvent | WrittenEvent;
  readonly personal?: PersonalFields;
};

/** An event that came as an object. */
export type BuiltEvent = LedgerEvent & { readonly ocsf: OcsfEvent };

/** Proof of acceptance: position in the log and when it was acknowledged (epoch ms). */
export type LedgerReceipt = { readonly index: number; readonly timeMs: number };

/** Personal fields as they stand in the tree. */
export type SealedFields = {
  /** Pseudonym of the subject; the mapping is destroyed together with the key. */
  readonly subject: string;
  /** Name and version of the data key. */
  readonly key: string;
  /** base64url SHA-256 of salt ‖ canonical JSON of the fields. */
  readonly commitment: string;
  /** base64url nonce ‖ AES-256-GCM(salt ‖ canonical JSON of the fields). */
  readonly ciphertext: string;
};

/** One log entry, format v1. */
export type LedgerEntry = {
  readonly index: number;
  readonly v: 1;
  readonly class: EventClass;
  readonly ocsf: OcsfEvent;
  readonly sealed?: SealedFields;
  /** Telemetry only: how many events this one stands for (1 / sampling rate). */
  readonly weight?: number;
};

/** What the derived index keeps of an entry. */
export type LedgerRow = {
  readonly index: number;
  readonly timeMs: number;
  readonly class: EventClass;
  readonly classUid: number;
  readonly typeUid: number;
  readonly severityId: number;
  readonly eventCode: string | null;
  readonly correlationUid: string | null;
  /** `User::alice` style reference of the actor. */
  readonly principal: string | null;
  readonly resource: string | null;
  readonly decision: 'allow' | 'deny' | null;
};

export type LedgerQuery = {
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
  readonly classUid?: number;
  readonly principal?: string;
  readonly resource?: string;
  readonly decision?: 'allow' | 'deny';
  readonly correlationUid?: string;
  readonly eventCode?: string;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Only entries with a smaller index: the cursor for the next page. Newest first. */
  readonly before?: number;
};

/** Events that were not written, per class, since the ledger was opened. */
export type DroppedCounts = { readonly forensic: number; readonly telemetry: number };

export type LedgerState = 'open' | 'refusing';

/** A decision whose outcome never arrived: the process died in between. */
export type UnfinishedDecision = {
  readonly index: number;
  readonly timeMs: number;
  readonly correlationUid: string;
  readonly principal: string | null;
  readonly resource: string | null;
};

export type LedgerListener = (entry: LedgerEntry) => void;

export type Ledger = {
  /**
   * Appends one event and resolves when it is durable (fdatasync).
   * Rejects with E_LEDGER_EVENT_INVALID (not OCSF, or too large in its fixed parts),
   * E_LEDGER_UNAVAILABLE (the log cannot be written) or E_LEDGER_CLOSED.
   */
  readonly append: (event: LedgerEvent) => Promise<LedgerReceipt>;
  /**
   * Hands over a forensic or telemetry event without waiting; never throws. What cannot be kept
   * is counted and the count is appended to the log. A decisive event is treated as forensic.
   */
  readonly record: (event: LedgerEvent) => void;
  readonly state: () => LedgerState;
  /** Publishes a checkpoint over everything acknowledged so far and returns its text. */
  readonly checkpoint: () => Promise<string>;
  /** Number of acknowledged entries. */
  readonly size: () => number;
  /** `tlog-proof@v1` text for one entry against a published checkpoint. */
  readonly proveInclusion: (index: number) => Promise<string>;
  /** Rows of the derived index, newest first; sees everything acknowledged before the call. */
  readonly query: (query: LedgerQuery) => Promise<readonly LedgerRow[]>;
  /** Rejects with E_LEDGER_NO_ENTRY beyond the end. */
  readonly read: (index: number) => Promise<LedgerEntry>;
  /** Entries [from, from + count) as far as they exist, at most 4,096 at a time. */
  readonly readRange: (from: number, count: number) => Promise<readonly LedgerEntry[]>;
  /** Plain personal fields of an entry: `none` when it has none, `erased` after erasure. */
  readonly personal: (
    index: number,
  ) => Promise<Readonly<Record<string, string>> | 'erased' | 'none'>;
  /** Destroys the keys of a subject: its personal fields in every entry become unreadable. */
  readonly eraseSubject: (subject: string) => Promise<void>;
  /** Calls the listener for every acknowledged entry, in order, each once. Returns "stop". */
  readonly subscribe: (listener: LedgerListener) => () => void;
  /** Witness cosignature lines for a published checkpoint; refused unless a known key signed it. */
  readonly addCosignature: (text: string) => Promise<void>;
  /** Decisions without outcome left by an earlier run; each is reported in the log once. */
  readonly reportUnfinished: () => Promise<readonly UnfinishedDecision[]>;
  /** Rebuilds the derived index from the log; resolves with the number of entries read. */
  readonly reindex: () => Promise<number>;
  /** A port on which another thread can append: see `connectProducer`. */
  readonly createProducerPort: () => MessagePort;
  readonly dropped: () => DroppedCounts;
  /** Flushes, publishes a last checkpoint and stops the writer. Later appends are refused. */
  readonly close: () => Promise<void>;
};
