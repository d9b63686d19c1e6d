/**
 * The revoked serial numbers of one authority, encoded entry by entry and kept in order, so that a
 * new list costs one copy and one signature however many entries it has.
 */
import { derTime } from '../../kernel/der-writer.ts';
import { derTags } from '../../kernel/der-tags.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { compareSerial, positionOf, reasonPrefix } from './crl-entries.ts';
import { reasonNumber, type RevocationReason } from './crl-reason.ts';
import { pkiErrors } from './errors.ts';

export type RevokedSerial = {
  /** As in `Certificate.serialNumber`: lower-case hex of the INTEGER's octets. */
  readonly serialNumber: string;
  readonly revokedAtMs: number;
  /** `unspecified` (and then not written) when absent. */
  readonly reason?: RevocationReason;
  /**
   * When the entry may go: after the certificate's end plus one list (RFC 5280 section 3.3). Kept
   * forever when absent.
   */
  readonly forgetAfterMs?: number;
};

type Encoded = {
  readonly serial: Uint8Array;
  readonly bytes: Uint8Array;
  readonly forgetAfterMs: number;
};
type Settled = {
  /** Entries side by side, in the order of their serial numbers. */
  readonly bytes: Uint8Array;
  /** Where each starts, and one more: the end. */
  readonly starts: Uint32Array;
  readonly forgetAfterMs: Float64Array;
  readonly count: number;
};

const maxSerialDigits = 40;
const reasonBytes = reasonPrefix.length + 1;

const settledOf = (count: number, size: number): Settled => ({
  bytes: new Uint8Array(size),
  starts: new Uint32Array(count + 1),
  forgetAfterMs: new Float64Array(count),
  count,
});

const encodeEntry = (entry: RevokedSerial, serial: Uint8Array, time: Uint8Array): Uint8Array => {
  const reason = reasonNumber(entry.reason ?? 'unspecified');
  const length = 2 + serial.length + time.length + (reason === 0 ? 0 : reasonBytes);
  const bytes = new Uint8Array(2 + length);
  bytes.set([derTags.sequence, length, derTags.integer, serial.length]);
  bytes.set(serial, 4);
  bytes.set(time, 4 + serial.length);
  if (reason === 0) return bytes;
  bytes.set(reasonPrefix, 4 + serial.length + time.length);
  bytes[bytes.length - 1] = reason;
  return bytes;
};

/** Octets of a positive INTEGER in its only encoding; undefined for anything else. */
const parseSerial = (serialNumber: string): Uint8Array | undefined => {
  const digits = serialNumber.length;
  if (digits < 2 || digits > maxSerialDigits || digits % 2 !== 0) return undefined;
  if (!/^[0-9a-f]+$/.test(serialNumber)) return undefined;
  const bytes = Buffer.from(serialNumber, 'hex');
  const [first = 0, second = 0x80] = bytes;
  return first >= 0x80 || (first === 0 && second < 0x80) ? undefined : bytes;
};

const bySerial = (left: Encoded, right: Encoded): number =>
  left.serial.length - right.serial.length || Buffer.compare(left.serial, right.serial);

/** Copies runs of entries from one settled state into a larger or smaller one. */
class Builder {
  readonly result: Settled;
  #count = 0;
  #at = 0;

  constructor(count: number, size: number) {
    this.result = settledOf(count, size);
  }

  run(from: Settled, start: number, end: number): void {
    const { bytes, starts, forgetAfterMs } = this.result;
    const first = from.starts[start] ?? 0;
    const last = from.starts[end] ?? 0;
    const shift = this.#at - first;
    bytes.set(from.bytes.subarray(first, last), this.#at);
    forgetAfterMs.set(from.forgetAfterMs.subarray(start, end), this.#count);
    for (let i = start; i < end; i++) starts[this.#count++] = (from.starts[i] ?? 0) + shift;
    this.#at += last - first;
    starts[this.#count] = this.#at;
  }

  one(entry: Encoded): void {
    const { bytes, starts, forgetAfterMs } = this.result;
    bytes.set(entry.bytes, this.#at);
    forgetAfterMs[this.#count] = entry.forgetAfterMs;
    starts[this.#count++] = this.#at;
    this.#at += entry.bytes.length;
    starts[this.#count] = this.#at;
  }
}

const merge = (settled: Settled, fresh: readonly Encoded[]): Settled => {
  const size = fresh.reduce((sum, { bytes }) => sum + bytes.length, settled.bytes.length);
  const builder = new Builder(settled.count + fresh.length, size);
  let from = 0;
  for (const entry of fresh) {
    const position = positionOf(settled, entry.serial);
    builder.run(settled, from, position);
    builder.one(entry);
    from = position;
  }
  builder.run(settled, from, settled.count);
  return builder.result;
};

const keepOnly = (settled: Settled, nowMs: number): Settled => {
  const isKept = (i: number): boolean => (settled.forgetAfterMs[i] ?? 0) > nowMs;
  let count = 0;
  let size = 0;
  for (let i = 0; i < settled.count; i++) {
    if (!isKept(i)) continue;
    count += 1;
    size += (settled.starts[i + 1] ?? 0) - (settled.starts[i] ?? 0);
  }
  if (count === settled.count) return settled;
  const builder = new Builder(count, size);
  for (let start = 0; start < settled.count; ) {
    let end = start;
    while (end < settled.count && isKept(end)) end++;
    builder.run(settled, start, end);
    start = end + 1;
  }
  return builder.result;
};

/** A growing set of revoked serial numbers. Adding is cheap; `encoded` sorts what came since. */
export class RevocationList {
  #settled: Settled = settledOf(0, 0);
  readonly #fresh = new Map<string, Encoded>();
  /** Many are revoked at once; the last date is kept as encoded. */
  #lastDate = { timeMs: Number.NaN, bytes: new Uint8Array(0) };

  get size(): number {
    return this.#settled.count + this.#fresh.size;
  }

  has(serialNumber: string): boolean {
    if (this.#fresh.has(serialNumber)) return true;
    const serial = parseSerial(serialNumber);
    if (serial === undefined) return false;
    const { bytes, starts, count } = this.#settled;
    const position = positionOf(this.#settled, serial);
    return position < count && compareSerial(bytes, starts[position] ?? 0, serial) === 0;
  }

  /**
   * Adds a serial number; false when it is there already (the first date and reason stay).
   * E_PKI_REQUEST for what is no serial number, no date, or `removeFromCrl`.
   */
  add(entry: RevokedSerial): boolean | Refusal {
    const serial = parseSerial(entry.serialNumber);
    if (serial === undefined) return refuse(pkiErrors.E_PKI_REQUEST, 'not a serial number');
    const year = new Date(entry.revokedAtMs).getUTCFullYear();
    if (!(year >= 1950 && year <= 9999)) return refuse(pkiErrors.E_PKI_REQUEST, 'bad date');
    if (entry.reason === 'removeFromCrl')
      return refuse(pkiErrors.E_PKI_REQUEST, 'a complete list removes nothing');
    if (this.has(entry.serialNumber)) return false;
    const bytes = encodeEntry(entry, serial, this.#encodeDate(entry.revokedAtMs));
    const forgetAfterMs = entry.forgetAfterMs ?? Number.POSITIVE_INFINITY;
    this.#fresh.set(entry.serialNumber, { serial, bytes, forgetAfterMs });
    return true;
  }

  /** Drops entries whose time to be forgotten has come; returns how many. */
  forget(nowMs: number): number {
    const before = this.size;
    this.#settle();
    this.#settled = keepOnly(this.#settled, nowMs);
    return before - this.size;
  }

  /** The entries as they stand in a list, ordered by serial number. Valid until the next change. */
  encoded(): Uint8Array {
    this.#settle();
    return this.#settled.bytes;
  }

  #encodeDate(timeMs: number): Uint8Array {
    if (this.#lastDate.timeMs !== timeMs) this.#lastDate = { timeMs, bytes: derTime(timeMs) };
    return this.#lastDate.bytes;
  }

  #settle(): void {
    if (this.#fresh.size === 0) return;
    this.#settled = merge(this.#settled, [...this.#fresh.values()].sort(bySerial));
    this.#fresh.clear();
  }
}
