/** Signs checkpoints with both keys of the log: Ed25519 (0x01) and ML-DSA-44 (0x06). */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  type CheckpointPolicy,
  createVerifierKey,
  formatCheckpoint,
  formatVerifierKey,
  keyTypes,
  signNoteSync,
  type VerifierKey,
} from '../../../engines/merkle/index.ts';
import { orThrow } from '../../../kernel/errors.ts';

/** PKCS#8 DER of the private keys. */
export type SigningKeys = {
  readonly origin: string;
  readonly ed25519: Uint8Array;
  readonly mlDsa44: Uint8Array;
};

export type CheckpointSigner = {
  /** Verifier keys as texts, Ed25519 first: the content of `log.vkeys`. */
  readonly vkeys: readonly string[];
  /** What a checkpoint of this log must carry. */
  readonly policy: CheckpointPolicy;
  readonly sign: (checkpoint: {
    readonly size: number;
    readonly root: Uint8Array;
    readonly timeMs: number;
  }) => string;
};

const openPrivate = (pkcs8: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });

/** The raw public key: member `x` of an OKP key, `pub` of an AKP key (ML-DSA). */
const rawPublicKey = (key: KeyObject): Uint8Array => {
  const jwk = createPublicKey(key).export({ format: 'jwk' }) as { x?: string; pub?: string };
  return Buffer.from(jwk.x ?? jwk.pub ?? '', 'base64url');
};

const verifierOf = (name: string, type: number, key: KeyObject): VerifierKey =>
  orThrow(createVerifierKey({ name, type, publicKey: rawPublicKey(key) }));

/** Opens the keys. Throws when one is not of its type. */
export const createCheckpointSigner = (keys: SigningKeys): CheckpointSigner => {
  const { origin } = keys;
  const classic = openPrivate(keys.ed25519);
  const postQuantum = openPrivate(keys.mlDsa44);
  const classicKey = verifierOf(origin, keyTypes.ed25519, classic);
  const postQuantumKey = verifierOf(origin, keyTypes.mlDsa44Cosignature, postQuantum);
  return {
    vkeys: [classicKey, postQuantumKey].map(formatVerifierKey),
    policy: { required: [classicKey, postQuantumKey], origin },
    sign: ({ size, root, timeMs }) =>
      signNoteSync(formatCheckpoint({ origin, size, root }), [
        { key: classicKey, sign: (message) => sign(null, message, classic) },
        {
          key: postQuantumKey,
          sign: (message) => sign(null, message, postQuantum),
          timestamp: Math.floor(timeMs / 1000),
        },
      ]),
  };
};
