/** Reads and verifies the checkpoints that belong to a log: current, kept by it, kept elsewhere. */
import {
  type CheckpointPolicy,
  keyTypes,
  parseVerifierKey,
  type VerifierKey,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from '../../../engines/merkle/index.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import { plainNumber } from './paths.ts';
import { attempt } from './report.ts';
import { listLog, readLogFile, type Scan } from './scan.ts';

/** A signed claim about the log: at this size it has this root. */
export type Claim = { readonly name: string; readonly size: number; readonly root: Uint8Array };

const keysFile = 'log.vkeys';
const maxKeysBytes = 64 * 1024;
const maxKeys = 16;

/** Parses keys once for all checkpoints; undefined when one of them is bad. */
export const parseKeys = (vkeys: readonly string[]): readonly VerifierKey[] | undefined => {
  const keys = vkeys.map(parseVerifierKey).filter((key): key is VerifierKey => !isRefusal(key));
  return keys.length === vkeys.length ? keys : undefined;
};

/** The keys the log names itself; undefined when the file is absent or bad. */
export const readLogKeys = ({ files, report }: Scan): readonly VerifierKey[] | undefined => {
  const bytes = attempt(report, keysFile, () => files.read(keysFile, maxKeysBytes));
  if (bytes === undefined) return undefined;
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const end = lines.pop();
  const keys = end === '' && lines.length <= maxKeys ? parseKeys(lines) : undefined;
  if (keys === undefined) {
    report.add(`${keysFile} does not hold verifier keys, one a line`);
    return undefined;
  }
  // Both kinds must sign: dropping one from the file must not weaken the check.
  const types = new Set(keys.map(({ type }) => type));
  if (types.has(keyTypes.ed25519) && types.has(keyTypes.mlDsa44Cosignature)) return keys;
  report.add(`${keysFile} lacks the Ed25519 or the ML-DSA-44 key`);
  return undefined;
};

const verify = (
  scan: Scan,
  policy: CheckpointPolicy,
  { name, note }: { readonly name: string; readonly note: string | Uint8Array },
): VerifiedCheckpoint | undefined => {
  const checkpoint = verifyCheckpoint(note, policy);
  if (!isRefusal(checkpoint)) return checkpoint;
  scan.report.add(`${name}: ${checkpoint.detail}`);
  return undefined;
};

/** The current checkpoint; a missing or bad one is reported. */
export const readCurrent = (
  scan: Scan,
  policies: readonly CheckpointPolicy[],
): VerifiedCheckpoint | undefined => {
  if (policies.length === 0) return undefined;
  const note = readLogFile(scan, 'checkpoint');
  if (note === undefined) {
    scan.report.add('checkpoint is missing');
    return undefined;
  }
  const [checkpoint] = policies.map((policy) => verify(scan, policy, { name: 'checkpoint', note }));
  return checkpoint;
};

/** Verified claims of the checkpoints under `history/`, in order of size. */
export const readHistory = (scan: Scan, policy: CheckpointPolicy): readonly Claim[] => {
  const sizes = listLog(scan, 'history')
    .map(({ name }) => plainNumber(name))
    .filter((size) => size !== undefined)
    .toSorted((left, right) => left - right);
  const claims: Claim[] = [];
  for (const size of sizes) {
    if (scan.report.isFull()) break;
    const name = `history/${size}`;
    const note = readLogFile(scan, name);
    const checkpoint = note === undefined ? undefined : verify(scan, policy, { name, note });
    if (checkpoint === undefined) continue;
    if (checkpoint.size === size) claims.push({ name, size, root: checkpoint.root });
    else scan.report.add(`${name} is a checkpoint of size ${checkpoint.size}`);
  }
  return claims;
};

/** The claim of a checkpoint kept outside of the log. */
export const readKept = (scan: Scan, policy: CheckpointPolicy, note: string): Claim | undefined => {
  const name = 'kept checkpoint';
  const checkpoint = verify(scan, policy, { name, note });
  return checkpoint && { name, size: checkpoint.size, root: checkpoint.root };
};
