/** Registry verbs (endpoints, limits) against the real control plane over HTTP. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createMemoryAccess } from '../../../src/domains/access/index.ts';
import { createEndpoints, migrations } from '../../../src/domains/endpoints/index.ts';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { listenHttp, type Listener } from '../../../src/platform/http/index.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';
import { type ApiWorldOptions, createApiWorld } from '../api/world.ts';
import { run } from './world.ts';

const listeners: Listener[] = [];
after(async () => {
  for (const listener of listeners) await listener.close();
});

/** A command line that talks as alice to a control plane on a free port. */
const serve = async (options: ApiWorldOptions) => {
  const { app } = await createApiWorld(options);
  const listener = await listenHttp({ handler: app.handle, host: '127.0.0.1', port: 0 });
  listeners.push(listener);
  const env = { SALLYPORT_TOKEN: 'alice', SALLYPORT_URL: listener.url };
  return { tool: (args: readonly string[]) => run(args, { env }) };
};

/** A real registry in memory. */
const createRegistry = async () =>
  createEndpoints({
    storage: await openMemoryStorage(migrations),
    keys: createMemoryKeyStore(),
    access: await createMemoryAccess(),
    ledger: createMemoryLedger(),
    clock: fakeClock(),
    random: systemRandom,
    log: createMemoryLog(),
    egress: { allowPrivate: true },
    pollMs: 0,
  });

test('limit verbs name exactly one scope and send whole amounts', async () => {
  const limit = { measure: 'requests', window: 'hour', amount: 10 } as const;
  const bob = { ...limit, scope: { kind: 'principal', id: 'bob' } } as const;
  const { tool } = await serve({
    budgets: {
      setLimit: (_actor, wanted) => Promise.resolve(wanted),
      listLimits: () => Promise.resolve([bob]),
      removeLimit: () => Promise.resolve(bob),
      usage: (_tenant, scope) =>
        Promise.resolve([{ limit: bob, scope, windowStartMs: 0, windowEndMs: 1, charged: 7 }]),
    },
  });
  const key = ['--principal', 'bob', '--measure', 'requests', '--window', 'hour'];
  const set = await tool(['limit', 'set', ...key, '--amount', '10', '--json']);
  assert.deepEqual(JSON.parse(set.stdout), bob);
  assert.match((await tool(['limit', 'list'])).stdout, /principal bob +requests +hour +10/);
  assert.match((await tool(['limit', 'usage', '--principal', 'bob'])).stdout, / 10 +7 +1970-/);
  assert.equal((await tool(['limit', 'remove', ...key])).code, 0);
  assert.equal((await tool(['limit', 'usage'])).code, 2);
  assert.equal((await tool(['limit', 'usage', '--principal', 'a', '--team', 'b'])).code, 2);
  assert.equal((await tool(['limit', 'set', ...key, '--amount', '1.5'])).code, 2);
});

test('endpoint update changes what flags name and refuses to overwrite a change it has not seen', async () => {
  const endpoints = await createRegistry();
  const { tool } = await serve({ endpoints });
  const flags = ['--protocol', 'v2', '--url', 'http://127.0.0.1:1', '--network', 'private'];
  await tool(['endpoint', 'add', 'digits', ...flags, '--role', 'a', '--mode', 'shadow']);
  const { code, stdout } = await tool(['endpoint', 'update', 'digits', '--mode', 'enforce']);
  assert.equal(code, 0);
  assert.match(stdout, /mode enforce, audit normal\nroles: a\n/);
  assert.equal((await tool(['endpoint', 'update', 'nothing', '--mode', 'enforce'])).code, 5);
  const raced = await serve({
    endpoints: {
      ...endpoints,
      update: (actor, input) => endpoints.update(actor, input, 1),
    },
  });
  assert.equal((await raced.tool(['endpoint', 'update', 'digits', '--role', 'b'])).code, 7);
});
