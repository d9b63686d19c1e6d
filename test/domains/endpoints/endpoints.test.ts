/** The registry: changes, credentials, replicas, refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entity } from '../../../src/domains/access/index.ts';
import {
  createEndpoints,
  type Endpoint,
  type Endpoints,
  type EndpointsDeps,
  migrations,
} from '../../../src/domains/endpoints/index.ts';
import type { Actor } from '../../../src/domains/identity/index.ts';
import { createMemoryLedger, type MemoryLedger } from '../../../src/domains/ledger/index.ts';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { isRefusal, type Refusal } from '../../../src/kernel/errors.ts';
import type { TenantId } from '../../../src/kernel/ids.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { openMemoryStorage, type Storage } from '../../../src/platform/storage/index.ts';

const tenant = 'default' as TenantId;
const actor: Actor = { principal: { type: 'System', id: 'sallyport' }, tenant };
const digits = {
  name: 'digits',
  protocol: 'v2',
  url: 'http://127.0.0.1:8000',
  inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 784], minimum: 0, maximum: 1 }],
  allowedRoles: ['reader'],
};

const good = (value: Endpoint | Refusal): Endpoint => {
  assert.ok(!isRefusal(value), isRefusal(value) ? value.detail : '');
  return value;
};
const codeOf = (value: unknown): string => (isRefusal(value) ? value.error.code : 'accepted');

type World = {
  readonly storage: Storage;
  readonly ledger: MemoryLedger;
  readonly entities: Map<string, Entity>;
  readonly endpoints: Endpoints;
  /** Another process on the same database. */
  readonly startReplica: () => Promise<Endpoints>;
};

const accessOver = (entities: Map<string, Entity>): EndpointsDeps['access'] => ({
  getEntity: ({ type, id }) => entities.get(`${type}::${id}`),
  putEntity: async (entity) => void entities.set(`${entity.uid.type}::${entity.uid.id}`, entity),
  removeEntity: async ({ type, id }) => entities.delete(`${type}::${id}`),
});

const registryTest = (name: string, work: (world: World) => Promise<void>): void =>
  void test(`the endpoint registry ${name}`, async () => {
    const storage = await openMemoryStorage(migrations);
    const keys = createMemoryKeyStore();
    const ledger = createMemoryLedger();
    const entities = new Map<string, Entity>();
    const open: Endpoints[] = [];
    const startReplica = async (): Promise<Endpoints> => {
      const made = await createEndpoints({
        storage,
        keys,
        ledger,
        access: accessOver(entities),
        clock: fakeClock(),
        random: systemRandom,
        log: { warn: () => undefined },
        egress: { allowPrivate: true },
        pollMs: 0,
      });
      open.push(made);
      return made;
    };
    try {
      const endpoints = await startReplica();
      await work({ storage, ledger, entities, endpoints, startReplica });
    } finally {
      for (const made of open) await made.close();
      await keys.close();
      await storage.close();
    }
  });

registryTest('finds what was created, with defaults filled in', async ({ endpoints }) => {
  const endpoint = good(await endpoints.create(actor, digits));
  assert.equal(endpoints.find(tenant, 'digits'), endpoint);
  assert.equal(endpoint.upstreamModel, 'digits');
  assert.equal(endpoint.mode, 'enforce');
  assert.equal(endpoint.version, 1);
  assert.equal(endpoints.find('other' as TenantId, 'digits'), undefined);
});

registryTest(
  'registers the entity that policies see and removes it with the endpoint',
  async ({ entities, endpoints }) => {
    await endpoints.create(actor, digits);
    const entity = entities.get('Endpoint::digits');
    assert.deepEqual(entity?.attrs['allowedRoles'], [{ __entity: { type: 'Role', id: 'reader' } }]);
    assert.equal(await endpoints.remove(actor, 'digits'), undefined);
    assert.equal(entities.size, 0);
    assert.equal(endpoints.find(tenant, 'digits'), undefined);
  },
);

registryTest(
  'records every change as a valid decisive event before it is stored',
  async ({ ledger, endpoints }) => {
    await endpoints.create(actor, digits);
    await endpoints.update(actor, { ...digits, mode: 'shadow' });
    await endpoints.remove(actor, 'digits');
    assert.deepEqual(
      ledger.events.map((event) => [event.class, event.ocsf.metadata.event_code]),
      [
        ['decisive', 'endpoint.create'],
        ['decisive', 'endpoint.update'],
        ['decisive', 'endpoint.delete'],
      ],
    );
    for (const event of ledger.events) assert.deepEqual(validateOcsf(event.ocsf), []);
  },
);

registryTest('changes nothing when the ledger cannot write', async ({ ledger, endpoints }) => {
  ledger.setState('refusing');
  await assert.rejects(endpoints.create(actor, digits), { code: 'E_LEDGER_UNAVAILABLE' });
  assert.equal(endpoints.find(tenant, 'digits'), undefined);
});

registryTest(
  'keeps the credential out of lists, events and the database in the clear',
  async ({ storage, ledger, endpoints }) => {
    const secret = 'sk-very-secret-credential';
    const endpoint = good(await endpoints.create(actor, { ...digits, credential: secret }));
    assert.equal(endpoint.hasCredential, true);
    assert.equal(endpoints.credential(endpoint)?.reveal(), secret);
    const rows = await storage
      .database<{ endpoints: Record<string, unknown> }>()
      .selectFrom('endpoints')
      .selectAll()
      .execute();
    const box = Buffer.from(rows[0]?.['credential_box'] as Uint8Array);
    const everything =
      JSON.stringify([endpoints.list(tenant), ledger.events, rows]) + box.toString('latin1');
    assert.ok(!everything.includes(secret));
  },
);

registryTest(
  'keeps the credential through an update, replaces it, and removes it with null',
  async ({ endpoints }) => {
    await endpoints.create(actor, { ...digits, credential: 'first' });
    const kept = good(await endpoints.update(actor, { ...digits, description: 'x' }));
    assert.equal(endpoints.credential(kept)?.reveal(), 'first');
    const changed = good(await endpoints.update(actor, { ...digits, credential: 'second' }));
    assert.equal(endpoints.credential(changed)?.reveal(), 'second');
    const removed = good(await endpoints.update(actor, { ...digits, credential: null }));
    assert.equal(removed.hasCredential, false);
    assert.equal(endpoints.credential(removed), undefined);
  },
);

registryTest(
  'leaves out an endpoint whose credential was moved to it from another one',
  async ({ storage, endpoints, startReplica }) => {
    await endpoints.create(actor, { ...digits, credential: 'of-digits' });
    await endpoints.create(actor, { ...digits, name: 'other', credential: 'of-other' });
    const db = storage.database<{ endpoints: Record<string, unknown> }>();
    const row = await db
      .selectFrom('endpoints')
      .selectAll()
      .where('name', '=', 'digits')
      .executeTakeFirstOrThrow();
    await db
      .updateTable('endpoints')
      .set({ credential_key: row['credential_key'], credential_box: row['credential_box'] })
      .where('name', '=', 'other')
      .execute();
    const replica = await startReplica();
    assert.equal(replica.find(tenant, 'other'), undefined);
    assert.ok(replica.find(tenant, 'digits'));
  },
);

registryTest(
  'refuses a second endpoint of the same name and an update of one that is not there',
  async ({ endpoints }) => {
    await endpoints.create(actor, digits);
    assert.equal(codeOf(await endpoints.create(actor, digits)), 'E_ENDPOINT_EXISTS');
    assert.equal(
      codeOf(await endpoints.update(actor, { ...digits, name: 'x' })),
      'E_ENDPOINT_NOT_FOUND',
    );
    assert.equal(codeOf(await endpoints.remove(actor, 'x')), 'E_ENDPOINT_NOT_FOUND');
  },
);

registryTest('refuses an update that was based on an older version', async ({ endpoints }) => {
  await endpoints.create(actor, digits);
  assert.equal(codeOf(await endpoints.update(actor, digits, 7)), 'E_ENDPOINT_CHANGED');
  assert.equal(codeOf(await endpoints.update(actor, digits, 1)), 'accepted');
});

registryTest(
  'shows a change of one replica to another one at its next look',
  async ({ endpoints, startReplica }) => {
    const replica = await startReplica();
    let calls = 0;
    replica.onChange(() => {
      calls += 1;
    });
    await endpoints.create(actor, { ...digits, credential: 'shared' });
    assert.equal(replica.find(tenant, 'digits'), undefined);
    await replica.refresh();
    const seen = replica.find(tenant, 'digits');
    assert.ok(seen);
    assert.equal(replica.credential(seen)?.reveal(), 'shared');
    await replica.refresh();
    assert.equal(calls, 1, 'nothing is reloaded when nothing changed');
  },
);

registryTest(
  'two replicas creating the same name end with one endpoint',
  async ({ endpoints, startReplica }) => {
    const replica = await startReplica();
    const results = await Promise.all([
      endpoints.create(actor, digits),
      replica.create(actor, digits),
    ]);
    assert.deepEqual(results.map(codeOf).sort(), ['E_ENDPOINT_EXISTS', 'accepted']);
  },
);

registryTest(
  'keeps the object of an unchanged endpoint through a reload',
  async ({ endpoints }) => {
    const endpoint = good(await endpoints.create(actor, digits));
    await endpoints.create(actor, { ...digits, name: 'second' });
    assert.equal(endpoints.find(tenant, 'digits'), endpoint);
  },
);

const invalid: readonly (readonly [string, object])[] = [
  ['an unknown key', { ...digits, colour: 'red' }],
  ['a name with a slash', { ...digits, name: 'a/b' }],
  ['an empty name', { ...digits, name: '' }],
  ['an unknown protocol', { ...digits, protocol: 'grpc' }],
  [
    'a range that is empty',
    { ...digits, inputs: [{ name: 'x', datatype: 'FP32', shape: [1], minimum: 2, maximum: 1 }] },
  ],
  [
    'a range on BYTES',
    { ...digits, inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], minimum: 2 }] },
  ],
  ['a shape with a zero', { ...digits, inputs: [{ name: 'x', datatype: 'FP32', shape: [0] }] }],
  ['a repeated input', { ...digits, inputs: [digits.inputs[0], digits.inputs[0]] }],
  ['a credential with a line break', { ...digits, credential: 'a\nb' }],
  ['a bad SPIFFE ID', { ...digits, url: 'https://127.0.0.1', tls: { spiffeId: 'http://x' } }],
  ['a SPIFFE ID on plain HTTP', { ...digits, tls: { spiffeId: 'spiffe://a.local/x' } }],
  ['a number of milliseconds below one', { ...digits, timeouts: { connectMs: 0 } }],
  ['a price below zero', { ...digits, prices: { requestMicroUsd: -1 } }],
  ['prototype pollution', JSON.parse('{"__proto__":{"mode":"shadow"},"name":"x"}') as object],
];
for (const [what, input] of invalid)
  registryTest(`refuses ${what}`, async ({ endpoints }) =>
    assert.equal(codeOf(await endpoints.create(actor, input)), 'E_ENDPOINT_INVALID'),
  );

registryTest('refuses a forbidden address with its own code', async ({ endpoints }) => {
  const metadata = { ...digits, url: 'http://169.254.169.254/' };
  assert.equal(codeOf(await endpoints.create(actor, metadata)), 'E_EGRESS_FORBIDDEN');
});
