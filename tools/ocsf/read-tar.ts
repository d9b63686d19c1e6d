/** Reads regular files out of an uncompressed POSIX tar (ustar): enough for the OCSF archive. */

const blockSize = 512;
const ascii = new TextDecoder('latin1');

const field = (block: Uint8Array, start: number, length: number): string => {
  const text = ascii.decode(block.subarray(start, start + length));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
};

/** Path → content of every regular file. Throws on a truncated archive. */
export const readTar = (archive: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + blockSize <= archive.length) {
    const header = archive.subarray(at, at + blockSize);
    const name = field(header, 0, 100);
    if (name === '') break;
    const size = Number.parseInt(field(header, 124, 12).trim(), 8);
    const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : '';
    const start = at + blockSize;
    if (!Number.isSafeInteger(size) || start + size > archive.length)
      throw new RangeError(`tar is truncated in ${name}`);
    const type = field(header, 156, 1);
    if (type === '' || type === '0') {
      const path = prefix === '' ? name : `${prefix}/${name}`;
      files.set(path.replace(/^\.\//, ''), archive.subarray(start, start + size));
    }
    at = start + Math.ceil(size / blockSize) * blockSize;
  }
  return files;
};
