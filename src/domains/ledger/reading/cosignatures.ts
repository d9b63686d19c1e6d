/** Judges cosignatures: only lines of configured witnesses that verify are accepted. */
import {
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  type VerifierKey,
  verifyNote,
} from '../../../engines/merkle/index.ts';
import { isRefusal, orThrow, SallyportError } from '../../../kernel/errors.ts';
import { ledgerErrors } from '../errors.ts';

const maxLength = 64 * 1024;

export type Cosignature = {
  readonly size: number;
  /** The signed text, which must be the one published for that size. */
  readonly note: string;
  /** Signature lines, each with its newline. */
  readonly lines: string;
};

/** Parses witness keys. Throws E_LOG_FORMAT for a malformed one. */
export const parseWitnesses = (vkeys: readonly string[]): readonly VerifierKey[] =>
  vkeys.map((vkey) => orThrow(parseVerifierKey(vkey)));

const refused = (detail: string): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_COSIGNATURE, detail);

/**
 * Takes the cosignatures out of a checkpoint note that witnesses have signed.
 *
 * @param text the note: our checkpoint's text, a blank line, witness signature lines (and any others)
 * @throws SallyportError E_LEDGER_COSIGNATURE unless every line of a known witness verifies
 */
export const acceptCosignatures = (
  text: string,
  origin: string,
  witnesses: readonly VerifierKey[],
): Cosignature => {
  if (text.length > maxLength) throw refused('the note is too long');
  const note = verifyNote(text, witnesses);
  if (isRefusal(note)) throw refused(note.detail);
  const checkpoint = parseCheckpoint(note.text);
  if (isRefusal(checkpoint) || checkpoint.origin !== origin)
    throw refused('the note is not a checkpoint of this log');
  const parsed = orThrow(parseNote(text));
  const known = new Set(note.verified.map(({ key }) => `${key.name} ${key.keyId}`));
  const lines = text.slice(note.text.length + 1).split('\n');
  const accepted = parsed.signatures.flatMap(({ name, keyId }, i) =>
    known.has(`${name} ${keyId}`) ? [`${lines[i]}\n`] : [],
  );
  return { size: checkpoint.size, note: note.text, lines: accepted.join('') };
};
