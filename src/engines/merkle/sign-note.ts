/** Signs notes through callbacks, so that private keys stay where they are kept. */
import { formatNote } from './note.ts';
import { layoutSignature, noteMessage } from './signatures.ts';
import type { VerifierKey } from './verifier-keys.ts';

/** Signs plain messages with the private key that belongs to `key`. */
export type NoteSigner = {
  readonly key: VerifierKey;
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
  /** POSIX seconds, for cosignature keys. */
  readonly timestamp?: number;
};
export type SyncNoteSigner = Omit<NoteSigner, 'sign'> & {
  readonly sign: (message: Uint8Array) => Uint8Array;
};

type Line = { readonly name: string; readonly keyId: number; readonly signature: Uint8Array };

const messageFor = (signer: Omit<NoteSigner, 'sign'>, text: string): Uint8Array => {
  const message = noteMessage(signer.key, text, signer.timestamp ?? 0);
  if (message === undefined) throw new RangeError(`key ${signer.key.name} signs checkpoints only`);
  return message;
};

const lineOf = (signer: Omit<NoteSigner, 'sign'>, signature: Uint8Array): Line => ({
  name: signer.key.name,
  keyId: signer.key.keyId,
  signature: layoutSignature(signer.key.type, signature, signer.timestamp ?? 0),
});

/**
 * The note: text (ending in a newline) and one signature line per signer, in their order.
 *
 * @throws RangeError when an ML-DSA cosigner is given anything but a checkpoint
 */
export const signNote = async (text: string, signers: readonly NoteSigner[]): Promise<string> => {
  const signatures = await Promise.all(
    signers.map(async (signer) => lineOf(signer, await signer.sign(messageFor(signer, text)))),
  );
  return formatNote({ text, signatures });
};

/** `signNote` for keys that sign at once. */
export const signNoteSync = (text: string, signers: readonly SyncNoteSigner[]): string =>
  formatNote({
    text,
    signatures: signers.map((signer) => lineOf(signer, signer.sign(messageFor(signer, text)))),
  });
