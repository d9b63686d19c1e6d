/** Offline proofs of inclusion, C2SP tlog-proof: index, path and signed checkpoint in one text. */
import { decodeBase64, encodeBase64 } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { merkleErrors } from './errors.ts';
import { hashLength } from './hashes.ts';
import { verifyInclusion } from './inclusion.ts';
import { maxNoteLength } from './note.ts';
import { isSize, parseDecimal } from './sizes.ts';
import {
  type CheckpointPolicy,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './verify-checkpoint.ts';

export type TlogProof = {
  readonly index: number;
  /** Sibling hashes, the one beside the leaf first. */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint note, verbatim. */
  readonly checkpoint: string;
  /** Unauthenticated bytes for the application. */
  readonly extra?: Uint8Array;
};

const header = 'c2sp.org/tlog-proof@v1';
const maxHashes = 63;

const malformed = (what: string): Refusal =>
  refuse(merkleErrors.E_LOG_FORMAT, `tlog-proof: ${what}`);

/** Parses the text; the checkpoint in it is not looked at. */
export const parseTlogProof = (text: string): TlogProof | Refusal => {
  if (text.length > maxNoteLength || !text.isWellFormed())
    return malformed('not text, or too long');
  const blank = text.indexOf('\n\n');
  if (blank < 0) return malformed('no blank line before the checkpoint');
  const [first, ...lines] = text.slice(0, blank).split('\n');
  if (first !== header) return malformed(`first line is not ${header}`);
  const checkpoint = text.slice(blank + 2);
  if (checkpoint === '') return malformed('no checkpoint');
  const extra = lines[0]?.startsWith('extra ') ? decodeBase64(lines[0].slice(6)) : undefined;
  if (isRefusal(extra)) return malformed('bad extra line');
  if (extra !== undefined) lines.shift();
  const index = parseIndex(lines.shift() ?? '');
  if (index === undefined) return malformed('bad index line');
  const hashes = parseHashes(lines);
  if (isRefusal(hashes)) return hashes;
  return { index, hashes, checkpoint, ...(extra === undefined ? {} : { extra }) };
};

const parseIndex = (line: string): number | undefined =>
  line.startsWith('index ') ? parseDecimal(line.slice(6)) : undefined;

const parseHashes = (lines: readonly string[]): readonly Uint8Array[] | Refusal => {
  if (lines.length > maxHashes) return malformed(`more than ${maxHashes} hashes`);
  const hashes: Uint8Array[] = [];
  for (const line of lines) {
    const hash = decodeBase64(line);
    if (isRefusal(hash) || hash.length !== hashLength) return malformed('bad hash line');
    hashes.push(hash);
  }
  return hashes;
};

/**
 * The text of a proof.
 *
 * @throws RangeError for what `parseTlogProof` would refuse
 */
export const formatTlogProof = (proof: TlogProof): string => {
  const { index, hashes, checkpoint, extra } = proof;
  const isGood =
    isSize(index) &&
    hashes.length <= maxHashes &&
    hashes.every((hash) => hash.length === hashLength) &&
    checkpoint !== '';
  if (!isGood) throw new RangeError('not a tlog-proof');
  const lines = [
    header,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(encodeBase64),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
};

export type VerifiedTlogProof = { readonly index: number; readonly checkpoint: VerifiedCheckpoint };

/**
 * Verifies that the entry with this leaf hash is in the log: checkpoint first, then inclusion.
 * Refuses otherwise; never throws.
 */
export const verifyTlogProof = (
  text: string,
  expected: { readonly leafHash: Uint8Array; readonly policy: CheckpointPolicy },
): VerifiedTlogProof | Refusal => {
  const proof = parseTlogProof(text);
  if (isRefusal(proof)) return proof;
  const checkpoint = verifyCheckpoint(proof.checkpoint, expected.policy);
  if (isRefusal(checkpoint)) return checkpoint;
  const isIncluded = verifyInclusion({
    leafIndex: proof.index,
    treeSize: checkpoint.size,
    leafHash: expected.leafHash,
    proof: proof.hashes,
    root: checkpoint.root,
  });
  if (!isIncluded)
    return refuse(
      merkleErrors.E_LOG_PROOF,
      `tlog-proof: entry is not at index ${proof.index} of ${checkpoint.origin}`,
    );
  return { index: proof.index, checkpoint };
};
