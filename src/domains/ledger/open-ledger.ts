/** Opens the ledger of one node: keys, writer thread, intake, derived index, subscriptions. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Clock, Random } from '../../kernel/effects.ts';
import type { KeyStore } from '../../platform/keys/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Metrics } from '../../platform/metrics/index.ts';
import type { Storage } from '../../platform/storage/index.ts';
import { readEvent } from './entry.ts';
import { assembleLedger, type LedgerParts } from './ledger.ts';
import { createSealer } from './personal/sealer.ts';
import { createSubjectKeys } from './personal/subject-keys.ts';
import { ForensicQueue } from './producer/forensic-queue.ts';
import { createIntake } from './producer/intake.ts';
import { type Item, Producer } from './producer/producer.ts';
import { createSampler } from './producer/sampler.ts';
import { Spill } from './producer/spill.ts';
import { parseWitnesses } from './reading/cosignatures.ts';
import { createEntryReader } from './reading/entry-reader.ts';
import { IndexFeed } from './reading/index-feed.ts';
import { Subscriptions } from './reading/subscriptions.ts';
import { createRowMaker, type RowMaker } from './row.ts';
import { createIndexStore } from './store.ts';
import { type LedgerMetrics, registerLedgerMetrics } from './telemetry.ts';
import type { Ledger, LedgerEntry, SealedFields } from './types.ts';
import { layoutOf } from './writer/layout.ts';
import type { WriterSettings } from './writer/protocol.ts';
import {
  createSharedState,
  isRefusing,
  readSize,
  type SharedState,
} from './writer/shared-state.ts';
import type { SigningKeys } from './writer/signer.ts';
import {
  startWriterThread,
  type WriterHandle,
  type WriterStarter,
} from './writer/writer-handle.ts';

export type LedgerConfig = {
  /** Origin line of checkpoints and name of the log's keys; one per node, for ever. */
  readonly origin: string;
  readonly commitWindowMs: number;
  readonly checkpointIntervalMs: number;
  readonly reserveBytes: number;
  /** Verifier keys of witnesses. */
  readonly witnesses: readonly string[];
  /** How long an append waits for a disk that does not answer. Default 5,000. */
  readonly appendTimeoutMs?: number;
  /** Telemetry events of one type per second that are kept unsampled. Default 100. */
  readonly telemetryPerSecond?: number;
  /** Bound of the spill file. Default 64 MiB. */
  readonly spillBytes?: number;
  /** Size at which a write-ahead segment is followed by the next. Default 8 MiB. */
  readonly segmentBytes?: number;
  /** New entries that make a checkpoint due before its interval is over. Default 32,768. */
  readonly checkpointEntries?: number;
  /** How often a full disk is looked at again. Default 1,000. */
  readonly probeIntervalMs?: number;
};

export type OpenLedgerOptions = {
  /** The ledger's own directory, `<data-dir>/ledger`. The caller holds the data directory's lock. */
  readonly directory: string;
  readonly keys: Pick<
    KeyStore,
    'ensureSigningKey' | 'ensureWrappingKey' | 'exportSigningKey' | 'generateDataKey' | 'unwrap'
  >;
  readonly storage: Storage;
  readonly config: LedgerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How the writer runs; in a thread of its own when absent. */
  readonly startWriter?: WriterStarter;
};

/** Names in the key store. */
const keyNames = {
  ed25519: 'ledger-checkpoint-ed25519',
  mlDsa44: 'ledger-checkpoint-ml-dsa-44',
  subjects: 'ledger-subjects',
} as const;

const defaults = {
  appendTimeoutMs: 5000,
  telemetryPerSecond: 100,
  spillBytes: 64 * 1024 * 1024,
  segmentBytes: 8 * 1024 * 1024,
  checkpointEntries: 32_768,
  probeIntervalMs: 1000,
} as const;

const exportKeys = async ({ keys, config }: OpenLedgerOptions): Promise<SigningKeys> => {
  await keys.ensureSigningKey(keyNames.ed25519, 'ed25519');
  await keys.ensureSigningKey(keyNames.mlDsa44, 'ml-dsa-44');
  await keys.ensureWrappingKey(keyNames.subjects);
  return {
    origin: config.origin,
    ed25519: (await keys.exportSigningKey(keyNames.ed25519)).reveal(),
    mlDsa44: (await keys.exportSigningKey(keyNames.mlDsa44)).reveal(),
  };
};

const startWriter = async (
  options: OpenLedgerOptions,
  shared: SharedState,
): Promise<WriterHandle> => {
  const { config, directory } = options;
  const settings: WriterSettings = {
    directory,
    commitWindowMs: config.commitWindowMs,
    checkpointIntervalMs: config.checkpointIntervalMs,
    reserveBytes: config.reserveBytes,
    segmentBytes: config.segmentBytes ?? defaults.segmentBytes,
    checkpointEntries: config.checkpointEntries ?? defaults.checkpointEntries,
    probeIntervalMs: config.probeIntervalMs ?? defaults.probeIntervalMs,
  };
  const keys = await exportKeys(options);
  const start = options.startWriter ?? startWriterThread;
  const writer = await start({ settings, keys, shared });
  const { size, replayed, tornBytes } = writer.opened;
  options.log.info({ size, replayed, tornBytes, origin: config.origin }, 'ledger opened');
  return writer;
};

/** A port on which the writer takes batches. */
const openPort = (writer: WriterHandle): MessagePort => {
  const { port1, port2 } = new MessageChannel();
  writer.call({ call: 'producer', port: port2 }, [port2]).catch(() => port1.close());
  return port1;
};

const entryOf = (index: number, item: Item): LedgerEntry | undefined => {
  const { parts } = item;
  if (parts === undefined) return undefined;
  const { sealedJson, weight } = parts;
  return {
    index,
    v: 1,
    class: parts.class,
    ocsf: readEvent(parts.ocsf),
    ...(sealedJson === undefined ? {} : { sealed: JSON.parse(sealedJson) as SealedFields }),
    ...(weight === undefined ? {} : { weight }),
  };
};

type Followers = {
  readonly rows: RowMaker;
  readonly feed: IndexFeed;
  readonly subscriptions: Subscriptions;
  readonly metrics: LedgerMetrics;
};

/** What was acknowledged goes to the index and the subscribers without being read back. */
const announce = (followers: Followers, first: number, items: readonly Item[]): void => {
  const { rows, feed, subscriptions, metrics } = followers;
  for (const [i, item] of items.entries()) {
    const { parts } = item;
    if (parts === undefined) continue;
    metrics.appended[parts.class].inc();
    feed.offer(first + i, () => rows.of(first + i, parts));
    subscriptions.offer(first + i, () => entryOf(first + i, item));
  }
  feed.wake();
  subscriptions.wake();
};

const openFollowers = async (
  options: OpenLedgerOptions,
  given: { readonly writer: WriterHandle; readonly shared: SharedState },
): Promise<Pick<LedgerParts, 'store' | 'reader' | 'feed' | 'subscriptions'>> => {
  const { storage, config, clock, log } = options;
  const size = (): number => readSize(given.shared);
  const directory = layoutOf(options.directory).log;
  const reader = createEntryReader({ directory, writer: given.writer, size });
  const store = createIndexStore(storage, config.origin);
  const feed = await IndexFeed.open({ store, reader, size, clock, log });
  const subscriptions = new Subscriptions({ reader, size, log });
  return { store, reader, feed, subscriptions };
};

const openRoads = async (
  options: OpenLedgerOptions,
  given: {
    readonly writer: WriterHandle;
    readonly shared: SharedState;
    readonly followers: Pick<LedgerParts, 'feed' | 'subscriptions'>;
  },
): Promise<
  Pick<LedgerParts, 'producer' | 'queue' | 'spill' | 'sealer' | 'subjectKeys' | 'intake'>
> => {
  const { clock, random, log, storage, keys, config } = options;
  const refusing = (): boolean => isRefusing(given.shared);
  const spill = new Spill({
    path: layoutOf(options.directory).spill,
    maxBytes: config.spillBytes ?? defaults.spillBytes,
    onLost: (eventClass, count) => queue.lose(eventClass, count),
  });
  await spill.open();
  const rows = createRowMaker();
  const producer = new Producer({
    port: openPort(given.writer),
    clock,
    timeoutMs: config.appendTimeoutMs ?? defaults.appendTimeoutMs,
    onAccepted: (first, items) => announce({ ...given.followers, rows, metrics }, first, items),
  });
  const queue = new ForensicQueue({ producer, spill, clock, isRefusing: refusing });
  const metrics = registerLedgerMetrics(options.metrics, {
    size: () => readSize(given.shared),
    indexed: () => given.followers.feed.position,
    isRefusing: refusing,
    dropped: () => queue.dropped,
  });
  const keyName = keyNames.subjects;
  const subjectKeys = createSubjectKeys({ storage, keys, keyName, clock, random });
  const sealer = createSealer({ keys: subjectKeys, clock, random });
  const sampler = createSampler(clock, config.telemetryPerSecond ?? defaults.telemetryPerSecond);
  const intake = createIntake({
    producer,
    queue,
    sampler,
    sealer,
    isRefusing: refusing,
    clock,
    metrics,
    log,
  });
  return { producer, queue, spill, sealer, subjectKeys, intake };
};

/**
 * Opens the ledger, or begins a new one in an empty directory. What an earlier run had spilled is
 * appended; a torn tail is cut off and recorded.
 *
 * @throws SallyportError E_LEDGER_CORRUPT when the files contradict each other (nothing is changed),
 *   E_LEDGER_UNAVAILABLE when the directory cannot be written
 */
export const openLedger = async (options: OpenLedgerOptions): Promise<Ledger> => {
  const { config, clock, log } = options;
  const witnesses = parseWitnesses(config.witnesses);
  const shared = createSharedState();
  const writer = await startWriter(options, shared);
  try {
    const followers = await openFollowers(options, { writer, shared });
    const roads = await openRoads(options, { writer, shared, followers });
    const { origin } = config;
    const createPort = (): MessagePort => openPort(writer);
    const directory = layoutOf(options.directory).log;
    return assembleLedger({
      ...followers,
      ...roads,
      writer,
      shared,
      directory,
      origin,
      witnesses,
      createPort,
      clock,
      log,
    });
  } catch (error) {
    await writer.close();
    throw error;
  }
};
