/**
 * The writer: takes batches from producers, makes them durable in the write-ahead log, acknowledges
 * them and only then grows the tree. It never waits when idle; under load one commit in each window
 * carries everything that arrived. When it cannot write it refuses (availability.ts).
 */
import type { OcsfEvent } from '../../../engines/ocsf/index.ts';
import type { Clock } from '../../../kernel/effects.ts';
import { entryText } from '../entry.ts';
import { tornTailEvent } from '../events.ts';
import { FrameBuffer } from '../frames.ts';
import { Availability } from './availability.ts';
import { EntryLog } from './entry-log.ts';
import type { FileOperations } from './file-operations.ts';
import { layoutOf } from './layout.ts';
import { publishKeys } from './log-keys.ts';
import { Pace } from './pace.ts';
import type {
  BatchMessage,
  CosignRequest,
  Notice,
  OpenedFacts,
  ProducerReply,
  PublishedText,
  WriterSettings,
} from './protocol.ts';
import { coveredBy, Publisher } from './publisher.ts';
import { Reserve } from './reserve.ts';
import { sealFrames } from './segment.ts';
import { type SharedState, writeSize } from './shared-state.ts';
import type { CheckpointSigner } from './signer.ts';

const maxCommitBytes = 4 * 1024 * 1024;
const grownIntervalMs = 100;

export type WriterOptions = {
  readonly settings: WriterSettings;
  readonly files: FileOperations;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly shared: SharedState;
  readonly notify: (notice: Notice) => void;
};

type Reply = (message: ProducerReply) => void;
type Waiting = { readonly batch: BatchMessage; readonly reply: Reply };
type Sealed = Waiting & { readonly payloads: readonly Uint8Array[] };

export class LedgerWriter {
  readonly opened: OpenedFacts;
  readonly #options: WriterOptions;
  readonly #log: EntryLog;
  readonly #publisher: Publisher;
  readonly #availability: Availability;
  readonly #pace: Pace;
  #queue: Waiting[] = [];
  #isScheduled = false;
  #isClosed = false;
  #isPublishing = false;
  #publishTimer: NodeJS.Timeout | undefined;
  #grownTimer: NodeJS.Timeout | undefined;

  /**
   * Opens the ledger of a directory and publishes its first checkpoint if it never did.
   *
   * @throws SallyportError E_LEDGER_CORRUPT; WalFailure or system errors when it cannot be written
   */
  static async open(options: WriterOptions): Promise<LedgerWriter> {
    const { files, settings, signer } = options;
    const writer = new LedgerWriter(options);
    try {
      await publishKeys(files, layoutOf(settings.directory), signer.vkeys);
      if (writer.#availability.isOpen) await writer.publish();
    } catch (error) {
      // A full disk is a reason to begin by refusing, not to stay away.
      writer.#availability.onFailure(error);
      if (!writer.#availability.hasFailed) return writer;
      throw error;
    }
    return writer;
  }

  private constructor(options: WriterOptions) {
    this.#options = options;
    const { files, signer, clock, settings, shared, notify } = options;
    const layout = layoutOf(settings.directory);
    this.#pace = new Pace(clock, settings.commitWindowMs);
    this.#log = new EntryLog({
      files,
      layout,
      signer,
      segmentBytes: settings.segmentBytes,
      onTileFailure: (error) => this.#availability.onFailure(error),
    });
    const { store, published } = this.#log;
    const onPublished = (size: number): void => this.#log.forgetBelow(coveredBy(size));
    this.#publisher = new Publisher({
      files,
      layout,
      signer,
      clock,
      store,
      published,
      onPublished,
    });
    this.#availability = new Availability({
      clock,
      shared,
      notify,
      probeIntervalMs: settings.probeIntervalMs,
      reserve: new Reserve({ files, path: layout.reserve, sizeBytes: settings.reserveBytes }),
      record: (event) => this.#record(event),
      onResumed: () => {
        store.retry();
        this.#publishSoon();
      },
    });
    this.opened = this.#begin();
  }

  /** Takes a batch; the reply comes when it is durable or refused. */
  receive(batch: BatchMessage, reply: Reply): void {
    if (this.#isClosed || !this.#availability.isOpen) {
      reply({ id: batch.id, code: 'unavailable', reason: this.#refusal() });
      return;
    }
    this.#queue.push({ batch, reply });
    this.#schedule();
  }

  /** Publishes a checkpoint over everything acknowledged so far. */
  async publish(): Promise<PublishedText> {
    clearTimeout(this.#publishTimer);
    this.#publishTimer = undefined;
    try {
      const { size, text } = await this.#publisher.publish(this.#log.snapshot);
      return { size, text };
    } catch (error) {
      this.#availability.onFailure(error);
      throw error;
    }
  }

  /** Consecutive entries still in memory, from `from` on. */
  read(from: number, count: number): readonly Uint8Array[] {
    return this.#log.read(from, count);
  }

  cosign(request: CosignRequest): Promise<boolean> {
    return this.#publisher.cosign(request);
  }

  /** Commits what is queued, publishes and keeps a last checkpoint, lets go of the files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    while (this.#queue.length > 0 && this.#availability.isOpen) this.#commit();
    this.#isClosed = true;
    this.#availability.stop();
    for (const timer of [this.#publishTimer, this.#grownTimer]) clearTimeout(timer);
    try {
      if (this.#availability.isOpen) {
        await this.#publisher.publish(this.#log.snapshot);
        await this.#publisher.keep();
      }
    } finally {
      this.#log.close();
    }
  }

  #begin(): OpenedFacts {
    const { signer, clock, shared } = this.#options;
    this.#log.integrate();
    const { published, replayed, tornBytes, size } = this.#log;
    writeSize(shared, size);
    this.#availability.begin();
    if (tornBytes > 0 && this.#availability.isOpen)
      this.#record(tornTailEvent(clock.nowMs(), tornBytes));
    this.#publishSoon();
    return {
      size: this.#log.size,
      publishedSize: published?.size ?? 0,
      replayed,
      tornBytes,
      vkeys: signer.vkeys,
    };
  }

  #refusal(): string {
    return this.#isClosed ? 'closed' : this.#availability.reason;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const waitMs = this.#pace.waitMs(this.#log.store.queuedBytes);
    if (waitMs <= 0) setImmediate(this.#run);
    else setTimeout(this.#run, waitMs);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    this.#commit();
    if (this.#queue.length > 0) this.#schedule();
  };

  /** One group commit: append, sync, acknowledge, then hash. */
  #commit(): void {
    const batches = this.#takeBatches();
    if (batches.length === 0) return;
    const frames = batches.map(({ batch }) => batch.bytes);
    const payloads = batches.flatMap((batch) => batch.payloads);
    let index: number;
    try {
      index = this.#log.append(frames, payloads);
    } catch (error) {
      this.#availability.onFailure(error);
      this.#rejectAll(batches);
      return;
    }
    writeSize(this.#options.shared, this.#log.size);
    for (const { batch, reply } of batches) {
      reply({ id: batch.id, first: index });
      index += batch.count;
    }
    this.#log.integrate();
    this.#pace.committed(payloads.length);
    this.#afterGrowth();
  }

  #takeBatches(): readonly Sealed[] {
    const batches: Sealed[] = [];
    let bytes = 0;
    let taken = 0;
    for (const { batch, reply } of this.#queue) {
      if (bytes > 0 && bytes + batch.bytes.length > maxCommitBytes) break;
      taken += 1;
      bytes += batch.bytes.length;
      const payloads = sealFrames(batch.bytes);
      if (payloads?.length === batch.count) batches.push({ batch, reply, payloads });
      else
        reply({ id: batch.id, code: 'invalid', reason: 'the frames of the batch do not add up' });
    }
    this.#queue = this.#queue.slice(taken);
    return batches;
  }

  #rejectAll(batches: readonly Waiting[]): void {
    const reason = this.#refusal();
    for (const { batch, reply } of [...batches, ...this.#queue.splice(0)])
      reply({ id: batch.id, code: 'unavailable', reason });
  }

  /** Appends an event of the writer itself. */
  #record(ocsf: OcsfEvent): void {
    const frames = new FrameBuffer();
    frames.add(entryText({ class: 'forensic', ocsf }));
    const bytes = frames.finish();
    const payloads = sealFrames(bytes) ?? [];
    this.#log.append([bytes], payloads);
    this.#log.integrate();
    writeSize(this.#options.shared, this.#log.size);
    this.#afterGrowth();
  }

  #afterGrowth(): void {
    const { settings, notify } = this.#options;
    this.#grownTimer ??= setTimeout(() => {
      this.#grownTimer = undefined;
      notify({ notice: 'grown' });
    }, grownIntervalMs).unref();
    const unpublished = this.#log.size - (this.#publisher.current?.size ?? 0);
    if (unpublished >= settings.checkpointEntries) this.#publishNow();
    else this.#publishSoon();
  }

  #publishSoon(): void {
    if (this.#publisher.current?.size === this.#log.size) return;
    this.#publishTimer ??= setTimeout(
      () => this.#publishNow(),
      this.#options.settings.checkpointIntervalMs,
    ).unref();
  }

  /** Failures have been told to the availability; the next growth or resumption tries again. */
  #publishNow(): void {
    if (!this.#isPublishing) void this.#publishOnce();
  }

  async #publishOnce(): Promise<void> {
    this.#isPublishing = true;
    try {
      await this.publish();
    } catch {
      // Told to the availability by publish().
    } finally {
      this.#isPublishing = false;
    }
    if (!this.#isClosed && this.#availability.isOpen) this.#publishSoon();
  }
}
