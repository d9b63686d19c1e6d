/**
 * Reads the write-ahead segments forward: a 16-byte header (`SPWAL\0\0\1`, u64be first index), then
 * frames u32be length ‖ u32be CRC-32C(length bytes ‖ payload) ‖ payload. One window in memory.
 */
import { crc32c } from '../../../kernel/crc32c.ts';
import { attempt } from './report.ts';
import type { Scan } from './scan.ts';

export type Frame = { readonly index: number; readonly payload: Uint8Array };

type Segment = { readonly path: string; readonly first: number; readonly isLast: boolean };

const walDirectory = 'wal';
const headerBytes = 16;
const frameBytes = 8;
const maxPayloadBytes = 0xffff;
const windowBytes = 1024 * 1024;
const magic = Buffer.from('SPWAL\0\0\u0001', 'latin1');

const listSegments = ({ files, report, isLive }: Scan): readonly Segment[] => {
  const names = attempt(report, walDirectory, () => files.list(walDirectory)) ?? [];
  const firsts: number[] = [];
  for (const { name, kind } of names) {
    const match = /^([0-9]{16})\.seg$/.exec(name);
    const first = Number(match?.[1]);
    if (match !== null && kind === 'file' && Number.isSafeInteger(first)) firsts.push(first);
    else if (!(isLive && name.endsWith('.tmp'))) report.add(`unknown file wal/${name}`);
  }
  return firsts
    .toSorted((left, right) => left - right)
    .map((first, i) => ({
      first,
      path: `${walDirectory}/${String(first).padStart(16, '0')}.seg`,
      isLast: i === firsts.length - 1,
    }));
};

/** All frames in order. Stops, with a problem in the report, where the segments stop making sense. */
export const readFrames = function* (scan: Scan): Generator<Frame, void, undefined> {
  let next: number | undefined;
  for (const segment of listSegments(scan)) {
    if (next !== undefined && segment.first !== next) {
      scan.report.add(
        `${segment.path} should begin with entry ${next}`,
        Math.min(segment.first, next),
      );
      return;
    }
    const end = yield* readSegment(scan, segment);
    if (end === undefined) return;
    next = end;
  }
};

/** Window over one segment; `at` is where the next frame begins. */
type Window = {
  readonly scan: Scan;
  readonly path: string;
  bytes: Uint8Array;
  start: number;
  at: number;
};

/** The next `length` bytes without consuming them; fewer at the end of the file. */
const peek = (window: Window, length: number): Uint8Array => {
  const from = window.at - window.start;
  if (from + length <= window.bytes.length) return window.bytes.subarray(from, from + length);
  const { files, report } = window.scan;
  const want = Math.max(windowBytes, length);
  const bytes = attempt(report, window.path, () => files.readAt(window.path, window.at, want));
  window.bytes = bytes ?? new Uint8Array(0);
  window.start = window.at;
  return window.bytes.subarray(0, length);
};

const u32 = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);

const headerFault = (bytes: Uint8Array, first: number): string | undefined => {
  if (bytes.length < headerBytes) return 'header is cut off';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isGood =
    Buffer.compare(bytes.subarray(0, magic.length), magic) === 0 &&
    view.getBigUint64(magic.length) === BigInt(first);
  return isGood ? undefined : 'header is wrong';
};

/** Yields the frames of one segment and returns the index after the last, undefined after a fault. */
const readSegment = function* (
  scan: Scan,
  segment: Segment,
): Generator<Frame, number | undefined, undefined> {
  const window: Window = { scan, path: segment.path, bytes: new Uint8Array(0), start: 0, at: 0 };
  const fault = headerFault(peek(window, headerBytes), segment.first);
  if (fault !== undefined) return torn(window, segment, { fault, index: segment.first });
  window.at = headerBytes;
  let index = segment.first;
  for (;;) {
    const frame = readFrame(window);
    if (frame === 'end') return index;
    if (typeof frame === 'string') return torn(window, segment, { fault: frame, index });
    yield { index, payload: frame };
    index += 1;
  }
};

/** A torn tail of the last segment is what a writer at work leaves; anything else is a problem. */
const torn = (
  { scan, at }: Window,
  segment: Segment,
  { fault, index }: { readonly fault: string; readonly index: number },
): undefined => {
  if (!(scan.isLive && segment.isLast))
    scan.report.add(`${segment.path}: ${fault} at byte ${at}`, index);
  return undefined;
};

const readFrame = (
  window: Window,
): Uint8Array | 'end' | 'frame is cut off' | 'frame is damaged' => {
  const head = peek(window, frameBytes);
  if (head.length === 0) return 'end';
  if (head.length < frameBytes) return 'frame is cut off';
  const length = u32(head, 0);
  if (length === 0 || length > maxPayloadBytes) return 'frame is damaged';
  const frame = peek(window, frameBytes + length);
  if (frame.length < frameBytes + length) return 'frame is cut off';
  const payload = frame.subarray(frameBytes);
  if (crc32c(payload, crc32c(frame.subarray(0, 4))) !== u32(frame, 4)) return 'frame is damaged';
  window.at += frame.length;
  return payload;
};

export type FrameCursor = {
  /** Payload of an entry; undefined when the segments do not hold it. Ask in ascending order. */
  readonly take: (index: number) => Uint8Array | undefined;
};

/** Frames by ascending index. */
export const createFrameCursor = (scan: Scan): FrameCursor => {
  const frames = readFrames(scan);
  let current = frames.next();
  return {
    take: (index) => {
      while (current.done !== true && current.value.index < index) current = frames.next();
      if (current.done === true || current.value.index > index) return undefined;
      const { payload } = current.value;
      current = frames.next();
      return payload;
    },
  };
};
