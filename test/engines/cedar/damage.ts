/** Replaces one part of a JSON value by another, where the numbers point. */
export const damage = (
  value: unknown,
  [first = 0, ...rest]: readonly number[],
  by: unknown,
): unknown => {
  if (typeof value !== 'object' || value === null || rest.length === 0) return by;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const at = first % (entries.length + 1);
  const [key, item] = entries[at] ?? ['added', undefined];
  const changed = damage(item, rest, by);
  if (Array.isArray(value)) return value.toSpliced(at, 1, changed);
  return { ...value, [key]: changed };
};
