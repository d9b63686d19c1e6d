/** The control plane with neighbours made for the test. Neighbours not given record that they were used. */
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { type ApiDeps, createAuthorize, registerApi } from '../../../src/doors/api/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { refuse } from '../../../src/kernel/errors.ts';
import type { PrincipalId, TenantId } from '../../../src/kernel/ids.ts';
import { identityErrors, type VerifiedIdentity } from '../../../src/domains/identity/index.ts';
import { contextKeySet } from '../../../src/doors/gateway/index.ts';
import { createHttpApp } from '../../../src/platform/http/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';

export type ApiWorldOptions = {
  /** What policies say; allow when absent. */
  readonly decide?: (request: Parameters<ApiDeps['access']['decide']>[0]) => 'allow' | 'deny';
  readonly identity?: Partial<ApiDeps['identity']>;
  readonly access?: Partial<ApiDeps['access']>;
  readonly endpoints?: Partial<ApiDeps['endpoints']>;
  readonly budgets?: Partial<ApiDeps['budgets']>;
  readonly ledger?: Partial<ApiDeps['ledger']>;
  readonly deps?: Partial<ApiDeps>;
};

export const alice: VerifiedIdentity = {
  principal: { type: 'User', id: 'alice' as PrincipalId },
  tenant: 'default' as TenantId,
  method: 'api-token',
  credentialId: 'token:1',
  authenticatedAtMs: 0,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
};

export const createApiWorld = async (options: ApiWorldOptions = {}) => {
  const touched: string[] = [];
  const clock = fakeClock();
  const log = createMemoryLog();
  const metrics = createMetrics();
  const memory = createMemoryLedger();
  const deps: ApiDeps = {
    identity: partly(touched, 'identity', {
      authenticateBearer: (token) =>
        token === 'alice' ? alice : refuse(identityErrors.E_IDENTITY_CREDENTIAL, 'unknown'),
      ...options.identity,
    }),
    access: partly(touched, 'access', {
      decide: (request) => ({
        decision: options.decide?.(request) ?? 'allow',
        reasons: [{ policyId: 'p1', file: 'p.cedar', line: 3 }],
        obligations: [],
        errors: [],
      }),
      ...options.access,
    }),
    ledger: { ...memory, ...options.ledger },
    endpoints: partly(touched, 'endpoints', { ...options.endpoints }),
    budgets: partly(touched, 'budgets', { ...options.budgets }),
    metrics,
    clock,
    log,
    version: '0.0.0',
    readPublished: () => Promise.resolve(undefined),
    contextKeys: () => contextKeySet(createMemoryKeyStore()),
    ...options.deps,
  };
  const app = await createHttpApp({
    log,
    metrics,
    clock,
    random: systemRandom,
    info: { title: 'Sallyport', version: '0', description: 'test' },
    authorize: createAuthorize(deps),
  });
  registerApi(app, deps);
  await app.ready();
  const call = (method: string, url: string, payload?: object) =>
    app.inject({
      method: method as 'GET',
      url,
      headers: { authorization: 'Bearer alice' },
      ...(payload === undefined ? {} : { payload }),
    });
  return { app, call, ledger: memory, touched, log, clock };
};

/** An object with some members; touching any other is noted and fails. */
const partly = <T extends object>(touched: string[], name: string, given: Partial<T>): T =>
  new Proxy(given, {
    get: (target, member) => {
      if (member in target) return target[member as keyof T];
      touched.push(`${name}.${String(member)}`);
      throw new Error(`${name}.${String(member)} is not there in this test`);
    },
  }) as T;
