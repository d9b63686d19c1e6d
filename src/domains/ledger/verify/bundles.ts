/** Entry bundles: every stored form of a bundle must tell the same entries. */
import { readTileForms, type Scan, type StoredTile, startsWith } from './scan.ts';
import { checkPresence } from './tiles.ts';
import { tileHashes } from './tree.ts';

/** Entries of one bundle, as wide as the widest stored form. */
export type Bundle = { readonly entries: readonly Uint8Array[] };

type Parsed = {
  readonly entries: Uint8Array[];
  readonly ends: number[];
  readonly isWhole: boolean;
};

const parse = (bytes: Uint8Array): Parsed => {
  const entries: Uint8Array[] = [];
  const ends: number[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + (bytes[at] as number) * 256 + (bytes[at + 1] as number);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    ends.push(end);
    at = end;
  }
  return { entries, ends, isWhole: at === bytes.length };
};

/** Reads bundle `index`; malformed, contradicting and missing forms are reported. */
export const readBundle = (scan: Scan, index: number, signedSize: number): Bundle => {
  const forms = readTileForms(scan, { kind: 'entries', index, maxWidth: tileHashes });
  checkPresence(scan, { kind: 'entries', index, forms, signedSize });
  const [widest, ...others] = forms;
  if (widest === undefined) return { entries: [] };
  const { entries, ends, isWhole } = parse(widest.bytes);
  if (!isWhole || entries.length !== widest.width)
    scan.report.add(
      `${widest.path} does not hold ${widest.width} entries`,
      index * tileHashes + Math.min(entries.length, widest.width),
    );
  for (const other of others) checkForm(scan, other, { whole: widest.bytes, ends });
  return { entries: entries.slice(0, widest.width) };
};

const checkForm = (
  { report }: Scan,
  form: StoredTile,
  widest: { readonly whole: Uint8Array; readonly ends: readonly number[] },
): void => {
  const isPrefix = form.bytes.length === widest.ends[form.width - 1];
  if (!isPrefix || !startsWith(widest.whole, form.bytes))
    report.add(`${form.path} differs from the wider bundle`);
};
