/**
 * Write-ahead segments: a 16-byte header (`SPWAL\0\0\1`, u64be index of the first entry), then
 * frames u32be length ‖ u32be CRC-32C(length bytes ‖ payload) ‖ payload.
 */
import { crc32c } from '../../../kernel/crc32c.ts';

export const segmentHeaderBytes = 16;
export const frameHeaderBytes = 8;
/** Longest payload: what a C2SP entry bundle can hold. */
export const maxPayloadBytes = 0xffff;

const magic = [0x53, 0x50, 0x57, 0x41, 0x4c, 0, 0, 1];
const suffix = '.seg';
const indexDigits = 16;

/** File name of the segment that begins with an index. */
export const segmentName = (firstIndex: number): string =>
  `${String(firstIndex).padStart(indexDigits, '0')}${suffix}`;

/** The index in a segment's name; undefined for other files. */
export const parseSegmentName = (name: string): number | undefined => {
  if (name.length !== indexDigits + suffix.length || !name.endsWith(suffix)) return undefined;
  const digits = name.slice(0, indexDigits);
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
};

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const encodeSegmentHeader = (firstIndex: number): Uint8Array<ArrayBuffer> => {
  const header = new Uint8Array(segmentHeaderBytes);
  header.set(magic);
  viewOf(header).setBigUint64(magic.length, BigInt(firstIndex));
  return header;
};

/** True for a complete header of the segment that begins with the index. */
export const isSegmentHeader = (bytes: Uint8Array, firstIndex: number): boolean => {
  const expected = encodeSegmentHeader(firstIndex);
  return expected.every((byte, i) => bytes[i] === byte);
};

/** Writes the length of a frame at `at`; the checksum is filled in by `sealFrames`. */
export const putFrameLength = (buffer: Uint8Array, at: number, length: number): void => {
  buffer[at] = length >>> 24;
  buffer[at + 1] = (length >>> 16) & 0xff;
  buffer[at + 2] = (length >>> 8) & 0xff;
  buffer[at + 3] = length & 0xff;
};

const frameChecksum = (bytes: Uint8Array, at: number, end: number): number =>
  crc32c(bytes.subarray(at + frameHeaderBytes, end), crc32c(bytes.subarray(at, at + 4)));

/** End of the frame at `at` as its length field says; 0 when it cannot be a frame. */
const frameEnd = (bytes: Uint8Array, view: DataView, at: number): number => {
  if (at + frameHeaderBytes > bytes.length) return 0;
  const length = view.getUint32(at);
  const end = at + frameHeaderBytes + length;
  return length === 0 || length > maxPayloadBytes || end > bytes.length ? 0 : end;
};

/**
 * Fills in the checksums of consecutive frames and returns views of their payloads; undefined when
 * the lengths do not add up to the buffer.
 */
export const sealFrames = (bytes: Uint8Array): readonly Uint8Array[] | undefined => {
  const view = viewOf(bytes);
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = frameEnd(bytes, view, at);
    if (end === 0) return undefined;
    view.setUint32(at + 4, frameChecksum(bytes, at, end));
    payloads.push(bytes.subarray(at + frameHeaderBytes, end));
    at = end;
  }
  return payloads;
};

export type FrameScan = {
  readonly payloads: readonly Uint8Array[];
  /** Where the good frames end. */
  readonly end: number;
  /** `torn`: an unfinished write; `damaged`: good frames follow bad bytes. */
  readonly tail: 'clean' | 'torn' | 'damaged';
};

const isGoodFrame = (bytes: Uint8Array, view: DataView, at: number): boolean => {
  const end = frameEnd(bytes, view, at);
  return end !== 0 && view.getUint32(at + 4) === frameChecksum(bytes, at, end);
};

/** A frame header begins with two zero bytes, which no JSON text holds, so the search is quick. */
const hasGoodFrameAfter = (bytes: Uint8Array, view: DataView, from: number): boolean => {
  for (let at = bytes.indexOf(0, from); at >= 0; at = bytes.indexOf(0, at + 1))
    if (bytes[at + 1] === 0 && isGoodFrame(bytes, view, at)) return true;
  return false;
};

/** Reads frames from `from` to the end and judges what follows the last good one. */
export const scanFrames = (bytes: Uint8Array, from: number): FrameScan => {
  const view = viewOf(bytes);
  const payloads: Uint8Array[] = [];
  let at = from;
  while (at < bytes.length && isGoodFrame(bytes, view, at)) {
    const end = frameEnd(bytes, view, at);
    payloads.push(bytes.subarray(at + frameHeaderBytes, end));
    at = end;
  }
  if (at >= bytes.length) return { payloads, end: at, tail: 'clean' };
  const tail = hasGoodFrameAfter(bytes, view, at + 1) ? 'damaged' : 'torn';
  return { payloads, end: at, tail };
};
