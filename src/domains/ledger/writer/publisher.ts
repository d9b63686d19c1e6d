/**
 * Publishes checkpoints: everything a checkpoint promises is durable before it replaces the last
 * one, and only then is anything it made obsolete removed.
 */
import { dirname, join } from 'node:path';
import { tileWidth } from '../../../engines/merkle/index.ts';
import type { Clock } from '../../../kernel/effects.ts';
import type { FileOperations } from './file-operations.ts';
import type { Layout } from './layout.ts';
import type { CosignRequest } from './protocol.ts';
import { PartialFiles } from './partial-files.ts';
import type { Published } from './recovery.ts';
import type { CheckpointSigner } from './signer.ts';
import type { TileStore } from './tile-store.ts';
import type { TreeSnapshot } from './tree.ts';

const historyIntervalMs = 60_000;
/** Published checkpoints for which late cosignatures are still accepted. */
const maxRecent = 64;
const encoder = new TextEncoder();

export type PublisherOptions = {
  readonly files: FileOperations;
  readonly layout: Layout;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly store: TileStore;
  readonly published: Published | undefined;
  /** Hears of each checkpoint: entries of full bundles below its size need no other copy. */
  readonly onPublished: (size: number) => void;
};

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #partials: PartialFiles;
  /** Size → note text with all signatures so far, oldest first. */
  readonly #recent = new Map<number, string>();
  #current: Published | undefined;
  #keptSize = -1;
  #lastKeptMs: number;
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#current = options.published;
    this.#lastKeptMs = options.clock.monotonicMs();
    if (this.#current !== undefined) this.#recent.set(this.#current.size, this.#current.text);
    const { files, layout } = options;
    this.#partials = new PartialFiles({ files, directory: layout.log });
    this.#partials.adopt(this.#current?.size ?? 0);
  }

  get current(): Published | undefined {
    return this.#current;
  }

  /** Publishes a snapshot unless it is the published one already; one at a time, in order. */
  publish(takeSnapshot: () => TreeSnapshot): Promise<Published> {
    return this.#inTurn(() => this.#publish(takeSnapshot()));
  }

  /** Keeps the current checkpoint in `history/`. */
  keep(): Promise<void> {
    return this.#inTurn(() => this.#keep());
  }

  /** Adds signature lines to a recent checkpoint; false when it is not (or no longer) known. */
  cosign({ size, note, lines }: CosignRequest): Promise<boolean> {
    return this.#inTurn(async () => {
      const text = this.#recent.get(size);
      if (text?.startsWith(`${note}\n`) !== true) return false;
      const fresh = lines.split('\n').filter((line) => line !== '' && !text.includes(line));
      const signed = `${text}${fresh.map((line) => `${line}\n`).join('')}`;
      this.#recent.set(size, signed);
      if (this.#current?.size === size) {
        await this.#replaceCheckpoint(signed);
        this.#current = { ...this.#current, text: signed };
      }
      await this.#writeHistory(size, signed);
      return true;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work, work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #publish(snapshot: TreeSnapshot): Promise<Published> {
    const { store, signer, clock, onPublished } = this.#options;
    const { size, root, partials } = snapshot;
    if (this.#current?.size === size) return this.#current;
    for (const file of partials) {
      this.#partials.add(file);
      void store.write(file);
    }
    await store.settle();
    const text = signer.sign({ size, root, timeMs: clock.nowMs() });
    await this.#replaceCheckpoint(text);
    const published = { size, root, text };
    this.#current = published;
    this.#remember(size, text);
    onPublished(size);
    if (clock.monotonicMs() - this.#lastKeptMs >= historyIntervalMs) await this.#keep();
    await this.#partials.removeObsolete(size);
    return published;
  }

  async #replaceCheckpoint(text: string): Promise<void> {
    const { files, layout } = this.#options;
    const draft = join(layout.temporary, 'checkpoint');
    await files.replace(layout.checkpoint, draft, encoder.encode(text));
    await files.syncDirectoryLater(dirname(layout.checkpoint));
  }

  async #keep(): Promise<void> {
    const current = this.#current;
    if (current === undefined || current.size === this.#keptSize) return;
    await this.#writeHistory(current.size, current.text);
    this.#keptSize = current.size;
    this.#lastKeptMs = this.#options.clock.monotonicMs();
  }

  async #writeHistory(size: number, text: string): Promise<void> {
    const { files, layout } = this.#options;
    files.makeDirectory(layout.history);
    const name = String(size);
    const draft = join(layout.temporary, `history-${name}`);
    await files.replace(join(layout.history, name), draft, encoder.encode(text));
    await files.syncDirectoryLater(layout.history);
    await files.syncDirectoryLater(layout.log);
  }

  #remember(size: number, text: string): void {
    this.#recent.set(size, text);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= maxRecent) return;
      this.#recent.delete(oldest);
    }
  }
}

/** Entries below this index are in full bundles once a checkpoint of `size` is out. */
export const coveredBy = (size: number): number => size - (size % tileWidth);
