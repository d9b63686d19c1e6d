/** Signed notes, C2SP signed-note: a text and, after a blank line, signature lines. */
import { decodeBase64, encodeBase64 } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { merkleErrors } from './errors.ts';
import { checkNoteSignature, type VerifiedSignature } from './signatures.ts';
import { isKeyName, type VerifierKey } from './verifier-keys.ts';

export type NoteSignature = {
  readonly name: string;
  readonly keyId: number;
  /** Signature bytes without the key id; cosignatures begin with their timestamp. */
  readonly signature: Uint8Array;
};

export type Note = {
  /** The signed text with its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

/** Bound of a whole note in UTF-16 units. */
export const maxNoteLength = 1_000_000;
const maxSignatures = 100;
const linePrefix = '— ';
const keyIdBytes = 4;

const malformed = (what: string): Refusal => refuse(merkleErrors.E_LOG_FORMAT, `note: ${what}`);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const toText = (input: string | Uint8Array): string | undefined => {
  if (input.length > 4 * maxNoteLength) return undefined;
  if (typeof input === 'string') return input.isWellFormed() ? input : undefined;
  try {
    return decoder.decode(input);
  } catch {
    return undefined;
  }
};

/** Splits a note; verifies nothing. Refuses control characters, bad UTF-8 and malformed lines. */
export const parseNote = (input: string | Uint8Array): Note | Refusal => {
  const note = toText(input);
  if (note === undefined || note.length > maxNoteLength) return malformed('not text, or too long');
  // oxlint-disable-next-line no-control-regex -- the specification forbids exactly these
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) return malformed('control character');
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return malformed('no blank line before signatures');
  if (!note.endsWith('\n') || end + 2 === note.length) return malformed('no signature lines');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > maxSignatures) return malformed(`more than ${maxSignatures} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === undefined) return malformed('bad signature line');
    signatures.push(signature);
  }
  return { text: note.slice(0, end + 1), signatures };
};

/** One line without its newline; undefined when it is not a signature line. */
export const parseSignatureLine = (line: string): NoteSignature | undefined => {
  if (!line.startsWith(linePrefix)) return undefined;
  const [name, base64, ...more] = line.slice(linePrefix.length).split(' ');
  if (name === undefined || base64 === undefined || more.length > 0) return undefined;
  const bytes = decodeBase64(base64);
  if (isRefusal(bytes) || bytes.length <= keyIdBytes || !isKeyName(name)) return undefined;
  const keyId = new DataView(bytes.buffer).getUint32(0);
  return { name, keyId, signature: bytes.subarray(keyIdBytes) };
};

/** A signature line with its newline. */
export const formatSignatureLine = ({ name, keyId, signature }: NoteSignature): string => {
  const bytes = Buffer.alloc(keyIdBytes + signature.length);
  bytes.writeUInt32BE(keyId);
  bytes.set(signature, keyIdBytes);
  return `${linePrefix}${name} ${encodeBase64(bytes)}\n`;
};

/** Joins a text (ending in a newline) and its signatures. */
export const formatNote = (note: Note): string =>
  `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;

/** A note of which at least one known key vouches for the text. */
export type VerifiedNote = Note & { readonly verified: readonly VerifiedSignature[] };

/**
 * Verifies a note against known keys. Lines of other keys are ignored; a line of a known key that
 * does not verify refuses the whole note, as does a note no known key has signed.
 */
export const verifyNote = (
  input: string | Uint8Array,
  keys: readonly VerifierKey[],
): VerifiedNote | Refusal => {
  const note = parseNote(input);
  if (isRefusal(note)) return note;
  const verified: VerifiedSignature[] = [];
  for (const line of note.signatures) {
    const known = keys.filter((key) => key.name === line.name && key.keyId === line.keyId);
    if (known.length > 1) return unverified(`two known keys share the id of ${line.name}`);
    const [key] = known;
    if (key === undefined) continue;
    const signature = checkNoteSignature(key, note.text, line.signature);
    if (signature === undefined) return unverified(`signature of ${line.name} does not verify`);
    verified.push(signature);
  }
  if (verified.length === 0) return unverified('no known key has signed it');
  return { ...note, verified };
};

const unverified = (what: string): Refusal => refuse(merkleErrors.E_LOG_SIGNATURE, `note: ${what}`);
