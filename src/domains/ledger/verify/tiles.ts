/** Compares stored tiles with the hashes computed from the entries. */
import { fullPath, partialDirectory, widthAt } from './paths.ts';
import { readTileForms, type Scan, type StoredTile } from './scan.ts';
import { hashBytes, type TileRow, tileHashes } from './tree.ts';

/** Checks every stored form of one tile and that the forms which size `signedSize` asks for exist. */
export const checkTile = (scan: Scan, row: TileRow, signedSize: number): void => {
  if (row.width === 0) return;
  const { level: kind, index, width: maxWidth } = row;
  const forms = readTileForms(scan, { kind, index, maxWidth });
  for (const form of forms) checkForm(scan, row, form);
  // A row that stayed short of the signed size means that entries are missing; that is reported.
  if (widthAt(kind, index, signedSize) <= maxWidth)
    checkPresence(scan, { kind, index, forms, signedSize });
};

const checkForm = ({ report }: Scan, row: TileRow, { path, width, bytes }: StoredTile): void => {
  if (bytes.length !== width * hashBytes) {
    report.add(`${path} has ${bytes.length} bytes instead of ${width * hashBytes}`);
    return;
  }
  if (Buffer.compare(row.bytes.subarray(0, bytes.length), bytes) === 0) return;
  const differs = bytes.findIndex((byte, at) => byte !== row.bytes[at]);
  const hash = Math.floor(differs / hashBytes) + row.index * tileHashes;
  if (row.level === 0) report.add(`entry does not match its hash in ${path}`, hash);
  else report.add(`hash ${hash % tileHashes} of ${path} is wrong`, hash * tileHashes ** row.level);
};

/** A signed size needs its full tiles, and its partial ones unless the full tile has come since. */
export const checkPresence = (
  scan: Scan,
  tile: {
    readonly kind: number | 'entries';
    readonly index: number;
    readonly forms: readonly StoredTile[];
    readonly signedSize: number;
  },
): void => {
  const { kind, index, forms, signedSize } = tile;
  const needed = widthAt(kind === 'entries' ? 0 : kind, index, signedSize);
  const isThere = forms.some(({ width }) => width === needed || width === tileHashes);
  if (needed === 0 || isThere) return;
  const path =
    needed === tileHashes ? fullPath(kind, index) : `${partialDirectory(kind, index)}/${needed}`;
  scan.report.add(`${path} is missing`);
};
