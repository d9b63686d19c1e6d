/** The embedded key store: one sealed file in a private directory, opened with a passphrase. */
import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import type { Clock, Random } from '../../kernel/effects.ts';
import type { Secret } from '../../kernel/secret.ts';
import { ensurePrivateDirectory } from '../files/index.ts';
import { createKeyOperations } from './key-operations.ts';
import { newKeyFile, readKeyFile, writeKeyFile } from './sealed-file.ts';
import type { KeyStore } from './types.ts';

export type OpenKeyStoreOptions = {
  /** Made with mode 0700 when absent; holds `keystore.json` with mode 0600. */
  readonly directory: string;
  readonly passphrase: Secret;
  readonly clock: Clock;
  readonly random: Random;
};

/**
 * Opens the store, or makes an empty one. Takes some 150 ms and 64 MiB for Argon2id. One process
 * at a time: the caller holds the data directory's lock.
 *
 * @throws SallyportError E_KEYS_SEALED for a wrong passphrase or a changed file
 */
export const openKeyStore = async (options: OpenKeyStoreOptions): Promise<KeyStore> => {
  const { directory, passphrase, clock, random } = options;
  await ensurePrivateDirectory(directory);
  const path = join(directory, 'keystore.json');
  const file = (await exists(path))
    ? await readKeyFile(path, passphrase)
    : await newKeyFile(passphrase, random);
  return createKeyOperations({
    ring: file.ring,
    clock,
    random,
    persist: (ring) => writeKeyFile(path, { ...file, ring }, random),
    onClose: () => file.sealingKey.wipe(),
  });
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Anything but "surely absent" must not lead to an empty store in its place.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
};
