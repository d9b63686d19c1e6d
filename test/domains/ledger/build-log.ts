/** Builds small logs in memory for the verifier's tests, without any code of the ledger's writer. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  createFrontier,
  createVerifierKey,
  encodeEntryBundle,
  entriesPath,
  formatCheckpoint,
  formatVerifierKey,
  keyTypes,
  leafHash,
  nodeHash,
  signNoteSync,
  type SyncNoteSigner,
  tilePath,
  tilesOf,
  tileWidth,
  type VerifierKey,
} from '../../../src/engines/merkle/index.ts';
import type { FileName, LedgerFiles } from '../../../src/domains/ledger/verify/index.ts';
import { crc32c } from '../../../src/kernel/crc32c.ts';
import { orThrow } from '../../../src/kernel/errors.ts';

export type MemoryLog = ReadonlyMap<string, Uint8Array>;

export type LogKeys = { readonly signers: readonly SyncNoteSigner[]; readonly vkeys: string[] };

const origin = 'ledger.test/one';

const rawKey = (key: KeyObject, length: number): Uint8Array => {
  const spki = key.export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(spki.length - length));
};

const signerOf = (
  type: number,
  pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
): SyncNoteSigner => {
  const length = type === keyTypes.mlDsa44Cosignature ? 1312 : 32;
  const publicKey = rawKey(pair.publicKey, length);
  const key: VerifierKey = orThrow(createVerifierKey({ name: origin, type, publicKey }));
  return { key, timestamp: 1_767_225_600, sign: (message) => sign(null, message, pair.privateKey) };
};

/** Fresh keys of one log: Ed25519 and ML-DSA-44. */
export const createLogKeys = (): LogKeys => {
  const signers = [
    signerOf(keyTypes.ed25519, generateKeyPairSync('ed25519')),
    signerOf(keyTypes.mlDsa44Cosignature, generateKeyPairSync('ml-dsa-44')),
  ];
  return { signers, vkeys: signers.map(({ key }) => formatVerifierKey(key)) };
};

export const entryOf = (index: number, bytes = 120): Uint8Array => {
  const entry = { v: 1, class: 'decisive', ocsf: { time: 1_767_225_600_000 + index, pad: '' } };
  const text = JSON.stringify(entry);
  entry.ocsf.pad = 'x'.repeat(Math.max(0, bytes - text.length));
  return Buffer.from(JSON.stringify(entry));
};

export const signCheckpoint = (
  keys: LogKeys,
  { size, root }: { readonly size: number; readonly root: Uint8Array },
): string => signNoteSync(formatCheckpoint({ origin, size, root }), keys.signers);

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const encodeSegment = (first: number, entries: readonly Uint8Array[]): Uint8Array => {
  const index = Buffer.alloc(8);
  index.writeBigUInt64BE(BigInt(first));
  const frames = entries.map((entry) => {
    const length = u32(entry.length);
    return Buffer.concat([length, u32(crc32c(Buffer.concat([length, entry]))), entry]);
  });
  return Buffer.concat([Buffer.from('SPWAL\0\0\u0001', 'latin1'), index, ...frames]);
};

export const segmentPath = (first: number): string => `wal/${String(first).padStart(16, '0')}.seg`;

/** Hash of node (level, index) straight from the definition. */
const nodeAt = (leaves: readonly Uint8Array[], level: number, index: number): Uint8Array => {
  if (level === 0) return leaves[index] as Uint8Array;
  return nodeHash(nodeAt(leaves, level - 1, index * 2), nodeAt(leaves, level - 1, index * 2 + 1));
};

const putTiles = (
  log: Map<string, Uint8Array>,
  entries: readonly Uint8Array[],
  size: number,
): void => {
  const leaves = entries.map(leafHash);
  for (const tile of tilesOf(size)) {
    const hashes = Array.from({ length: tile.width }, (_, i) =>
      nodeAt(leaves, tile.level * 8, tile.index * tileWidth + i),
    );
    log.set(`log/${tilePath(tile)}`, Buffer.concat(hashes));
    if (tile.level > 0) continue;
    const first = tile.index * tileWidth;
    const bundle = encodeEntryBundle(entries.slice(first, first + tile.width));
    log.set(`log/${entriesPath(tile.index, tile.width)}`, bundle);
  }
};

export const rootAt = (entries: readonly Uint8Array[], size: number): Uint8Array => {
  const frontier = createFrontier();
  for (const entry of entries.slice(0, size)) frontier.append(leafHash(entry));
  return frontier.root();
};

export type LogPlan = {
  readonly keys: LogKeys;
  readonly entries: readonly Uint8Array[];
  /** Sizes that had a checkpoint, the last one being current. */
  readonly sizes: readonly number[];
  /** First index in the write-ahead log; entries beyond the last size are pending. */
  readonly walFrom: number;
};

/** A log as the layout has it: tiles, bundles, stale partials, history, segments and keys. */
export const buildLog = ({ keys, entries, sizes, walFrom }: LogPlan): Map<string, Uint8Array> => {
  const log = new Map<string, Uint8Array>();
  for (const size of sizes) {
    putTiles(log, entries, size);
    const note = Buffer.from(signCheckpoint(keys, { size, root: rootAt(entries, size) }));
    log.set(`log/history/${size}`, note);
    log.set('log/checkpoint', note);
  }
  log.set(segmentPath(walFrom), encodeSegment(walFrom, entries.slice(walFrom)));
  log.set('log.vkeys', Buffer.from(keys.vkeys.map((vkey) => `${vkey}\n`).join('')));
  return log;
};

/** Files of a log in memory. */
export const memoryFiles = (log: MemoryLog): LedgerFiles => {
  const directories = new Map<string, Map<string, FileName>>();
  for (const path of log.keys()) {
    const parts = path.split('/');
    for (let depth = 0; depth < parts.length; depth++) {
      const directory = parts.slice(0, depth).join('/');
      const names = directories.get(directory) ?? new Map<string, FileName>();
      directories.set(directory, names);
      const name = parts[depth] as string;
      names.set(name, { name, kind: depth === parts.length - 1 ? 'file' : 'directory' });
    }
  }
  return {
    list: (path) => [...(directories.get(path)?.values() ?? [])],
    read: (path) => log.get(path),
    readAt: (path, offset, length) =>
      (log.get(path) ?? new Uint8Array(0)).subarray(offset, offset + length),
  };
};

export const totalBytes = (log: MemoryLog): number =>
  [...log.values()].reduce((sum, bytes) => sum + bytes.length, 0);
