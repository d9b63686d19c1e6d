/** Reads the write-ahead segments back and judges whether they are whole. */
import { join } from 'node:path';
import { SallyportError } from '../../../kernel/errors.ts';
import { ledgerErrors } from '../errors.ts';
import type { FileOperations } from './file-operations.ts';
import type { Layout } from './layout.ts';
import {
  isSegmentHeader,
  parseSegmentName,
  scanFrames,
  segmentHeaderBytes,
  segmentName,
} from './segment.ts';
import type { Segment } from './wal.ts';

export type RecoveredWal = {
  readonly segments: readonly Segment[];
  /** Good bytes of the last segment; 0 without segments. */
  readonly activeBytes: number;
  readonly nextIndex: number;
  /** Bytes of a torn tail that will be cut off. */
  readonly tornBytes: number;
  /** Segments that were never begun properly; to be removed. */
  readonly leftovers: readonly string[];
  /** Payloads from index `first` on. */
  readonly first: number;
  readonly payloads: readonly Uint8Array[];
};

export type WalExpectation = {
  /** Payloads below this index are not kept. */
  readonly keepFrom: number;
  /** The published size: this many entries must be there or in full bundles. */
  readonly atLeast: number;
  /** True when nothing was ever published: an empty directory is a new log. */
  readonly isNew: boolean;
};

type Options = { readonly files: FileOperations; readonly layout: Layout };

type Reading = {
  readonly segments: Segment[];
  readonly payloads: Uint8Array[];
  readonly leftovers: string[];
  nextIndex: number;
  activeBytes: number;
  tornBytes: number;
};

const corrupt = (detail: string): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_CORRUPT, detail);

const listSegments = ({ files, layout }: Options): readonly Segment[] =>
  files
    .list(layout.wal)
    .flatMap((name) => {
      const first = parseSegmentName(name);
      return first === undefined ? [] : [{ first, path: join(layout.wal, name) }];
    })
    .toSorted((a, b) => a.first - b.first);

/** A crash while a segment was begun leaves at most part of its header. */
const isUnbegun = (bytes: Uint8Array, isLast: boolean): boolean =>
  isLast && bytes.length <= segmentHeaderBytes;

const readSegment = (
  reading: Reading,
  segment: Segment,
  given: { readonly bytes: Uint8Array; readonly isLast: boolean; readonly keepFrom: number },
): void => {
  const { bytes, isLast, keepFrom } = given;
  const name = segmentName(segment.first);
  if (segment.first !== reading.nextIndex)
    throw corrupt(`segment ${name} should begin with entry ${reading.nextIndex}`);
  if (!isSegmentHeader(bytes, segment.first)) {
    if (!isUnbegun(bytes, isLast)) throw corrupt(`segment ${name} has a damaged header`);
    reading.tornBytes += bytes.length;
    reading.leftovers.push(segment.path);
    return;
  }
  const scan = scanFrames(bytes, segmentHeaderBytes);
  if (scan.tail === 'damaged' || (scan.tail === 'torn' && !isLast))
    throw corrupt(
      `segment ${name} is damaged at byte ${scan.end}, entry ${segment.first + scan.payloads.length}`,
    );
  for (const [i, payload] of scan.payloads.entries())
    if (segment.first + i >= keepFrom) reading.payloads.push(payload);
  reading.nextIndex += scan.payloads.length;
  reading.activeBytes = scan.end;
  reading.tornBytes += bytes.length - scan.end;
  reading.segments.push(segment);
};

/**
 * Reads all segments.
 *
 * @throws SallyportError E_LEDGER_CORRUPT when entries are missing, damaged or out of order
 */
export const readWal = (options: Options, expected: WalExpectation): RecoveredWal => {
  const segments = listSegments(options);
  const first = segments[0]?.first;
  if (first === undefined && !expected.isNew) throw corrupt('the write-ahead log is missing');
  if (first !== undefined && first > expected.keepFrom)
    throw corrupt(`entries ${expected.keepFrom} to ${first - 1} are in no file`);
  const reading: Reading = {
    segments: [],
    payloads: [],
    leftovers: [],
    nextIndex: first ?? 0,
    activeBytes: 0,
    tornBytes: 0,
  };
  for (const [i, segment] of segments.entries()) {
    const bytes = options.files.read(segment.path) ?? new Uint8Array(0);
    const isLast = i === segments.length - 1;
    readSegment(reading, segment, { bytes, isLast, keepFrom: expected.keepFrom });
  }
  if (reading.nextIndex < expected.atLeast)
    throw corrupt(
      `entries ${reading.nextIndex} to ${expected.atLeast - 1} were acknowledged but are missing`,
    );
  return { ...reading, first: Math.max(expected.keepFrom, first ?? 0) };
};
