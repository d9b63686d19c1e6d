/** Splits a byte stream into JSON lines, bounded: a line that is too long ends the reading. */

export type LineSplitter = {
  /** Lines completed by this chunk, without their newline. Throws RangeError beyond the bound. */
  readonly push: (chunk: Uint8Array) => readonly Uint8Array[];
};

const newline = 0x0a;

/** Creates a splitter; empty lines are skipped. */
export const createLineSplitter = (maxLineBytes: number): LineSplitter => {
  let parts: Uint8Array[] = [];
  let size = 0;
  const keep = (part: Uint8Array): void => {
    size += part.length;
    if (size > maxLineBytes) throw new RangeError(`a line exceeds ${maxLineBytes} bytes`);
    if (part.length > 0) parts.push(part);
  };
  return {
    push: (chunk) => {
      const lines: Uint8Array[] = [];
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(newline, start);
        if (end < 0) break;
        keep(chunk.subarray(start, end));
        if (size > 0)
          lines.push(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts));
        parts = [];
        size = 0;
        start = end + 1;
      }
      // The chunk's buffer may be used again by whoever read it.
      keep(Uint8Array.from(chunk.subarray(start)));
      return lines;
    },
  };
};
