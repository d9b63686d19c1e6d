/**
 * The write-ahead log: appends frames to the active segment and makes them durable. After a failed
 * write the file is cut back to what was durable; after a failed fdatasync nothing is promised any
 * more, because the kernel may have dropped the dirty pages and a later sync would lie.
 */
import { join } from 'node:path';
import { type FileOperations, isFull, systemCode } from './file-operations.ts';
import { encodeSegmentHeader, segmentHeaderBytes, segmentName } from './segment.ts';

/** One writev call takes at most this many buffers. */
const maxBuffers = 512;

/** Why an append failed: `full` may pass, `failed` is for good. */
export class WalFailure extends Error {
  override readonly name = 'WalFailure';
  readonly kind: 'full' | 'failed';
  readonly systemCode: string;

  constructor(kind: 'full' | 'failed', cause: unknown) {
    super(`write-ahead log: ${systemCode(cause)}`, { cause });
    this.kind = kind;
    this.systemCode = systemCode(cause);
  }
}

export type Segment = { readonly first: number; readonly path: string };

export type WalOptions = {
  readonly files: FileOperations;
  readonly directory: string;
  /** Rotation begins a new segment above this size. */
  readonly segmentBytes: number;
  /** Existing segments, oldest first; the last one is continued. Empty: a new log. */
  readonly segments: readonly Segment[];
  /** Good bytes of the last segment. */
  readonly activeBytes: number;
  readonly nextIndex: number;
};

export class Wal {
  readonly #files: FileOperations;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #fd: number | undefined;
  #size: number;
  #nextIndex: number;

  /** Opens the last segment (cutting a torn tail off) or begins the first one. */
  constructor(options: WalOptions) {
    this.#files = options.files;
    this.#directory = options.directory;
    this.#segmentBytes = options.segmentBytes;
    this.#segments = [...options.segments];
    this.#size = options.activeBytes;
    this.#nextIndex = options.nextIndex;
    const active = this.#segments.at(-1);
    if (active === undefined) this.#begin();
    else {
      this.#fd = this.#files.open(active.path);
      this.#files.truncate(this.#fd, this.#size);
      this.#files.dataSync(this.#fd);
    }
  }

  /** Index of the next entry. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /**
   * Appends sealed frames and returns when they are durable.
   *
   * @throws WalFailure; with kind `full` the segment is as it was before the call
   */
  append(buffers: readonly Uint8Array[], count: number): void {
    if (this.#size >= this.#segmentBytes) this.#rotate();
    const fd = this.#active();
    const start = this.#size;
    try {
      for (let i = 0; i < buffers.length; i += maxBuffers)
        this.#size += this.#writeAll(fd, buffers.slice(i, i + maxBuffers));
    } catch (error) {
      this.#size = start;
      this.#cutBack(fd, error);
    }
    try {
      this.#files.dataSync(fd);
    } catch (error) {
      throw new WalFailure('failed', error);
    }
    this.#nextIndex += count;
  }

  /** Removes segments whose every entry is below `index`; the active one stays. */
  removeBelow(index: number): void {
    let next = this.#segments[1];
    while (next !== undefined && next.first <= index) {
      const [oldest] = this.#segments.splice(0, 1);
      if (oldest !== undefined) this.#files.remove(oldest.path);
      next = this.#segments[1];
    }
  }

  close(): void {
    if (this.#fd !== undefined) this.#files.close(this.#fd);
    this.#fd = undefined;
  }

  #active(): number {
    if (this.#fd === undefined) throw new WalFailure('failed', new Error('the log is closed'));
    return this.#fd;
  }

  #writeAll(fd: number, buffers: readonly Uint8Array[]): number {
    const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    let written = 0;
    let rest = buffers;
    while (written < total) {
      const step = this.#files.write(fd, rest, this.#size + written);
      if (step <= 0) throw new Error('nothing was written');
      written += step;
      rest = skipBytes(rest, step);
    }
    return total;
  }

  /** Undoes a failed write; a full disk is forgiven only when that works. */
  #cutBack(fd: number, cause: unknown): never {
    try {
      this.#files.truncate(fd, this.#size);
    } catch {
      throw new WalFailure('failed', cause);
    }
    throw new WalFailure(isFull(cause) ? 'full' : 'failed', cause);
  }

  #rotate(): void {
    const old = this.#fd;
    this.#begin();
    if (old !== undefined) this.#files.close(old);
  }

  /** Begins the segment for the next index; leaves the old one active when that fails. */
  #begin(): void {
    const path = join(this.#directory, segmentName(this.#nextIndex));
    let fd: number | undefined;
    try {
      fd = this.#files.open(path);
      this.#files.truncate(fd, 0);
      this.#files.write(fd, [encodeSegmentHeader(this.#nextIndex)], 0);
      this.#files.dataSync(fd);
      this.#files.syncDirectory(this.#directory);
    } catch (error) {
      this.#abandon(fd, path);
      throw new WalFailure(isFull(error) ? 'full' : 'failed', error);
    }
    this.#fd = fd;
    this.#size = segmentHeaderBytes;
    this.#segments.push({ first: this.#nextIndex, path });
  }

  #abandon(fd: number | undefined, path: string): void {
    try {
      if (fd !== undefined) this.#files.close(fd);
      this.#files.remove(path);
    } catch {
      // The failure that led here is reported; a header without frames is recognised at start.
    }
  }
}

const skipBytes = (buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] => {
  const rest = [...buffers];
  let left = count;
  for (let first = rest[0]; first !== undefined && left >= first.length; first = rest[0]) {
    left -= first.length;
    rest.shift();
  }
  if (left > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(left);
  return rest;
};
