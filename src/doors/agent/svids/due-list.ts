/** What is due when: items filed by the second, so that moving 10,000 of them is cheap. */

export type DueList<T> = {
  /** Files an item anew; it is in the list once. */
  readonly put: (item: T, atMs: number) => void;
  readonly remove: (item: T) => void;
  /** Takes out everything due up to now. */
  readonly take: (nowMs: number) => readonly T[];
  readonly size: () => number;
};

const slotMs = 250;

/** Creates an empty list. Resolution: a quarter of a second. */
export const createDueList = <T>(): DueList<T> => {
  const slots = new Map<number, Set<T>>();
  const slotOf = new Map<T, number>();
  let done = -Infinity;
  const remove = (item: T): void => {
    const slot = slotOf.get(item);
    if (slot === undefined) return;
    slotOf.delete(item);
    const items = slots.get(slot);
    items?.delete(item);
    if (items?.size === 0) slots.delete(slot);
  };
  const drain = (slot: number): readonly T[] => {
    const items = [...(slots.get(slot) ?? [])];
    slots.delete(slot);
    for (const item of items) slotOf.delete(item);
    return items;
  };
  return {
    remove,
    put: (item, atMs) => {
      remove(item);
      const slot = Math.max(done + 1, Math.ceil(atMs / slotMs));
      const items = slots.get(slot) ?? new Set();
      items.add(item);
      slots.set(slot, items);
      slotOf.set(item, slot);
    },
    take: (nowMs) => {
      const last = Math.floor(nowMs / slotMs);
      if (last <= done) return [];
      done = last;
      return [...slots.keys()].filter((slot) => slot <= last).flatMap(drain);
    },
    size: () => slotOf.size,
  };
};
