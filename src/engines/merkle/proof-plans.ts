/**
 * Which nodes a proof needs, without fetching any. Every proof hash is the root of a range of leaves,
 * and every range is a row of perfect nodes that are stored in tiles.
 */
import { foldRight } from './frontier.ts';
import { isSize, largestPower, levelOf, splitPoint } from './sizes.ts';

/** The perfect node over leaves [index·2^level, (index+1)·2^level). */
export type NodeAddress = { readonly level: number; readonly index: number };

/** The nodes to fetch, in order, and how they become the proof. */
export type ProofPlan = {
  readonly nodes: readonly NodeAddress[];
  /** Takes the hashes of `nodes` in order. */
  readonly assemble: (hashes: readonly Uint8Array[]) => readonly Uint8Array[];
};

type Range = readonly [start: number, end: number];

const rangeNodes = ([start, end]: Range): readonly NodeAddress[] => {
  const nodes: NodeAddress[] = [];
  for (let at = start; at < end; ) {
    const power = largestPower(end - at);
    nodes.push({ level: levelOf(power), index: at / power });
    at += power;
  }
  return nodes;
};

const planOf = (ranges: readonly Range[]): ProofPlan => {
  const rows = ranges.map(rangeNodes);
  return {
    nodes: rows.flat(),
    assemble: (hashes) => {
      let at = 0;
      return rows.map((row) => {
        const start = at;
        at += row.length;
        return foldRight(hashes.slice(start, at));
      });
    },
  };
};

const check = (isGood: boolean, what: string): void => {
  if (!isGood) throw new RangeError(what);
};

/**
 * Plans PATH(leafIndex, D[treeSize]), RFC 9162 section 2.1.3.1.
 *
 * @throws RangeError unless 0 ≤ leafIndex < treeSize, both safe integers
 */
export const planInclusion = (leafIndex: number, treeSize: number): ProofPlan => {
  const isInside = isSize(leafIndex) && isSize(treeSize) && leafIndex < treeSize;
  check(isInside, `leaf ${leafIndex} is not in a tree of ${treeSize}`);
  const ranges: Range[] = [];
  let start = 0;
  let end = treeSize;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (leafIndex < middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([start, middle]);
      start = middle;
    }
  }
  return planOf(ranges.reverse());
};

/**
 * Plans the proof that the tree of `treeSize` holds the subtree [start, end); with start 0 this is
 * the consistency proof of RFC 9162 section 2.1.4.1.
 *
 * @throws RangeError unless [start, end) is a subtree of the tree
 */
export const planSubtreeConsistency = (subtree: Range, treeSize: number): ProofPlan => {
  const [first, last] = subtree;
  const isInside = isSize(first) && isSize(treeSize) && first < last && last <= treeSize;
  check(isInside, `[${first}, ${last}) is not in a tree of ${treeSize}`);
  check(last - first <= alignment(first), `[${first}, ${last}) is not a subtree`);
  const ranges: Range[] = [];
  let start = 0;
  let end = treeSize;
  // True while the subtree's own hash, which the verifier has, is still the next thing to find.
  let isKnown = true;
  let from = first;
  while (from !== start || last !== end) {
    const middle = start + splitPoint(end - start);
    if (last <= middle) {
      ranges.push([middle, end]);
      end = middle;
      continue;
    }
    ranges.push([start, middle]);
    if (from < middle) {
      isKnown = false;
      from = middle;
    }
    start = middle;
  }
  if (!isKnown) ranges.push([start, end]);
  return planOf(ranges.reverse());
};

/** The largest power of two that divides `start`; unlimited for 0. */
const alignment = (start: number): number => {
  if (start === 0) return Number.POSITIVE_INFINITY;
  let power = 1;
  while (start % (power * 2) === 0) power *= 2;
  return power;
};

/**
 * Plans PROOF(size1, D[size2]), RFC 9162 section 2.1.4.1.
 *
 * @throws RangeError unless 0 < size1 ≤ size2, both safe integers
 */
export const planConsistency = (size1: number, size2: number): ProofPlan =>
  planSubtreeConsistency([0, size1], size2);
