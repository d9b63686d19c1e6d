/** Fresh note keys with their signers. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  createVerifierKey,
  type KeyType,
  keyTypes,
  type SyncNoteSigner,
} from '../../../src/engines/merkle/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const pairOf = (type: KeyType): Pair =>
  type === keyTypes.mlDsa44Cosignature
    ? generateKeyPairSync('ml-dsa-44')
    : generateKeyPairSync('ed25519');

/** A signer with a key of its own; cosignatures carry `timestamp`. */
export const createSigner = (
  type: KeyType,
  name: string,
  timestamp = 1_700_000_000,
): SyncNoteSigner => {
  const { publicKey, privateKey } = pairOf(type);
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const length = type === keyTypes.mlDsa44Cosignature ? 1312 : 32;
  const key = orThrow(
    createVerifierKey({ name, type, publicKey: new Uint8Array(spki.subarray(-length)) }),
  );
  return { key, timestamp, sign: (message) => sign(null, message, privateKey) };
};
