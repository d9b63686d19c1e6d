/** A ledger with its writer thread, its keys and its database in files, to be killed and reopened. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ledger, ledgerMigrations, openLedger } from '../../../src/domains/ledger/index.ts';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import { openStorage, type Storage } from '../../../src/platform/storage/index.ts';

type StoredKeys = Readonly<Record<string, string>>;

const keysIn = (directory: string): StoredKeys => {
  const path = join(directory, 'test-keys.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as StoredKeys;
  const encode = (type: 'ed25519' | 'ml-dsa-44'): string => {
    // One overload per type; the union has none.
    const { privateKey } =
      type === 'ed25519' ? generateKeyPairSync(type) : generateKeyPairSync(type);
    return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  };
  const keys = {
    'ledger-checkpoint-ed25519': encode('ed25519'),
    'ledger-checkpoint-ml-dsa-44': encode('ml-dsa-44'),
  };
  writeFileSync(path, JSON.stringify(keys));
  return keys;
};

/** Opens the ledger below a directory; the checkpoint interval is short, so that kills meet it. */
export const openCrashLedger = async (
  directory: string,
): Promise<{ readonly ledger: Ledger; readonly storage: Storage }> => {
  const stored = keysIn(directory);
  const log = createMemoryLog();
  const storage = await openStorage({ url: 'sqlite:', dataDir: directory, log });
  await storage.migrate(ledgerMigrations);
  const ledger = await openLedger({
    directory: join(directory, 'ledger'),
    keys: {
      ...createMemoryKeyStore(),
      exportSigningKey: async (name) =>
        new Secret<Uint8Array>(Buffer.from(stored[name] ?? '', 'base64')),
    },
    storage,
    config: {
      origin: 'ledger.test/crash',
      commitWindowMs: 1,
      checkpointIntervalMs: 20,
      reserveBytes: 65_536,
      segmentBytes: 512 * 1024,
      witnesses: [],
    },
    clock: systemClock,
    random: systemRandom,
    log,
    metrics: createMetrics(),
  });
  return { ledger, storage };
};
