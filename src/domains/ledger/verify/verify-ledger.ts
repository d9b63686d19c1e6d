/**
 * The independent verifier. It shares nothing with the writer but the two hash functions and the note
 * format: own framing, own tiles, own tree. Everything below `log/` and `wal/` must be explained.
 */
import type { CheckpointPolicy, VerifiedCheckpoint } from '../../../engines/merkle/index.ts';
import { encodeBase64 } from '../../../kernel/base64url.ts';
import {
  type Claim,
  parseKeys,
  readCurrent,
  readHistory,
  readKept,
  readLogKeys,
} from './checkpoints.ts';
import { checkEntries } from './entries.ts';
import { diskFiles, type LedgerFiles } from './files.ts';
import { createReport, type LedgerProblem } from './report.ts';
import type { Scan } from './scan.ts';
import { checkStrayFiles } from './stray-files.ts';

export type VerifyOptions = {
  /** The ledger directory (the one that holds `log/` and `wal/`). */
  readonly directory: string;
  /** Verifier keys that must all have signed. Default: those in `log.vkeys`, the log's own word. */
  readonly vkeys?: readonly string[];
  /** Full policy instead of `vkeys`, for example with a quorum of witnesses. */
  readonly policy?: CheckpointPolicy;
  /** A checkpoint note kept elsewhere: the log must be an extension of it. */
  readonly checkpoint?: string;
  /** The log is being written meanwhile, so a torn tail is merely pending. Default false. */
  readonly live?: boolean;
  /** Stop after so many problems. Default 100. */
  readonly maxProblems?: number;
  /** Where to read from instead of the disk. */
  readonly files?: LedgerFiles;
};

export type LedgerVerification = {
  readonly ok: boolean;
  /** Entries the checkpoint signs for; those found when there is no good checkpoint. */
  readonly size: number;
  /** Base64 root hash, computed from the entries, at `size`. */
  readonly root: string;
  /** Checkpoints that verified: the current one, kept older ones, the one given. */
  readonly checkpoints: number;
  /** Entries in the write-ahead log that no checkpoint signs for yet. */
  readonly pending: number;
  /** `log`: the keys came from the log directory itself and prove nothing about who wrote it. */
  readonly keySource: 'given' | 'log';
  readonly problems: readonly LedgerProblem[];
};

/**
 * Verifies a whole ledger: signatures, every entry, tile, checkpoint and write-ahead frame. Resolves
 * with problems instead of rejecting; memory does not grow with the log.
 *
 * @example const { ok, problems } = await verifyLedger({ directory: '.sallyport/ledger' });
 */
export const verifyLedger = async (options: VerifyOptions): Promise<LedgerVerification> => {
  const report = createReport(options.maxProblems ?? 100);
  const files = options.files ?? diskFiles(options.directory);
  const scan: Scan = { files, report, isLive: options.live ?? false };
  const policies = choosePolicies(scan, options);
  const current = readCurrent(scan, policies);
  const claims = readClaims(scan, { options, policies, current });
  const signedSize = current?.size ?? 0;
  const pass = await checkEntries(scan, { signedSize, claims });
  checkStrayFiles(scan, Math.max(pass.size, signedSize));
  const isComplete = current !== undefined && pass.size >= signedSize;
  return {
    ok: report.problems.length === 0,
    size: isComplete ? signedSize : pass.size,
    root: encodeBase64(isComplete ? pass.signedRoot : pass.lastRoot),
    checkpoints: claims.length,
    pending: Math.max(0, pass.size - signedSize),
    keySource: isGiven(options) ? 'given' : 'log',
    problems: report.problems,
  };
};

const isGiven = ({ policy, vkeys }: VerifyOptions): boolean =>
  policy !== undefined || vkeys !== undefined;

/** The policy that decides comes first; keys the log claims for itself must fit as well. */
const choosePolicies = (scan: Scan, options: VerifyOptions): readonly CheckpointPolicy[] => {
  const own = readLogKeys(scan);
  const ownPolicies = own === undefined ? [] : [{ required: own }];
  if (options.policy !== undefined) return [options.policy, ...ownPolicies];
  if (options.vkeys !== undefined) {
    const required = parseKeys(options.vkeys);
    if (required !== undefined) return [{ required }, ...ownPolicies];
    scan.report.add('the given keys are not verifier keys');
    return [];
  }
  if (own === undefined) scan.report.add('no verifier keys: none given and none in log.vkeys');
  return ownPolicies;
};

type ClaimSources = {
  readonly options: VerifyOptions;
  readonly policies: readonly CheckpointPolicy[];
  readonly current: VerifiedCheckpoint | undefined;
};

/** Everything signed about this log, in order of size; what reaches beyond the current is reported. */
const readClaims = (scan: Scan, sources: ClaimSources): readonly Claim[] => {
  const { options, policies, current } = sources;
  const [policy] = policies;
  if (policy === undefined) return [];
  const history = readHistory(scan, policy);
  const kept =
    options.checkpoint === undefined ? undefined : readKept(scan, policy, options.checkpoint);
  const size = current?.size ?? 0;
  const ahead = (claim: Claim): boolean => current !== undefined && claim.size > size;
  // A log being written may have kept a newer checkpoint since the current one was read.
  const usable = scan.isLive ? history.filter((claim) => !ahead(claim)) : history;
  const claims = [...usable, ...(kept === undefined ? [] : [kept])];
  for (const claim of claims.filter(ahead))
    scan.report.add(
      `${claim.name} has size ${claim.size}, the current checkpoint only ${size}: the log was cut`,
      size,
    );
  const own = current === undefined ? [] : [{ name: 'checkpoint', size, root: current.root }];
  return [...claims, ...own].toSorted((left, right) => left.size - right.size);
};
