/**
 * Keeps the index equal to the tables: own changes at once, those of other replicas by their ids
 * from the change list, everything again only after a gap. Tells a listener what became different.
 */
import type { Kysely } from 'kysely';
import type { Clock } from '../../../kernel/effects.ts';
import type { IdentityTables } from '../schema.ts';
import { EntryIndex } from './entry-index.ts';
import { readEntries, readEntryPage } from './store.ts';
import type { RegistrationEntry } from './types.ts';

/** `entry` is the new state; absent when the entry is gone or has ended. */
export type EntryNews = (id: string, entry: RegistrationEntry | undefined) => void;

export type EntryKeeper = {
  readonly index: EntryIndex;
  /** An entry that was just written here. */
  readonly put: (entry: RegistrationEntry) => void;
  /** An entry that was just deleted here. */
  readonly remove: (id: string) => void;
  /** Takes an entry out of force until it is removed, or read again. */
  readonly suspend: (id: string) => void;
  /** Entries that another replica changed. */
  readonly reload: (ids: readonly string[]) => Promise<void>;
  /** Everything again: changes were missed. */
  readonly reloadAll: () => Promise<void>;
  /** Takes out what has ended. */
  readonly endDue: () => void;
};

const pageSize = 5000;
/** Ids are drawn once and never come back; this only has to outlive a reading under way. */
const maxGone = 65_536;

type Keeping = {
  readonly db: Kysely<IdentityTables>;
  readonly clock: Clock;
  readonly index: EntryIndex;
  readonly gone: Set<string>;
  readonly news: EntryNews;
};

const put = (keeping: Keeping, entry: RegistrationEntry): void => {
  const { index, clock, gone, news } = keeping;
  if (gone.has(entry.id)) return;
  if ((entry.expiresAtMs ?? Infinity) <= clock.nowMs()) {
    // Kept out, not forgotten: its end may still be moved.
    if (index.remove(entry.id) !== undefined) news(entry.id, undefined);
    return;
  }
  if (index.put(entry)) news(entry.id, entry);
};

const remove = ({ index, gone, news }: Keeping, id: string): void => {
  if (gone.size >= maxGone) gone.clear();
  gone.add(id);
  if (index.remove(id) !== undefined) news(id, undefined);
};

const reload = async (keeping: Keeping, ids: readonly string[]): Promise<void> => {
  const missing = new Set(ids);
  for (const entry of await readEntries(keeping.db, ids)) {
    missing.delete(entry.id);
    put(keeping, entry);
  }
  for (const id of missing) remove(keeping, id);
};

const reloadAll = async (keeping: Keeping): Promise<void> => {
  const missing = new Set(keeping.index.ids());
  let after = '';
  for (;;) {
    const page = await readEntryPage(keeping.db, { limit: pageSize, after });
    for (const entry of page) {
      missing.delete(entry.id);
      put(keeping, entry);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    after = last.id;
  }
  // An entry made here meanwhile stands in the tables, only not on a page read before it.
  await reload(keeping, [...missing]);
};

/** Reads all entries, page by page, and follows from there. */
export const openEntries = async (
  { db, clock }: Pick<Keeping, 'db' | 'clock'>,
  news: EntryNews,
): Promise<EntryKeeper> => {
  const keeping: Keeping = { db, clock, index: new EntryIndex(), gone: new Set(), news };
  await reloadAll(keeping);
  return {
    index: keeping.index,
    put: (entry) => put(keeping, entry),
    remove: (id) => remove(keeping, id),
    suspend: (id) => {
      if (keeping.index.remove(id) !== undefined) news(id, undefined);
    },
    reload: (ids) => reload(keeping, ids),
    reloadAll: () => reloadAll(keeping),
    endDue: () => {
      for (const id of keeping.index.ended(clock.nowMs()))
        if (keeping.index.remove(id) !== undefined) news(id, undefined);
    },
  };
};
