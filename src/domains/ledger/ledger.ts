/** The ledger over its parts: reading, proving, erasing, closing. */
import type { MessagePort } from 'node:worker_threads';
import type { VerifierKey } from '../../engines/merkle/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import type { Log } from '../../platform/log/index.ts';
import { parseEntry } from './entry.ts';
import { ledgerErrors } from './errors.ts';
import { subjectErasedEvent, unfinishedEvent } from './events.ts';
import type { Sealer } from './personal/sealer.ts';
import type { SubjectKeys } from './personal/subject-keys.ts';
import type { ForensicQueue } from './producer/forensic-queue.ts';
import type { Intake } from './producer/intake.ts';
import { type Producer, unavailable } from './producer/producer.ts';
import type { Spill } from './producer/spill.ts';
import { acceptCosignatures } from './reading/cosignatures.ts';
import type { EntryReader } from './reading/entry-reader.ts';
import type { IndexFeed } from './reading/index-feed.ts';
import { buildProof } from './reading/proofs.ts';
import type { Subscriptions } from './reading/subscriptions.ts';
import { reportUnfinished } from './reading/unfinished.ts';
import type { IndexStore } from './store.ts';
import type { Ledger, LedgerEntry, LedgerQuery } from './types.ts';
import type { PublishedText } from './writer/protocol.ts';
import { isRefusing, readSize, type SharedState } from './writer/shared-state.ts';
import type { WriterHandle } from './writer/writer-handle.ts';

export type LedgerParts = {
  /** The static log directory. */
  readonly directory: string;
  readonly origin: string;
  readonly writer: WriterHandle;
  readonly shared: SharedState;
  readonly producer: Producer;
  readonly queue: ForensicQueue;
  readonly spill: Spill;
  readonly intake: Intake;
  readonly sealer: Sealer;
  readonly subjectKeys: SubjectKeys;
  readonly store: IndexStore;
  readonly reader: EntryReader;
  readonly feed: IndexFeed;
  readonly subscriptions: Subscriptions;
  readonly witnesses: readonly VerifierKey[];
  readonly createPort: () => MessagePort;
  readonly clock: Clock;
  readonly log: Log;
};

const maxRange = 4096;
const maxRows = 1000;

const error = (kind: keyof typeof ledgerErrors, detail: string): SallyportError =>
  new SallyportError(ledgerErrors[kind], detail);

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const readBytes = async ({ reader }: LedgerParts, index: number): Promise<Uint8Array> => {
  const [bytes] = isIndex(index) ? await reader.read(index, 1) : [];
  if (bytes === undefined) throw error('E_LEDGER_NO_ENTRY', `the log has no entry ${index}`);
  return bytes;
};

const readEntry = async (parts: LedgerParts, index: number): Promise<LedgerEntry> =>
  parseEntry(index, await readBytes(parts, index));

const readRange = async (
  { reader }: LedgerParts,
  from: number,
  count: number,
): Promise<readonly LedgerEntry[]> => {
  if (!isIndex(from) || !isIndex(count)) throw error('E_LEDGER_QUERY', 'not a range of entries');
  const entries = await reader.read(from, Math.min(count, maxRange));
  return entries.map((bytes, i) => parseEntry(from + i, bytes));
};

const publish = async ({ writer }: LedgerParts): Promise<PublishedText> =>
  (await writer.call({ call: 'publish' })) as PublishedText;

const prove = async (parts: LedgerParts, index: number): Promise<string> => {
  const entry = await readBytes(parts, index);
  const { directory } = parts;
  return buildProof({ directory, index, entry, published: await publish(parts) });
};

const query = async (parts: LedgerParts, request: LedgerQuery) => {
  const { limit } = request;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxRows)
    throw error('E_LEDGER_QUERY', `limit is ${limit}`);
  await parts.feed.catchUp();
  return parts.store.query(request);
};

const erase = async (parts: LedgerParts, subject: string): Promise<void> => {
  // An erasure that could not be recorded is not begun.
  if (isRefusing(parts.shared)) throw unavailable('it cannot write');
  const pseudonym = await parts.subjectKeys.erase(subject);
  parts.sealer.forget(subject);
  if (pseudonym === undefined) return;
  const ocsf = subjectErasedEvent(parts.clock.nowMs(), pseudonym);
  await parts.intake.append({ class: 'decisive', ocsf });
};

const personalOf = async (parts: LedgerParts, index: number) => {
  const { sealed } = await readEntry(parts, index);
  return sealed === undefined ? 'none' : parts.sealer.open(sealed);
};

const cosign = async (parts: LedgerParts, text: string): Promise<void> => {
  const cosignature = acceptCosignatures(text, parts.origin, parts.witnesses);
  const isTaken = await parts.writer.call({ call: 'cosign', ...cosignature });
  if (isTaken !== true)
    throw error(
      'E_LEDGER_COSIGNATURE',
      `no published checkpoint of size ${cosignature.size} is this`,
    );
};

const unfinished = async (parts: LedgerParts) => {
  await parts.feed.catchUp();
  return reportUnfinished({
    store: parts.store,
    beganAt: parts.writer.opened.size,
    report: (decision) =>
      parts.intake.append({
        class: 'decisive',
        ocsf: unfinishedEvent(parts.clock.nowMs(), decision),
      }),
  });
};

/** Reacts to what the writer says unasked. */
const listen = (parts: LedgerParts): void => {
  const { writer, feed, subscriptions, queue, log } = parts;
  writer.onNotice((notice) => {
    if (notice.notice === 'grown') {
      feed.wake();
      subscriptions.wake();
    }
    if (notice.notice !== 'state') return;
    if (notice.state === 'refusing')
      return log.error({ reason: notice.reason }, 'the ledger refuses: it cannot write');
    log.warn({}, 'the ledger writes again');
    void queue.drain();
    queue.reportLosses();
  });
};

const close = async (parts: LedgerParts): Promise<void> => {
  const { queue, producer, feed, writer, spill } = parts;
  await queue.close();
  await producer.settled();
  await feed.close();
  await writer.close();
  producer.end(error('E_LEDGER_CLOSED', 'the ledger was closed'));
  await spill.close();
};

/** Puts the ledger together and begins to listen. */
export const assembleLedger = (parts: LedgerParts): Ledger => {
  const { intake, shared, queue, subscriptions, feed } = parts;
  let closing: Promise<void> | undefined;
  listen(parts);
  void queue.drain();
  return {
    append: (event) =>
      closing === undefined
        ? intake.append(event)
        : Promise.reject(error('E_LEDGER_CLOSED', 'the ledger was closed')),
    record: (event) => intake.record(event),
    state: () => (isRefusing(shared) ? 'refusing' : 'open'),
    checkpoint: async () => (await publish(parts)).text,
    size: () => readSize(shared),
    proveInclusion: (index) => prove(parts, index),
    query: (request) => query(parts, request),
    read: (index) => readEntry(parts, index),
    readRange: (from, count) => readRange(parts, from, count),
    personal: (index) => personalOf(parts, index),
    eraseSubject: (subject) => erase(parts, subject),
    subscribe: (listener) => subscriptions.add(listener),
    addCosignature: (text) => cosign(parts, text),
    reportUnfinished: () => unfinished(parts),
    reindex: () => feed.rebuild(),
    createProducerPort: parts.createPort,
    dropped: () => queue.dropped,
    close: () => {
      closing ??= close(parts);
      return closing;
    },
  };
};
