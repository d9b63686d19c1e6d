/**
 * Disk space kept back so that the refusal of a full disk can still be recorded: a file of random
 * bytes, deleted when the disk is full, written again when there is space.
 */
import { dirname } from 'node:path';
import { type FileOperations, isFull } from './file-operations.ts';

export type ReserveOptions = {
  readonly files: FileOperations;
  readonly path: string;
  readonly sizeBytes: number;
};

export class Reserve {
  readonly #options: ReserveOptions;
  #isHeld = false;

  constructor(options: ReserveOptions) {
    this.#options = options;
  }

  /**
   * Takes the reserve if it is not held and there is as much again left over; false when the disk
   * is too full. Throws any other system error.
   */
  take(): boolean {
    if (this.#isHeld) return true;
    const { files, path, sizeBytes } = this.#options;
    // Left by an earlier run: giving it up first could mean not getting it back.
    this.#isHeld = files.sizeBytes(path) === sizeBytes;
    if (this.#isHeld) return true;
    try {
      files.allocate(path, sizeBytes);
      this.#isHeld = files.freeBytes(dirname(path)) >= sizeBytes;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    if (!this.#isHeld) files.remove(path);
    return this.#isHeld;
  }

  /** Gives the space free. */
  release(): void {
    this.#isHeld = false;
    this.#options.files.remove(this.#options.path);
  }
}
