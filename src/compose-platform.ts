/** Opens the machine under the product: lock, keys, storage, cache, log and metrics of one node. */
import { join } from 'node:path';
import { systemClock as clock, systemRandom as random } from './kernel/effects.ts';
import { openCache } from './platform/cache/index.ts';
import { ensurePassphrase, readEnvironment, type ResolvedConfig } from './platform/config/index.ts';
import { ensureNodeId, lockDataDirectory } from './platform/files/index.ts';
import { openKeyStore } from './platform/keys/index.ts';
import { createLog } from './platform/log/index.ts';
import { createMetrics, registerProcessMetrics } from './platform/metrics/index.ts';
import { type Migration, openStorage } from './platform/storage/index.ts';

/** What lives until the end is pushed on the stack as soon as it is there. */
export const closing = <T extends { readonly close: () => Promise<void> }>(
  stack: AsyncDisposableStack,
  part: T,
): T => {
  stack.defer(() => part.close());
  return part;
};

/**
 * Opens everything in order; what was opened closes with the stack. The data directory's lock comes
 * first, so that of two processes the second touches nothing.
 */
export const composePlatform = async (
  { config }: ResolvedConfig,
  migrations: readonly Migration[],
  stack: AsyncDisposableStack,
) => {
  const { dataDir } = config;
  const log = createLog({ level: config.log.level });
  const metrics = createMetrics();
  stack.use(registerProcessMetrics(metrics));
  stack.use(await lockDataDirectory(dataDir, Math.round(performance.timeOrigin)));
  const { secret: passphrase } = await ensurePassphrase({ config, env: readEnvironment(), random });
  const directory = join(dataDir, 'keys');
  const keys = closing(stack, await openKeyStore({ directory, passphrase, clock, random }));
  const storage = closing(stack, await openStorage({ url: config.storage.url, dataDir, log }));
  await storage.migrate(migrations);
  const cache = closing(stack, await openCache({ url: config.cache.url, log }));
  const nodeId = await ensureNodeId(dataDir, random);
  return { config, log, metrics, keys, storage, cache, nodeId, clock, random };
};

export type Platform = Awaited<ReturnType<typeof composePlatform>>;
