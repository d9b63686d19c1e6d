/** Readiness of what the server stands on: can the database and the cache be asked right now. */
import type { Cache } from '../../platform/cache/index.ts';
import type { Storage } from '../../platform/storage/index.ts';
import type { ReadinessCheck } from './deps.ts';

const probe = async (name: string, ask: () => Promise<unknown>): Promise<ReadinessCheck> => {
  try {
    await ask();
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : 'failed' };
  }
};

/** Asks both at once; each has the deadline of its own room. */
export const createReadinessChecks =
  (parts: {
    readonly storage: Pick<Storage, 'database'>;
    readonly cache: Pick<Cache, 'get'>;
  }): (() => Promise<readonly ReadinessCheck[]>) =>
  () => {
    const query = parts.storage.database().selectNoFrom((one) => one.lit(1).as('one'));
    return Promise.all([
      probe('storage', () => query.execute()),
      probe('cache', () => parts.cache.get('readiness')),
    ]);
  };
