/** A map that forgets what was used longest ago once its entries together weigh too much. */

export type WeightedLru<Value> = {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value, weight: number) => void;
  readonly clear: () => void;
  readonly size: () => number;
};

/** `onForget` hears of every value that is dropped, replaced or cleared. */
export const createWeightedLru = <Value>(
  capacity: number,
  onForget: (value: Value) => void,
): WeightedLru<Value> => {
  const entries = new Map<string, { readonly value: Value; readonly weight: number }>();
  let total = 0;

  const drop = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    total -= entry.weight;
    onForget(entry.value);
  };
  const shrink = (keep: string): void => {
    for (const key of entries.keys()) {
      if (total <= capacity) return;
      if (key !== keep) drop(key);
    }
  };

  return {
    get: (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set: (key, value, weight) => {
      drop(key);
      entries.set(key, { value, weight });
      total += weight;
      shrink(key);
    },
    clear: () => {
      for (const key of entries.keys()) drop(key);
    },
    size: () => entries.size,
  };
};
