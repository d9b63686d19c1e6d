/**
 * Writes tiles and bundles to disk beside the commit path, a few at a time. A file that meets a full
 * disk waits for `retry`; any other failure is final. Files not yet durable stay readable in memory.
 */
import { dirname, join } from 'node:path';
import { type FileOperations, isFull } from './file-operations.ts';
import type { LogFile } from './tree.ts';

const maxParallel = 4;

export type TileStoreOptions = {
  readonly files: FileOperations;
  /** The static log directory. */
  readonly directory: string;
  /** For files on their way, on the same file system. */
  readonly temporary: string;
  /** Hears of every failure; called once per failing file and attempt. */
  readonly onFailure: (error: unknown) => void;
};

type Task = {
  readonly file: LogFile;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
};

export class TileStore {
  readonly #options: TileStoreOptions;
  readonly #waiting: Task[] = [];
  readonly #stalled: LogFile[] = [];
  /** Path → content and completion of everything not yet durable. */
  readonly #unwritten = new Map<string, { bytes: Uint8Array; written: Promise<void> }>();
  readonly #directories = new Set<string>();
  readonly #unsynced = new Set<string>();
  #running = 0;
  #queuedBytes = 0;
  #written = 0;

  constructor(options: TileStoreOptions) {
    this.#options = options;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues a file. The promise resolves when its content is durable and rejects when it is not. */
  write(file: LogFile): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Nobody may be listening yet when it fails; `onFailure` has been told.
    promise.catch(() => undefined);
    this.#unwritten.set(file.path, { bytes: file.bytes, written: promise });
    this.#queuedBytes += file.bytes.length;
    this.#waiting.push({ file, done: resolve, failed: reject });
    this.#pump();
    return promise;
  }

  /** Content of a file that is still on its way. */
  pending(path: string): Uint8Array | undefined {
    return this.#unwritten.get(path)?.bytes;
  }

  /** Resolves when everything queued before the call is durable, names included. */
  async settle(): Promise<void> {
    await Promise.all([...this.#unwritten.values()].map(({ written }) => written));
    const touched = [...this.#unsynced];
    this.#unsynced.clear();
    const { files, directory } = this.#options;
    try {
      await Promise.all(touched.map((path) => files.syncDirectoryLater(join(directory, path))));
    } catch (error) {
      for (const path of touched) this.#unsynced.add(path);
      this.#options.onFailure(error);
      throw error;
    }
  }

  /** Queues the files again that met a full disk. */
  retry(): void {
    for (const file of this.#stalled.splice(0)) void this.write(file);
  }

  #pump(): void {
    while (this.#running < maxParallel) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#running += 1;
      void this.#run(task);
    }
  }

  async #run({ file, done, failed }: Task): Promise<void> {
    // Whoever queued the file is in the middle of something and must not hear of failures now.
    await Promise.resolve();
    try {
      this.#prepare(dirname(file.path));
      const { files, directory, temporary } = this.#options;
      this.#written += 1;
      const draft = join(temporary, `tile-${this.#written}`);
      await files.replace(join(directory, file.path), draft, file.bytes);
      this.#unsynced.add(dirname(file.path));
      this.#unwritten.delete(file.path);
      done();
    } catch (error) {
      // The content stays in `#unwritten`: readable, and on record as not durable.
      if (isFull(error)) this.#stalled.push(file);
      failed(error);
      this.#options.onFailure(error);
    } finally {
      this.#queuedBytes -= file.bytes.length;
      this.#running -= 1;
      this.#pump();
    }
  }

  /** Creates the directory of a tile; new names have to be synced in every parent. */
  #prepare(directory: string): void {
    if (this.#directories.has(directory)) return;
    if (this.#options.files.makeDirectory(join(this.#options.directory, directory))) {
      for (let path = directory; path !== '.'; path = dirname(path)) {
        this.#unsynced.add(path);
        this.#unsynced.add(dirname(path));
      }
    }
    this.#directories.add(directory);
  }
}
