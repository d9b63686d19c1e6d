/** Verifies a checkpoint note against a policy that says which signatures must be there. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { merkleErrors } from './errors.ts';
import { emptyRoot, sameHash } from './hashes.ts';
import { isQuorumMet, type LogPolicy } from './log-policy.ts';
import { verifyNote } from './note.ts';
import type { VerifiedSignature } from './signatures.ts';
import { parseVerifierKey, type VerifierKey } from './verifier-keys.ts';

/** Which signatures a checkpoint must carry. Keys are vkey texts or parsed keys. */
export type CheckpointPolicy = {
  /** Every one of these keys must have signed: one for foreign logs, both of ours for our own. */
  readonly required: readonly (string | VerifierKey)[];
  /** The origin line. Default: the name of the first required key. */
  readonly origin?: string;
  /** Witnesses and the quorum they must make; their `logs` are not looked at. */
  readonly witnesses?: LogPolicy;
  /** Cosignatures dated later than this, in POSIX seconds, refuse the checkpoint. */
  readonly latestTimestamp?: number;
};

export type VerifiedCheckpoint = Checkpoint & {
  /** The note text that the signatures cover. */
  readonly text: string;
  /** Signatures that verified, required keys and witnesses, in the order of the note. */
  readonly signatures: readonly VerifiedSignature[];
};

const unverified = (what: string): Refusal =>
  refuse(merkleErrors.E_LOG_SIGNATURE, `checkpoint: ${what}`);

/**
 * What a policy file asks of the checkpoints of one origin: every log key of that name and the
 * quorum. Refuses when the file knows no such log.
 */
export const checkpointPolicyFor = (
  policy: LogPolicy,
  origin: string,
): CheckpointPolicy | Refusal => {
  const required = policy.logs.map(({ key }) => key).filter(({ name }) => name === origin);
  if (required.length === 0) return unverified(`policy knows no log ${JSON.stringify(origin)}`);
  return { required, origin, witnesses: policy };
};

const parseKeys = (keys: readonly (string | VerifierKey)[]): readonly VerifierKey[] | Refusal => {
  const parsed: VerifierKey[] = [];
  for (const each of keys) {
    const key = typeof each === 'string' ? parseVerifierKey(each) : each;
    if (isRefusal(key)) return key;
    parsed.push(key);
  }
  return parsed;
};

/**
 * The checkpoint, if every required key signed it and the witnesses make their quorum. Refuses with
 * E_LOG_FORMAT what is malformed and with E_LOG_SIGNATURE what is not vouched for; never throws.
 *
 * @example verifyCheckpoint(text, { required: ['example.com/log+33d7b496+AeHTu4Q3…'] })
 */
export const verifyCheckpoint = (
  input: string | Uint8Array,
  policy: CheckpointPolicy,
): VerifiedCheckpoint | Refusal => {
  const required = parseKeys(policy.required);
  if (isRefusal(required)) return required;
  const [first] = required;
  if (first === undefined) return unverified('the policy requires no signature at all');
  const witnesses = [...(policy.witnesses?.witnesses.values() ?? [])];
  const note = verifyNote(input, [...required, ...witnesses.map(({ key }) => key)]);
  if (isRefusal(note)) return note;
  const checkpoint = parseCheckpoint(note.text);
  if (isRefusal(checkpoint)) return checkpoint;
  const problem =
    contentProblem(checkpoint, policy.origin ?? first.name) ??
    signatureProblem(note.verified, required, policy);
  if (problem !== undefined) return unverified(problem);
  return { ...checkpoint, text: note.text, signatures: note.verified };
};

const contentProblem = (checkpoint: Checkpoint, origin: string): string | undefined => {
  if (checkpoint.origin !== origin)
    return `origin is ${JSON.stringify(checkpoint.origin)}, not ${JSON.stringify(origin)}`;
  const isEmpty = checkpoint.size === 0;
  return isEmpty && !sameHash(checkpoint.root, emptyRoot())
    ? 'bad root of an empty log'
    : undefined;
};

const signatureProblem = (
  verified: readonly VerifiedSignature[],
  required: readonly VerifierKey[],
  policy: CheckpointPolicy,
): string | undefined => {
  const hasSigned = (key: VerifierKey): boolean =>
    verified.some((signature) => signature.key === key);
  const absent = required.find((key) => !hasSigned(key));
  if (absent !== undefined) return `no signature of ${absent.name} with key type ${absent.type}`;
  const latest = policy.latestTimestamp ?? Number.POSITIVE_INFINITY;
  const early = verified.find(({ timestamp }) => (timestamp ?? 0) > latest);
  if (early !== undefined) return `signature of ${early.key.name} is dated in the future`;
  if (policy.witnesses === undefined) return undefined;
  const signed = [...policy.witnesses.witnesses.values()].filter(({ key }) => hasSigned(key));
  const names = new Set(signed.map(({ name }) => name));
  return isQuorumMet(policy.witnesses, names) ? undefined : 'witnesses do not make the quorum';
};
