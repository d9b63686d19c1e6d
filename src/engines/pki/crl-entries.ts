/**
 * The entries of a revocation list as they stand in its bytes: scanned once without making objects,
 * found by binary search over offsets. Serial numbers are compared as INTEGER octets, the shorter
 * one first, which is their numeric order.
 */
import { DerReader, derTags } from '../../kernel/der-reader.ts';
import { reasonName, type RevocationReason } from './crl-reason.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { oids } from './oids.ts';

/** What a list says about one certificate. */
export type RevokedEntry = {
  readonly revokedAtMs: number;
  /** `unspecified` when the list gives none. */
  readonly reason: RevocationReason;
};

export type ScannedEntries = {
  /** Where the entries start, in the order of the list. */
  readonly starts: Uint32Array;
  readonly isSorted: boolean;
  /** Critical entry extensions we do not process, by OID. */
  readonly unknownCritical: readonly string[];
};

const maxSerialBytes = 20;
const entryDepth = 8;
/** An entry with one octet of serial number, a UTCTime and no extension. */
const minEntryBytes = 20;
const utcTimeBytes = 15;
const known: ReadonlySet<string> = new Set([oids.crlReason, oids.invalidityDate]);

/** SEQUENCE { SEQUENCE { reasonCode, OCTET STRING { ENUMERATED … } } } but for its last octet. */
export const reasonPrefix = Uint8Array.from([
  0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01,
]);
const reasonBytes = reasonPrefix.length + 1;

const octet = (bytes: Uint8Array, at: number): number => bytes[at] as number;

const twoDigits = (bytes: Uint8Array, at: number): number => {
  const tens = octet(bytes, at) - 0x30;
  const units = octet(bytes, at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : 99;
};

/** A UTCTime that needs no calendar: the last days of months (and 1999) take the slow way. */
const isPlainUtcTime = (bytes: Uint8Array, at: number): boolean => {
  if (octet(bytes, at) !== derTags.utcTime || octet(bytes, at + 1) !== 13) return false;
  const month = twoDigits(bytes, at + 4);
  const day = twoDigits(bytes, at + 6);
  return (
    twoDigits(bytes, at + 2) < 99 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    twoDigits(bytes, at + 8) < 24 &&
    twoDigits(bytes, at + 10) < 60 &&
    twoDigits(bytes, at + 12) < 60 &&
    octet(bytes, at + 14) === 0x5a
  );
};

const isPlainReason = (bytes: Uint8Array, at: number): boolean => {
  for (let i = 0; i < reasonPrefix.length; i++)
    if (octet(bytes, at + i) !== reasonPrefix[i]) return false;
  const reason = reasonName(octet(bytes, at + reasonPrefix.length));
  return reason !== undefined && reason !== 'removeFromCrl';
};

/** End of the entry at `at` when it has the usual shape, 0 when it takes the slow way. */
const plainEntryEnd = (bytes: Uint8Array, at: number, limit: number): number => {
  const length = octet(bytes, at + 1);
  const end = at + 2 + length;
  if (octet(bytes, at) !== derTags.sequence || length >= 0x80 || end > limit) return 0;
  const size = octet(bytes, at + 3);
  const first = octet(bytes, at + 4);
  if (octet(bytes, at + 2) !== derTags.integer || size < 1 || size > maxSerialBytes) return 0;
  if (first >= 0x80 || (first === 0 && size > 1 && octet(bytes, at + 5) < 0x80)) return 0;
  const time = at + 4 + size;
  const rest = end - time - utcTimeBytes;
  if ((rest !== 0 && rest !== reasonBytes) || !isPlainUtcTime(bytes, time)) return 0;
  return rest === 0 || isPlainReason(bytes, time + utcTimeBytes) ? end : 0;
};

const readReason = (extensions: Extensions, reader: DerReader): RevocationReason => {
  const extension = extensions.all.get(oids.crlReason);
  if (extension === undefined) return 'unspecified';
  const { value } = extension;
  const inside = new DerReader(value, { start: 0, end: value.length, depth: entryDepth });
  const reason = reasonName(inside.enumerated());
  inside.expectEnd();
  return reason ?? reader.fail('unknown revocation reason');
};

/** Reads one entry with the strict reader: any shape the standard allows. */
const readEntry = (reader: DerReader): RevokedEntry & { readonly unknown: readonly string[] } => {
  const entry = reader.sequence();
  const serial = entry.integerBytes();
  if (serial.length > maxSerialBytes || octet(serial, 0) >= 0x80) entry.fail('bad serial number');
  const revokedAtMs = entry.time();
  if (entry.isAtEnd) return { revokedAtMs, reason: 'unspecified', unknown: [] };
  const extensions = readExtensions(entry);
  entry.expectEnd();
  const reason = readReason(extensions, entry);
  // Only delta lists take a certificate off again, and those are refused as a whole.
  if (reason === 'removeFromCrl') entry.fail('removeFromCRL outside a delta list');
  const unknown = extensions.unknownCritical.filter((oid) => !known.has(oid));
  return { revokedAtMs, reason, unknown };
};

/** Where the INTEGER of the serial number starts in the entry at `start`. */
const serialAt = (bytes: Uint8Array, start: number): number => {
  const length = octet(bytes, start + 1);
  return start + 2 + (length < 0x80 ? 0 : length & 0x7f);
};

/** Order of the serial number of the entry at `start` and `serial` (octets of the INTEGER). */
export const compareSerial = (bytes: Uint8Array, start: number, serial: Uint8Array): number => {
  const at = serialAt(bytes, start);
  const size = octet(bytes, at + 1);
  if (size !== serial.length) return size - serial.length;
  for (let i = 0; i < size; i++) {
    const difference = octet(bytes, at + 2 + i) - octet(serial, i);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Order of two entries of the same list. */
const compareEntries = (bytes: Uint8Array, left: number, right: number): number => {
  const leftAt = serialAt(bytes, left);
  const rightAt = serialAt(bytes, right);
  const size = octet(bytes, leftAt + 1);
  const bySize = size - octet(bytes, rightAt + 1);
  if (bySize !== 0) return bySize;
  for (let i = 2; i < size + 2; i++) {
    const difference = octet(bytes, leftAt + i) - octet(bytes, rightAt + i);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Walks over all entries, checking each. Throws E_MALFORMED through the reader. */
export const scanEntries = (bytes: Uint8Array): ScannedEntries => {
  const limit = bytes.length;
  const starts = new Uint32Array(Math.ceil(limit / minEntryBytes));
  const unknown = new Set<string>();
  let count = 0;
  let isSorted = true;
  for (let at = 0; at < limit; count++) {
    let end = plainEntryEnd(bytes, at, limit);
    if (end === 0) {
      const reader = new DerReader(bytes, { start: at, end: limit, depth: entryDepth });
      for (const oid of readEntry(reader).unknown) unknown.add(oid);
      end = reader.offset;
    }
    if (count > 0 && isSorted) isSorted = compareEntries(bytes, starts[count - 1] ?? 0, at) < 0;
    starts[count] = at;
    at = end;
  }
  return { starts: starts.slice(0, count), isSorted, unknownCritical: [...unknown] };
};

/** A sorted copy of `starts`. */
export const sortEntries = (bytes: Uint8Array, starts: Uint32Array): Uint32Array =>
  starts.slice().sort((left, right) => compareEntries(bytes, left, right));

/** How many of the first `count` sorted entries lie before `serial`. */
export const positionOf = (
  entries: { readonly bytes: Uint8Array; readonly starts: Uint32Array; readonly count: number },
  serial: Uint8Array,
): number => {
  let low = 0;
  let high = entries.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareSerial(entries.bytes, entries.starts[middle] ?? 0, serial) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Decodes the scanned entry at `start`. */
export const entryAt = (bytes: Uint8Array, start: number): RevokedEntry => {
  const reader = new DerReader(bytes, { start, end: bytes.length, depth: entryDepth });
  const { revokedAtMs, reason } = readEntry(reader);
  return { revokedAtMs, reason };
};
