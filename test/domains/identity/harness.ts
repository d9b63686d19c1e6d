/** One identity room over a real database in memory, with everything else faked at the rim. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import type { Access, Entity, EntityRef } from '../../../src/domains/access/index.ts';
import {
  type Actor,
  createIdentity,
  type Identity,
  type IdentityDependencies,
  migrations,
  systemActor,
} from '../../../src/domains/identity/index.ts';
import { createCertificateRequest, encodePem } from '../../../src/engines/pki/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import {
  parsePrincipalId,
  parseSpiffeId,
  parseTenantId,
  parseTrustDomain,
  type PrincipalId,
  type SpiffeId,
} from '../../../src/kernel/ids.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';

export const trustDomain = orThrow(parseTrustDomain('prod.example'));
export const tenant = orThrow(parseTenantId('default'));
export const spiffe = (path: string): SpiffeId =>
  orThrow(parseSpiffeId(`spiffe://${trustDomain}${path}`));
export const principalId = (id: string): PrincipalId => orThrow(parsePrincipalId(id));
export const actor: Actor = systemActor(tenant);

const same = (left: EntityRef, right: EntityRef): boolean =>
  left.type === right.type && left.id === right.id;

type FakeAccess = Pick<Access, 'putEntity' | 'getEntity' | 'removeEntity' | 'isIn'> & {
  readonly entities: readonly Entity[];
};

export const createFakeAccess = (): FakeAccess => {
  const entities: Entity[] = [];
  const find = (uid: EntityRef): Entity | undefined =>
    entities.find((entity) => same(entity.uid, uid));
  const remove = (uid: EntityRef): boolean => {
    const at = entities.findIndex((entity) => same(entity.uid, uid));
    if (at >= 0) entities.splice(at, 1);
    return at >= 0;
  };
  const isIn = (child: EntityRef, ancestor: EntityRef): boolean =>
    same(child, ancestor) || (find(child)?.parents ?? []).some((one) => isIn(one, ancestor));
  return {
    entities,
    getEntity: find,
    isIn,
    removeEntity: async (uid) => remove(uid),
    putEntity: async (entity) => {
      remove(entity.uid);
      entities.push(entity);
    },
  };
};

export type Harness = Omit<IdentityDependencies, 'clock' | 'ledger' | 'log' | 'access'> & {
  readonly identity: Identity;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly ledger: ReturnType<typeof createMemoryLedger>;
  readonly log: ReturnType<typeof createMemoryLog>;
  readonly access: FakeAccess;
  /** A second replica over the same storage and key store. */
  readonly openReplica: (changes?: Partial<IdentityDependencies>) => Promise<Identity>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** Opens a fresh trust domain. `await using` closes it. */
export const openHarness = async (
  changes: Partial<IdentityDependencies> = {},
): Promise<Harness> => {
  const clock = fakeClock();
  const storage = changes.storage ?? (await openMemoryStorage(migrations));
  const base = {
    storage,
    clock,
    random: systemRandom,
    keys: createMemoryKeyStore({ clock, random: systemRandom }),
    access: createFakeAccess(),
    ledger: createMemoryLedger(clock),
    log: createMemoryLog(),
    config: { trustDomain, tenant, dataDir: '.', pollIntervalMs: 0 },
  };
  const opened: Identity[] = [];
  const open = async (more: Partial<IdentityDependencies>): Promise<Identity> => {
    const identity = await createIdentity({ ...base, ...more });
    opened.push(identity);
    return identity;
  };
  const identity = await open(changes);
  return {
    ...base,
    identity,
    openReplica: (more = {}) => open({ ...changes, ...more }),
    [Symbol.asyncDispose]: async () => {
      for (const one of opened) await one.close();
      if (changes.storage === undefined) await storage.close();
    },
  };
};

export type WorkloadKey = {
  readonly spki: Uint8Array;
  readonly csrPem: string;
  readonly privateKeyPem: string;
};

/** A P-256 key of a workload with a request for it. */
export const newWorkloadKey = (): WorkloadKey => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const csr = createCertificateRequest({
    spki,
    sign: (data) => sign('sha256', data, privateKey),
  });
  return {
    spki,
    csrPem: encodePem('CERTIFICATE REQUEST', csr),
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
};

/** Creates a service with a SPIFFE ID and returns both. */
export const addService = async (
  { identity }: Pick<Harness, 'identity'>,
  name: string,
): Promise<{ readonly id: PrincipalId; readonly spiffeId: SpiffeId }> => {
  const spiffeId = spiffe(`/${name}`);
  const service = orThrow(
    await identity.createPrincipal(actor, {
      type: 'Service',
      id: principalId(name),
      name,
      spiffeId,
      roles: ['caller'],
    }),
  );
  return { id: service.id, spiffeId };
};
