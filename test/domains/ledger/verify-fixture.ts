/** One good log and one way to verify it, for the verifier's tests. */
import {
  type LedgerVerification,
  type VerifyOptions,
  verifyLedger,
} from '../../../src/domains/ledger/verify/index.ts';
import {
  buildLog,
  createLogKeys,
  entryOf,
  memoryFiles,
  rootAt,
  signCheckpoint,
} from './build-log.ts';

export const keys = createLogKeys();
export const entries = Array.from({ length: 620 }, (_, index) => entryOf(index, 90));
/** Current size 600 of 620 entries; kept checkpoints at 100, 256 and 300. */
export const sizes = [100, 256, 300, 600];
const pristine = buildLog({ keys, entries, sizes, walFrom: 500 });
export const freshLog = (): Map<string, Uint8Array> => new Map(pristine);
export const checkpointAt = (size: number): string =>
  signCheckpoint(keys, { size, root: rootAt(entries, size) });

export const verify = (
  log: ReadonlyMap<string, Uint8Array>,
  options: Partial<VerifyOptions> = {},
): Promise<LedgerVerification> =>
  verifyLedger({ directory: '', files: memoryFiles(log), ...options });

export const whats = ({ problems }: LedgerVerification): string =>
  problems.map(({ index, what }) => `${index ?? '-'}: ${what}`).join('\n');

export type Damage = (log: Map<string, Uint8Array>) => void;

export const edit =
  (path: string, change: (bytes: Uint8Array) => Uint8Array): Damage =>
  (log) => {
    const bytes = log.get(path);
    if (bytes === undefined) throw new Error(`no ${path}`);
    log.set(path, change(bytes));
  };
export const flip = (path: string, at: number): Damage =>
  edit(path, (bytes) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
export const cut = (path: string, count: number): Damage =>
  edit(path, (bytes) => bytes.slice(0, -count));
export const remove =
  (path: string): Damage =>
  (log) => {
    if (!log.delete(path)) throw new Error(`no ${path}`);
  };
export const add =
  (path: string, text = 'x'): Damage =>
  (log) => {
    log.set(path, Buffer.from(text));
  };
