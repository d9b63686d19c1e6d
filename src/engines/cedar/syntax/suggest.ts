/** "Did you mean": the nearest of a few known words. */

const maxLength = 32;

/** Edits between two short words (insert, delete, replace), rows of the classic table. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
};

/** A question naming the nearest word, when one is near enough. */
export const suggest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > maxLength) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let nearest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(lower, candidate.toLowerCase());
    if (edits >= nearest) continue;
    nearest = edits;
    best = candidate;
  }
  return best === undefined ? undefined : `did you mean \`${best}\`?`;
};
