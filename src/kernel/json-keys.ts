/**
 * Remembers the member names of the open objects of a JSON scan and finds duplicates. Small objects
 * are compared by bytes without making strings; large or escaped ones move to a set, so that the
 * cost stays linear on hostile input.
 */

/** Names of the open objects, one after the other; an object's own are the last ones. */
type Names = { readonly starts: number[]; readonly ends: number[]; readonly hashes: number[] };
/** `base`: where the object's names begin. */
type Frame = { readonly base: number; set: Set<string> | undefined };
type Place = { readonly start: number; readonly end: number };

const smallObject = 48;

const hashOf = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
};

const sameBytes = (bytes: Uint8Array, left: number, { start, end }: Place): boolean => {
  for (let i = 0; i < end - start; i++) if (bytes[left + i] !== bytes[start + i]) return false;
  return true;
};

/** The names of one scan. Expects names that the scan found to be well-formed string contents. */
export class KeyTrail {
  readonly #bytes: Uint8Array;
  readonly #frames: Frame[] = [];
  readonly #names: Names = { starts: [], ends: [], hashes: [] };
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  enter(): void {
    this.#frames.push({ base: this.#count, set: undefined });
  }

  leave(): void {
    // The places of its names are used again.
    this.#count = (this.#frames.pop() as Frame).base;
  }

  /**
   * Adds the name in `[start, end)` to the innermost object.
   * Gives the number of names so far, or -1 for a duplicate.
   */
  add(start: number, end: number, isEscaped: boolean): number {
    const frame = this.#frames[this.#frames.length - 1] as Frame;
    const isSmall = frame.set === undefined && this.#count - frame.base < smallObject;
    if (isSmall && !isEscaped) return this.#addSmall(frame.base, start, end);
    const raw = this.#text(start, end);
    const name = isEscaped ? (JSON.parse(`"${raw}"`) as string) : raw;
    const set = frame.set ?? this.#promote(frame);
    if (set.has(name)) return -1;
    set.add(name);
    return set.size;
  }

  #addSmall(base: number, start: number, end: number): number {
    const bytes = this.#bytes;
    const { starts, ends, hashes } = this.#names;
    const hash = hashOf(bytes, start, end);
    for (let i = base; i < this.#count; i++) {
      if (hashes[i] !== hash) continue;
      const other = starts[i] as number;
      if ((ends[i] as number) - other !== end - start) continue;
      if (sameBytes(bytes, other, { start, end })) return -1;
    }
    starts[this.#count] = start;
    ends[this.#count] = end;
    hashes[this.#count] = hash;
    this.#count += 1;
    return this.#count - base;
  }

  #promote(frame: Frame): Set<string> {
    const { starts, ends } = this.#names;
    const own = starts.slice(frame.base, this.#count);
    frame.set = new Set(own.map((start, i) => this.#text(start, ends[frame.base + i] as number)));
    return frame.set;
  }

  #text(start: number, end: number): string {
    const bytes = this.#bytes;
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  }
}
