/** Reads a log on disk from its first entry to its last. Verifies nothing: `verifyLedger` does. */
import { readBundle } from './bundles.ts';
import { diskFiles, type LedgerFiles } from './files.ts';
import { createReport } from './report.ts';
import type { Scan } from './scan.ts';
import { tileHashes } from './tree.ts';
import { createFrameCursor } from './segments.ts';

/**
 * The JSON text of every entry of a ledger directory, in order, those not yet in a bundle included.
 * Ends at the first entry that is nowhere; a bundle is held at a time. Works while a server writes.
 */
export const readLogEntries = function* (
  directory: string,
  files: LedgerFiles = diskFiles(directory),
): Generator<string, void, undefined> {
  const scan: Scan = { files, report: createReport(100), isLive: true };
  const frames = createFrameCursor(scan);
  const decoder = new TextDecoder();
  for (let index = 0; ; index++) {
    const { entries } = readBundle(scan, index, 0);
    for (let i = 0; i < tileHashes; i++) {
      const framed = frames.take(index * tileHashes + i);
      const entry = entries[i] ?? framed;
      if (entry === undefined) return;
      yield decoder.decode(entry);
    }
  }
};
