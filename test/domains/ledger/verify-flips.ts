/**
 * The long loops of the verifier's tests: flips bytes of a log and says which flips went unseen. Used
 * with small counts by the unit tests and with full counts by the crash and evaluation runs.
 */
import { verifyLedger } from '../../../src/domains/ledger/verify/index.ts';
import { buildLog, createLogKeys, entryOf, type MemoryLog, memoryFiles } from './build-log.ts';

export type Flip = { readonly path: string; readonly offset: number; readonly mask: number };
export type FlipOutcome = { readonly flips: number; readonly undetected: readonly Flip[] };

/** Entries, stale partials, history and a write-ahead tail: about 32 KB. */
export const buildSmallLog = (): Map<string, Uint8Array> => {
  const entries = Array.from({ length: 70 }, (_, index) => entryOf(index, 165));
  return buildLog({ keys: createLogKeys(), entries, sizes: [20, 65], walFrom: 45 });
};

/** Full tiles on two levels, partial ones and a write-ahead tail: about 1 MB. */
export const buildLargeLog = (): Map<string, Uint8Array> => {
  const entries = Array.from({ length: 1580 }, (_, index) => entryOf(index, 560));
  return buildLog({ keys: createLogKeys(), entries, sizes: [300, 1100, 1570], walFrom: 1510 });
};

/** Park and Miller's generator: reproducible, good enough to choose places. */
export const createDice = (seed: number): ((sides: number) => number) => {
  let state = (seed % 2_147_483_646) + 1;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
};

const isDetected = async (log: Map<string, Uint8Array>, flip: Flip): Promise<boolean> => {
  const bytes = log.get(flip.path) as Uint8Array;
  const flipped = new Uint8Array(bytes);
  flipped[flip.offset] = (flipped[flip.offset] as number) ^ flip.mask;
  log.set(flip.path, flipped);
  const { ok } = await verifyLedger({ directory: '', files: memoryFiles(log), maxProblems: 1 });
  log.set(flip.path, bytes);
  return !ok;
};

const tryFlips = async (log: MemoryLog, flips: Iterable<Flip>): Promise<FlipOutcome> => {
  const copy = new Map(log);
  const undetected: Flip[] = [];
  let count = 0;
  for (const flip of flips) {
    count += 1;
    if (!(await isDetected(copy, flip))) undetected.push(flip);
  }
  return { flips: count, undetected };
};

const everyFlip = function* (log: MemoryLog, step: number): Generator<Flip> {
  let position = 0;
  for (const [path, bytes] of log)
    for (let offset = 0; offset < bytes.length; offset++, position++)
      if (position % step === 0) yield { path, offset, mask: 1 << (position % 8) };
};

const randomFlips = function* (log: MemoryLog, count: number, seed: number): Generator<Flip> {
  const dice = createDice(seed);
  const files = [...log];
  const total = files.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  for (let i = 0; i < count; i++) {
    let place = dice(total);
    const found = files.find(([, bytes]) => {
      if (place < bytes.length) return true;
      place -= bytes.length;
      return false;
    });
    if (found !== undefined) yield { path: found[0], offset: place, mask: 1 + dice(255) };
  }
};

/** Flips one bit in every `step`-th byte of the whole log (1: in every byte). */
export const flipEveryByte = (log: MemoryLog, step = 1): Promise<FlipOutcome> =>
  tryFlips(log, everyFlip(log, step));

/** Changes `count` bytes, one at a time, at random places; the same ones for the same seed. */
export const flipRandomBytes = (
  log: MemoryLog,
  { count, seed = 1 }: { readonly count: number; readonly seed?: number },
): Promise<FlipOutcome> => tryFlips(log, randomFlips(log, count, seed));
