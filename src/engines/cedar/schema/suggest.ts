/** "Did you mean": the known name that takes the fewest edits, when it is near enough to help. */

const maxLength = 64;
const maxCandidates = 2_000;

/** Edits (insert, delete, replace) between two short texts. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let at = 0; at < left.length; at++) {
    const next = [at + 1];
    for (let to = 0; to < right.length; to++) {
      const replaced = (row[to] ?? 0) + (left[at] === right[to] ? 0 : 1);
      next.push(Math.min(replaced, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
};

/** The candidate nearest to `name`, unless even that one is mostly different. */
export const nearest = (name: string, candidates: Iterable<string>): string | undefined => {
  if (name.length > maxLength) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 2)) + 1;
  let seen = 0;
  for (const candidate of candidates) {
    if (++seen > maxCandidates) break;
    if (candidate.length > maxLength) continue;
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits];
  }
  return best;
};

/** A help text naming the nearest candidate, if there is one. */
export const didYouMean = (name: string, candidates: Iterable<string>): string | undefined => {
  const found = nearest(name, candidates);
  return found === undefined ? undefined : `did you mean \`${found}\`?`;
};
