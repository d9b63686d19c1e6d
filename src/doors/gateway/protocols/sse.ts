/**
 * Server-sent events out of a byte stream (WHATWG HTML section 9.2.6): lines end CR, LF or CRLF, an
 * empty line ends an event, chunk borders mean nothing. Events stay byte ranges, so that what is
 * not changed is passed on without being copied or decoded.
 */

/** One complete event with its terminating empty line. */
export type SseEvent = {
  readonly raw: Buffer;
  /** `data:` lines joined by LF; empty for comments and other fields alone. */
  readonly data: string;
  readonly hasData: boolean;
};

export type SseSplitter = {
  /** Complete events in order; `too-long` when one exceeds the bound, and forever after. */
  readonly push: (chunk: Buffer) => readonly SseEvent[] | 'too-long';
  /** Bytes of an event that never ended. */
  readonly rest: () => Buffer;
};

const lf = 0x0a;
const cr = 0x0d;
const nothing = Buffer.alloc(0);

/** Length of the line end at `at`: 0 none, 1, 2; -1 when the next byte must be awaited. */
const lineEnd = (bytes: Buffer, at: number): number => {
  const byte = bytes[at];
  if (byte === lf) return 1;
  if (byte !== cr) return 0;
  if (at + 1 >= bytes.length) return -1;
  return bytes[at + 1] === lf ? 2 : 1;
};

type Scan = { readonly end: number; readonly resumeAt: number };

/**
 * End of the event that starts before `from`; -1 when it is not complete. `from` is a place where
 * no earlier byte can be part of the terminating empty line. LF-only streams, which is what
 * upstreams send, are found by native search.
 */
const findEnd = (bytes: Buffer, from: number): Scan => {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte !== lf && byte !== cr) {
      at += 1;
      continue;
    }
    const first = lineEnd(bytes, at);
    if (first < 0) return { end: -1, resumeAt: at };
    if (at + first >= bytes.length) return { end: -1, resumeAt: at };
    const second = lineEnd(bytes, at + first);
    if (second < 0) return { end: -1, resumeAt: at };
    if (second > 0) return { end: at + first + second, resumeAt: at + first + second };
    at += first;
  }
  return { end: -1, resumeAt: at };
};

const splitLines = (text: string): readonly string[] =>
  text.includes('\r') ? text.split(/\r\n|\r|\n/) : text.split('\n');

/** Joins the data lines of an event. */
export const eventData = (raw: Buffer): string | undefined => {
  let data: string | undefined;
  for (const line of splitLines(raw.toString('utf8'))) {
    if (!line.startsWith('data')) continue;
    const after = line.charCodeAt(4);
    // `data` alone is an empty data line; `database:` is another field.
    if (line.length > 4 && after !== 0x3a) continue;
    const value = line.charCodeAt(5) === 0x20 ? line.slice(6) : line.slice(5);
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data;
};

const eventOf = (raw: Buffer): SseEvent => {
  const data = eventData(raw);
  return { raw, data: data ?? '', hasData: data !== undefined };
};

/** A splitter that holds back at most `maxEventBytes`. */
export const createSseSplitter = (maxEventBytes: number): SseSplitter => {
  let held: Buffer = nothing;
  let resumeAt = 0;
  let isBroken = false;
  return {
    push: (chunk) => {
      if (isBroken) return 'too-long';
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const events: SseEvent[] = [];
      let start = 0;
      let scan = findEnd(bytes, resumeAt);
      while (scan.end >= 0) {
        events.push(eventOf(bytes.subarray(start, scan.end)));
        start = scan.end;
        scan = findEnd(bytes, scan.resumeAt);
      }
      held = start === bytes.length ? nothing : bytes.subarray(start);
      resumeAt = Math.max(0, scan.resumeAt - start);
      isBroken = held.length > maxEventBytes;
      return isBroken ? 'too-long' : events;
    },
    rest: () => held,
  };
};
