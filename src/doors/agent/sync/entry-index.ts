/**
 * Which entries are for a workload: those whose selectors it all has. Each entry is filed under its
 * rarest selector, so that a look-up touches a handful of entries even among 10,000.
 */
import type { AgentEntry } from '../types.ts';

export type EntryIndex = {
  readonly put: (entry: AgentEntry) => void;
  readonly remove: (entryId: string) => AgentEntry | undefined;
  readonly get: (entryId: string) => AgentEntry | undefined;
  readonly all: () => Iterable<AgentEntry>;
  readonly size: () => number;
  /** In the order of their ids, which is the order of their creation. */
  readonly matching: (selectors: ReadonlySet<string>) => readonly AgentEntry[];
};

/** Creates an empty index. */
export const createEntryIndex = (): EntryIndex => {
  const entries = new Map<string, AgentEntry>();
  const filed = new Map<string, Set<AgentEntry>>();
  const placeOf = new Map<string, string>();

  const remove = (entryId: string): AgentEntry | undefined => {
    const entry = entries.get(entryId);
    const selector = placeOf.get(entryId);
    if (entry === undefined || selector === undefined) return undefined;
    const bucket = filed.get(selector);
    bucket?.delete(entry);
    if (bucket?.size === 0) filed.delete(selector);
    entries.delete(entryId);
    placeOf.delete(entryId);
    return entry;
  };

  return {
    remove,
    put: (entry) => {
      remove(entry.id);
      let [rarest] = entry.selectors;
      // Without selectors an entry would be everybody's.
      if (rarest === undefined) return;
      for (const selector of entry.selectors)
        if ((filed.get(selector)?.size ?? 0) < (filed.get(rarest)?.size ?? 0)) rarest = selector;
      const bucket = filed.get(rarest) ?? new Set();
      bucket.add(entry);
      filed.set(rarest, bucket);
      entries.set(entry.id, entry);
      placeOf.set(entry.id, rarest);
    },
    get: (entryId) => entries.get(entryId),
    all: () => entries.values(),
    size: () => entries.size,
    matching: (selectors) => {
      const found: AgentEntry[] = [];
      for (const selector of selectors)
        for (const entry of filed.get(selector) ?? [])
          if (entry.selectors.every((wanted) => selectors.has(wanted))) found.push(entry);
      return found.sort((left, right) => (left.id < right.id ? -1 : 1));
    },
  };
};
