/** Access over SQLite: the contract, and hearing of changes without being asked. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { accessMigrations, createAccess } from '../../../src/domains/access/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';
import { accessContract } from './over-storage.ts';

accessContract('SQLite', {
  skip: false,
  fresh: async (context) => {
    const storage = await openMemoryStorage();
    context.after(() => storage.close());
    return [storage, storage];
  },
});

it('hears of changes by itself within the poll interval', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const storage = await openMemoryStorage(accessMigrations);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const shared = { storage, clock: fakeClock(), log };
  const watching = await createAccess({ ...shared, pollMs: 500 });
  const writing = await createAccess({ ...shared, pollMs: 0 });
  const uid = { type: 'Team', id: 'polled' };
  await writing.putEntity({ uid, attrs: {}, parents: [] });
  const heard = new Promise((resolve) => watching.onChange(resolve));
  context.mock.timers.tick(500);
  await heard;
  assert.ok(watching.getEntity(uid));
  await Promise.all([watching.close(), writing.close()]);
  await storage.close();
});
