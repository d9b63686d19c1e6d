/**
 * Reads entries by index: full bundles from their files, the rest from the writer's memory. Reading
 * does not authenticate; proofs and `ledger verify` do.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesPath, parseEntryBundle, tileWidth } from '../../../engines/merkle/index.ts';
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import { ledgerErrors } from '../errors.ts';
import type { WriterHandle } from '../writer/writer-handle.ts';

const maxCached = 8;

export type EntryReader = {
  /** Entries [from, from + count) as far as they exist. Rejects with E_LEDGER_CORRUPT on a gap. */
  readonly read: (from: number, count: number) => Promise<readonly Uint8Array[]>;
};

export type EntryReaderOptions = {
  /** The static log directory. */
  readonly directory: string;
  readonly writer: Pick<WriterHandle, 'call'>;
  readonly size: () => number;
};

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && (error as { code?: unknown }).code === 'ENOENT';

export const createEntryReader = (options: EntryReaderOptions): EntryReader => {
  const { directory, writer, size } = options;
  const cache = new Map<number, readonly Uint8Array[]>();

  const remember = (bundle: number, entries: readonly Uint8Array[]): void => {
    const [oldest] = cache.keys();
    if (cache.size >= maxCached && oldest !== undefined) cache.delete(oldest);
    cache.set(bundle, entries);
  };
  const fromFile = async (bundle: number): Promise<readonly Uint8Array[] | undefined> => {
    const cached = cache.get(bundle);
    if (cached !== undefined) return cached;
    try {
      const entries = parseEntryBundle(await readFile(join(directory, entriesPath(bundle))));
      if (isRefusal(entries) || entries.length !== tileWidth)
        throw new SallyportError(ledgerErrors.E_LEDGER_CORRUPT, `bundle ${bundle} is malformed`);
      remember(bundle, entries);
      return entries;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };
  const fromWriter = async (from: number, count: number): Promise<readonly Uint8Array[]> =>
    (await writer.call({ call: 'read', from, count })) as readonly Uint8Array[];

  /** A run of entries from one place; empty only when there is a gap. */
  const run = async (from: number, count: number): Promise<readonly Uint8Array[]> => {
    const bundle = Math.floor(from / tileWidth);
    const slice = (entries: readonly Uint8Array[]): readonly Uint8Array[] =>
      entries.slice(from % tileWidth, (from % tileWidth) + count);
    const isFull = (bundle + 1) * tileWidth <= size();
    const stored = isFull ? await fromFile(bundle) : undefined;
    if (stored !== undefined) return slice(stored);
    const held = await fromWriter(from, count);
    if (held.length > 0) return held;
    // Between the two questions the bundle may have reached its file.
    return slice((await fromFile(bundle)) ?? []);
  };

  return {
    read: async (from, count) => {
      const end = Math.min(from + count, size());
      const entries: Uint8Array[] = [];
      while (from + entries.length < end) {
        const more = await run(from + entries.length, end - from - entries.length);
        if (more.length === 0)
          throw new SallyportError(
            ledgerErrors.E_LEDGER_CORRUPT,
            `entry ${from + entries.length} is in no file`,
          );
        entries.push(...more);
      }
      return entries;
    },
  };
};
