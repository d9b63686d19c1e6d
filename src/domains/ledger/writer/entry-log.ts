/** Write-ahead log and tree as one growing sequence of entries, opened from disk. */
import { entriesPath, parseEntryBundle, tileWidth } from '../../../engines/merkle/index.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import { dirname, join } from 'node:path';
import type { FileOperations } from './file-operations.ts';
import type { Layout } from './layout.ts';
import { type Published, recover } from './recovery.ts';
import type { CheckpointSigner } from './signer.ts';
import { TileStore } from './tile-store.ts';
import { Tree, type TreeSnapshot } from './tree.ts';
import { Wal } from './wal.ts';

export type EntryLogOptions = {
  readonly files: FileOperations;
  readonly layout: Layout;
  readonly signer: CheckpointSigner;
  readonly segmentBytes: number;
  /** A tile could not be written. */
  readonly onTileFailure: (error: unknown) => void;
};

const prepareDirectories = (files: FileOperations, layout: Layout): void => {
  const paths = [layout.root, layout.log, layout.wal, layout.temporary];
  const isNew = paths.map((path) => files.makeDirectory(path)).includes(true);
  if (!isNew) return;
  files.syncDirectory(layout.root);
  files.syncDirectory(dirname(layout.root));
};

export class EntryLog {
  readonly store: TileStore;
  /** The checkpoint found on disk. */
  readonly published: Published | undefined;
  readonly replayed: number;
  readonly tornBytes: number;
  readonly #wal: Wal;
  readonly #tree: Tree;
  /** Durable, not yet in the tree; always in the order of the write-ahead log. */
  readonly #ahead: (readonly Uint8Array[])[] = [];
  #isIntegrating = false;

  /**
   * Opens the log of a directory, or begins one.
   *
   * @throws SallyportError E_LEDGER_CORRUPT; WalFailure or system errors when it cannot be written
   */
  constructor(options: EntryLogOptions) {
    const { files, layout } = options;
    prepareDirectories(files, layout);
    const recovered = recover(options);
    const drafts = files.list(layout.temporary).map((name) => join(layout.temporary, name));
    for (const path of [...recovered.wal.leftovers, ...drafts]) files.remove(path);
    this.store = new TileStore({
      files,
      directory: layout.log,
      temporary: layout.temporary,
      onFailure: options.onTileFailure,
    });
    this.#wal = new Wal({
      files,
      directory: layout.wal,
      segmentBytes: options.segmentBytes,
      segments: recovered.wal.segments,
      activeBytes: recovered.wal.activeBytes,
      nextIndex: recovered.wal.nextIndex,
    });
    this.#tree = new Tree(recovered.tree, (file) => void this.store.write(file));
    this.#ahead.push(recovered.replay);
    this.published = recovered.published;
    this.replayed = recovered.replay.length;
    this.tornBytes = recovered.wal.tornBytes;
  }

  /** Durable entries. */
  get size(): number {
    return this.#wal.nextIndex;
  }

  /** Makes sealed frames durable; returns the index of the first. Throws WalFailure. */
  append(frames: readonly Uint8Array[], payloads: readonly Uint8Array[]): number {
    const first = this.#wal.nextIndex;
    this.#wal.append(frames, payloads.length);
    this.#ahead.push(payloads);
    return first;
  }

  /** Brings the tree up to what is durable. Safe to call from within itself. */
  integrate(): void {
    if (this.#isIntegrating) return;
    this.#isIntegrating = true;
    for (let next = this.#ahead.shift(); next !== undefined; next = this.#ahead.shift())
      for (const payload of next) this.#tree.add(payload);
    this.#isIntegrating = false;
  }

  readonly snapshot = (): TreeSnapshot => this.#tree.snapshot();

  /** Consecutive entries from `from` on that are still in memory; the others are in bundle files. */
  read(from: number, count: number): readonly Uint8Array[] {
    const entries: Uint8Array[] = [];
    while (entries.length < count) {
      const entry = this.#entry(from + entries.length);
      if (entry === undefined) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Removes write-ahead segments that full, published bundles have made superfluous. */
  forgetBelow(index: number): void {
    this.#wal.removeBelow(index);
  }

  close(): void {
    this.#wal.close();
  }

  #entry(index: number): Uint8Array | undefined {
    const inTree = this.#tree.entry(index);
    if (inTree !== undefined) return inTree;
    const bytes = this.store.pending(entriesPath(Math.floor(index / tileWidth)));
    const entries = bytes === undefined ? [] : parseEntryBundle(bytes);
    return isRefusal(entries) ? undefined : entries[index % tileWidth];
  }
}
