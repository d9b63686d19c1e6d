/** Regular files of a ustar archive, enough for the vectors of the tests. */

const blockBytes = 512;

const text = (block: Uint8Array, start: number, length: number): string =>
  Buffer.from(block.subarray(start, start + length))
    .toString()
    .replace(/\0.*$/s, '');

/** Path to content of every regular file. */
export const readTar = (archive: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + blockBytes <= archive.length; ) {
    const header = archive.subarray(at, at + blockBytes);
    const name = text(header, 0, 100);
    if (name === '') break;
    const size = Number.parseInt(text(header, 124, 12), 8);
    const prefix = text(header, 345, 155);
    const type = String.fromCharCode(header[156] ?? 0);
    const start = at + blockBytes;
    const path = prefix === '' ? name : `${prefix}/${name}`;
    if (type === '0' || type === '\0') files.set(path, archive.subarray(start, start + size));
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
  return files;
};
