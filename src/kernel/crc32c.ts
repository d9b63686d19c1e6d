/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes a step. Finds accidents, not attackers. */

const polynomial = 0x82f63b78;

/** Table k holds the effect of a byte followed by k zero bytes, 256 entries each. */
const buildTables = (): Uint32Array => {
  const tables = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const previous = tables[at - 256] ?? 0;
    tables[at] = (previous >>> 8) ^ (tables[previous & 0xff] ?? 0);
  }
  return tables;
};

const table = buildTables();

/**
 * CRC-32C of `bytes` as an unsigned 32-bit number.
 *
 * @param seed the CRC of what came before, to continue over several pieces
 */
export const crc32c = (bytes: Uint8Array, seed = 0): number => {
  const t = table;
  const length = bytes.length;
  let crc = ~seed;
  let i = 0;
  for (const end = length - 7; i < end; i += 8) {
    crc ^= (bytes[i] as number) | ((bytes[i + 1] as number) << 8);
    crc ^= ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
    crc =
      (t[1792 + (crc & 0xff)] as number) ^
      (t[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (t[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (t[1024 + (crc >>> 24)] as number) ^
      (t[768 + (bytes[i + 4] as number)] as number) ^
      (t[512 + (bytes[i + 5] as number)] as number) ^
      (t[256 + (bytes[i + 6] as number)] as number) ^
      (t[bytes[i + 7] as number] as number);
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
};
