/** A reference tree straight from the definition of RFC 6962, slow and obvious. */
import {
  createFrontier,
  leafHash,
  type NodeAddress,
  nodeHash,
  type SyncHashReader,
} from '../../../src/engines/merkle/index.ts';
import { createHash } from 'node:crypto';

export const entriesOf = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`entry ${i}`));

/** MTH(D[n]) by recursion. */
export const rootOf = (entries: readonly Uint8Array[]): Uint8Array => {
  const [first] = entries;
  if (first === undefined) return new Uint8Array(createHash('sha256').digest());
  if (entries.length === 1) return leafHash(first);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return nodeHash(rootOf(entries.slice(0, split)), rootOf(entries.slice(split)));
};

/** Reads nodes that a frontier reported while the entries were appended. */
export const readerOver = (entries: readonly Uint8Array[]): SyncHashReader => {
  const nodes = new Map<string, Uint8Array>();
  const frontier = createFrontier();
  for (const entry of entries)
    frontier.append(leafHash(entry), (level, index, hash) => nodes.set(`${level}/${index}`, hash));
  return (wanted: readonly NodeAddress[]) =>
    wanted.map(({ level, index }) => {
      const hash = nodes.get(`${level}/${index}`);
      if (hash === undefined) throw new RangeError(`no node ${level}/${index}`);
      return hash;
    });
};
