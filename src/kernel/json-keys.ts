/**
 * Remembers the member names of the open objects of a JSON scan and finds duplicates. Small objects
 * are compared by bytes without making strings; large or escaped ones move to a set, so that the
 * cost stays linear on hostile input.
 */

export type KeyTrail = {
  readonly enter: () => void;
  readonly leave: () => void;
  /**
   * Adds the name in `[start, end)` to the innermost object.
   * Gives the number of names so far, or -1 for a duplicate.
   */
  readonly add: (start: number, end: number, isEscaped: boolean) => number;
};

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

/** Expects names that a scan found to be well-formed string contents. */
export const createKeyTrail = (bytes: Uint8Array): KeyTrail => {
  const frames: Frame[] = [];
  const { starts, ends, hashes }: Names = { starts: [], ends: [], hashes: [] };
  let count = 0;
  const text = (start: number, end: number): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();

  const promote = (frame: Frame): Set<string> => {
    const own = starts.slice(frame.base, count);
    frame.set = new Set(own.map((start, i) => text(start, ends[frame.base + i] as number)));
    return frame.set;
  };
  const addToSet = (set: Set<string>, name: string): number => {
    if (set.has(name)) return -1;
    set.add(name);
    return set.size;
  };
  const addSmall = (base: number, start: number, end: number): number => {
    const hash = hashOf(bytes, start, end);
    for (let i = base; i < count; i++) {
      if (hashes[i] !== hash) continue;
      const other = starts[i] as number;
      if ((ends[i] as number) - other !== end - start) continue;
      if (sameBytes(bytes, other, { start, end })) return -1;
    }
    starts[count] = start;
    ends[count] = end;
    hashes[count] = hash;
    count += 1;
    return count - base;
  };

  return {
    enter: () => {
      frames.push({ base: count, set: undefined });
    },
    leave: () => {
      // The places of its names are used again.
      count = (frames.pop() as Frame).base;
    },
    add: (start, end, isEscaped) => {
      const frame = frames[frames.length - 1] as Frame;
      const isSmall = frame.set === undefined && count - frame.base < smallObject;
      if (isSmall && !isEscaped) return addSmall(frame.base, start, end);
      const raw = text(start, end);
      const name = isEscaped ? (JSON.parse(`"${raw}"`) as string) : raw;
      return addToSet(frame.set ?? promote(frame), name);
    },
  };
};
