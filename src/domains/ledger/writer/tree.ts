/**
 * The log as a tree in memory: the frontier, the tiles at the right edge and the bundle being
 * filled. Full tiles and bundles are handed out once, in order, as they complete.
 */
import {
  createFrontier,
  entriesPath,
  type Frontier,
  leafHash,
  tileHeight,
  tilePath,
  tileWidth,
} from '../../../engines/merkle/index.ts';
import { Bundle } from './bundle.ts';

const hashBytes = 32;

/** A file below the log directory. */
export type LogFile = { readonly path: string; readonly bytes: Uint8Array };

/** Everything a checkpoint of one size needs besides the full tiles. */
export type TreeSnapshot = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly partials: readonly LogFile[];
};

/** The right edge of a log, as read back from disk. */
export type TreeState = {
  readonly size: number;
  readonly frontier: Frontier;
  /** Hashes of the unfinished tile of each level, level 0 first. */
  readonly edges: readonly Uint8Array[];
  /** Entries of the unfinished bundle. */
  readonly entries: readonly Uint8Array[];
};

class Edge {
  readonly #hashes = new Uint8Array(tileWidth * hashBytes);
  width = 0;

  add(hash: Uint8Array): void {
    this.#hashes.set(hash, this.width * hashBytes);
    this.width += 1;
  }

  encode(): Uint8Array {
    return this.#hashes.slice(0, this.width * hashBytes);
  }
}

export class Tree {
  readonly #frontier: Frontier;
  readonly #edges: Edge[] = [];
  readonly #onFull: (file: LogFile) => void;
  #bundle: Bundle;

  /** Restores a tree. `onFull` hears of every tile and bundle completed from now on. */
  constructor(state: TreeState, onFull: (file: LogFile) => void) {
    this.#frontier = state.frontier;
    this.#onFull = onFull;
    for (const [level, hashes] of state.edges.entries()) {
      const edge = this.#edge(level);
      for (let at = 0; at < hashes.length; at += hashBytes)
        edge.add(hashes.subarray(at, at + hashBytes));
    }
    this.#bundle = new Bundle(Math.floor(state.size / tileWidth));
    for (const entry of state.entries) this.#bundle.add(entry);
  }

  get size(): number {
    return this.#frontier.size();
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** Adds the next entry. The bytes are copied. */
  add(entry: Uint8Array): void {
    this.#bundle.add(entry);
    this.#frontier.append(leafHash(entry), this.#onNode);
    if (this.#bundle.width < tileWidth) return;
    const bytes = this.#bundle.view();
    this.#onFull({ path: entriesPath(this.#bundle.index), bytes });
    // A little room more than last time: most bundles then never grow.
    this.#bundle = new Bundle(this.#bundle.index + 1, Math.ceil(bytes.length * 1.1));
  }

  /** An entry of the unfinished bundle; undefined when it is elsewhere. */
  entry(index: number): Uint8Array | undefined {
    const position = index - this.#bundle.index * tileWidth;
    return position < 0 ? undefined : this.#bundle.entry(position);
  }

  /** The state as of now; later appends do not change it. */
  snapshot(): TreeSnapshot {
    const { size } = this;
    const partials: LogFile[] = [];
    for (const [level, edge] of this.#edges.entries()) {
      if (edge.width === 0) continue;
      const index = Math.floor(size / tileWidth ** (level + 1));
      partials.push({ path: tilePath({ level, index, width: edge.width }), bytes: edge.encode() });
    }
    const { index, width } = this.#bundle;
    if (width > 0)
      partials.push({ path: entriesPath(index, width), bytes: this.#bundle.view().slice() });
    return { size, root: this.root(), partials };
  }

  readonly #onNode = (height: number, index: number, hash: Uint8Array): void => {
    if (height % tileHeight !== 0) return;
    const level = height / tileHeight;
    const edge = this.#edge(level);
    edge.add(hash);
    if (edge.width < tileWidth) return;
    const tile = { level, index: Math.floor(index / tileWidth), width: tileWidth };
    this.#onFull({ path: tilePath(tile), bytes: edge.encode() });
    edge.width = 0;
  };

  #edge(level: number): Edge {
    const known = this.#edges[level];
    if (known !== undefined) return known;
    const edge = new Edge();
    this.#edges[level] = edge;
    return edge;
  }
}

/** The tree before its first entry. */
export const emptyTreeState = (): TreeState => ({
  size: 0,
  frontier: createFrontier(),
  edges: [],
  entries: [],
});
