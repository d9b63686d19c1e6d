/**
 * Partial tiles and bundles stay for every published size until their full tile is published
 * (C2SP tlog-tiles). Only partial bundles, which may be large, are also bounded in bytes: beyond the
 * bound the oldest go first, the newest stays.
 */
import { dirname, join } from 'node:path';
import { entriesPath, parseLogPath, tilePath, tileWidth } from '../../../engines/merkle/index.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import type { FileOperations } from './file-operations.ts';
import type { LogFile } from './tree.ts';

const maxBundleBytes = 64 * 1024 * 1024;
const maxLevels = 7;

type Folder = { readonly level: number; readonly index: number };

export type PartialFilesOptions = {
  readonly files: FileOperations;
  readonly directory: string;
};

export class PartialFiles {
  readonly #options: PartialFilesOptions;
  /** Folder (`….p`) → the tile it belongs to. */
  readonly #folders = new Map<string, Folder>();
  #bundles: { readonly path: string; readonly bytes: number }[] = [];

  constructor(options: PartialFilesOptions) {
    this.#options = options;
  }

  /** Takes over what an earlier run may have left at the right edge of a log of this size. */
  adopt(size: number): void {
    for (let level = 0; level < maxLevels; level++) {
      const last = Math.floor(size / tileWidth ** (level + 1));
      for (const index of [last - 1, last]) {
        if (index < 0) continue;
        this.#adoptFolder(dirname(tilePath({ level, index, width: 1 })), { level, index });
        if (level === 0) this.#adoptFolder(dirname(entriesPath(index, 1)), { level, index });
      }
    }
  }

  /** Notes a partial file that is about to be written. */
  add(file: LogFile): void {
    const place = parseLogPath(file.path);
    if (isRefusal(place)) return;
    const level = place.kind === 'entries' ? 0 : place.level;
    this.#folders.set(dirname(file.path), { level, index: place.index });
    if (place.kind === 'entries') this.#bundles.push({ path: file.path, bytes: file.bytes.length });
  }

  /** Removes what a published checkpoint of this size made obsolete. */
  async removeObsolete(size: number): Promise<void> {
    const { files, directory } = this.#options;
    for (const [folder, { level, index }] of this.#folders) {
      if (index >= Math.floor(size / tileWidth ** (level + 1))) continue;
      await files.removeTree(join(directory, folder));
      this.#folders.delete(folder);
      this.#bundles = this.#bundles.filter(({ path }) => dirname(path) !== folder);
    }
    let total = this.#bundles.reduce((sum, { bytes }) => sum + bytes, 0);
    while (total > maxBundleBytes && this.#bundles.length > 1) {
      const oldest = this.#bundles.shift();
      if (oldest === undefined) return;
      total -= oldest.bytes;
      await files.removeTree(join(directory, oldest.path));
    }
  }

  #adoptFolder(folder: string, place: Folder): void {
    const { files, directory } = this.#options;
    if (files.list(join(directory, folder)).length > 0) this.#folders.set(folder, place);
  }
}
