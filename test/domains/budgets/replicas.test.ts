/** Several nodes on SQLite and the memory cache. */
import { replicasContract } from './replicas.ts';
import { openWorld } from './world.ts';

replicasContract('SQLite and memory', {
  open: async () => ({ world: await openWorld(), dispose: async () => {} }),
});
