/** The embedded key store: one sealed file in a private directory, opened with a passphrase. */
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '../../kernel/effects.ts';
import type { Secret } from '../../kernel/secret.ts';
import { ensurePrivateDirectory, syncDirectory } from '../files/index.ts';
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
  await removeLeftovers(directory);
  const path = join(directory, fileName);
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

const fileName = 'keystore.json';

/**
 * A crash while the file is replaced leaves a sealed copy beside it. It must go: it could hold a
 * key version that is destroyed later. What is in it was never in force.
 */
const removeLeftovers = async (directory: string): Promise<void> => {
  const isLeftover = (name: string): boolean =>
    name.startsWith(`.${fileName}.`) && name.endsWith('.tmp');
  const leftovers = (await readdir(directory)).filter(isLeftover);
  for (const name of leftovers) await unlink(join(directory, name));
  if (leftovers.length > 0) await syncDirectory(directory);
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
