/** Checkpoints, C2SP tlog-checkpoint: origin, size and root hash as the text of a signed note. */
import { decodeBase64, encodeBase64 } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { merkleErrors } from './errors.ts';
import { hashLength } from './hashes.ts';
import { isSize, parseDecimal } from './sizes.ts';

export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Further lines; discouraged, and not covered by ML-DSA cosignatures. */
  readonly extensions: readonly string[];
};

const malformed = (what: string): Refusal =>
  refuse(merkleErrors.E_LOG_FORMAT, `checkpoint: ${what}`);

/** Parses the text of a note (without its signatures). Sizes beyond 2^53 are refused. */
export const parseCheckpoint = (text: string): Checkpoint | Refusal => {
  if (!text.endsWith('\n')) return malformed('last line has no end');
  const [origin = '', decimal = '', base64 = '', ...extensions] = text.slice(0, -1).split('\n');
  const size = parseDecimal(decimal);
  const root = decodeBase64(base64);
  if (origin === '') return malformed('no origin');
  if (size === undefined) return malformed('bad size');
  if (isRefusal(root) || root.length !== hashLength) return malformed('bad root hash');
  if (extensions.includes('')) return malformed('empty extension line');
  return { origin, size, root, extensions };
};

/**
 * The note text of a checkpoint, ending in a newline.
 *
 * @throws RangeError for what `parseCheckpoint` would refuse
 */
export const formatCheckpoint = (
  checkpoint: Omit<Checkpoint, 'extensions'> & { readonly extensions?: readonly string[] },
): string => {
  const { origin, size, root, extensions = [] } = checkpoint;
  const lines = [origin, ...extensions];
  const isGood =
    isSize(size) &&
    root.length === hashLength &&
    lines.every((line) => line.length > 0 && !line.includes('\n'));
  if (!isGood) throw new RangeError('not a checkpoint');
  return `${[origin, String(size), encodeBase64(root), ...extensions].join('\n')}\n`;
};
