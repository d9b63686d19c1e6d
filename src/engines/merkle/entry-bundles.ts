/** Entry bundles, C2SP tlog-tiles: up to 256 entries, each with its length as two bytes before it. */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { merkleErrors } from './errors.ts';
import { tileWidth } from './tiles.ts';

/** Longest entry a bundle can hold. */
export const maxEntryBytes = 0xffff;

/**
 * Encodes a bundle.
 *
 * @throws RangeError for more than 256 entries or an entry above 65,535 bytes
 */
export const encodeEntryBundle = (entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  if (entries.length > tileWidth) throw new RangeError(`bundle of ${entries.length} entries`);
  const total = entries.reduce((sum, entry) => sum + 2 + entry.length, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > maxEntryBytes) throw new RangeError(`entry of ${entry.length} bytes`);
    bytes[at] = Math.floor(entry.length / 256);
    bytes[at + 1] = entry.length % 256;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
};

/** Splits a bundle into views of its entries; refuses cut-off ones and more than 256. */
export const parseEntryBundle = (bytes: Uint8Array): readonly Uint8Array[] | Refusal => {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const high = bytes[at] as number;
    const low = bytes[at + 1];
    const end = at + 2 + high * 256 + (low ?? 0);
    if (low === undefined || end > bytes.length)
      return refuse(merkleErrors.E_LOG_FORMAT, `entry bundle is cut off at byte ${at}`);
    if (entries.length === tileWidth)
      return refuse(merkleErrors.E_LOG_FORMAT, `entry bundle holds more than ${tileWidth} entries`);
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
};
