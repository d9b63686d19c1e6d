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

type Name = { readonly start: number; readonly end: number; readonly hash: number };
type Frame = { readonly names: Name[]; set: Set<string> | undefined };

const smallObject = 16;

const hashOf = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
};

const sameBytes = (bytes: Uint8Array, left: Name, right: Name): boolean => {
  const length = left.end - left.start;
  if (right.end - right.start !== length) return false;
  for (let i = 0; i < length; i++)
    if (bytes[left.start + i] !== bytes[right.start + i]) return false;
  return true;
};

/** Expects names that a scan found to be well-formed string contents. */
export const createKeyTrail = (bytes: Uint8Array): KeyTrail => {
  const frames: Frame[] = [];
  const text = (start: number, end: number): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();

  const promote = (frame: Frame): Set<string> => {
    frame.set = new Set(frame.names.map((name) => text(name.start, name.end)));
    return frame.set;
  };
  const addToSet = (set: Set<string>, name: string): number => {
    if (set.has(name)) return -1;
    set.add(name);
    return set.size;
  };

  return {
    enter: () => {
      frames.push({ names: [], set: undefined });
    },
    leave: () => {
      frames.pop();
    },
    add: (start, end, isEscaped) => {
      const frame = frames[frames.length - 1] as Frame;
      const { names } = frame;
      if (frame.set !== undefined || isEscaped || names.length >= smallObject) {
        const raw = text(start, end);
        const name = isEscaped ? (JSON.parse(`"${raw}"`) as string) : raw;
        return addToSet(frame.set ?? promote(frame), name);
      }
      const name = { start, end, hash: hashOf(bytes, start, end) };
      for (const other of names)
        if (other.hash === name.hash && sameBytes(bytes, other, name)) return -1;
      return names.push(name);
    },
  };
};
