/** A whole gateway on real sockets, with fakes behind it that a test can steer. */
import { createMemoryLedger, type MemoryLedger } from '../../../src/domains/ledger/index.ts';
import type { AccessRequest, Decision, Entity } from '../../../src/domains/access/index.ts';
import type { Amounts, Reservation, ReserveRequest } from '../../../src/domains/budgets/index.ts';
import {
  createEndpoints,
  type EndpointInput,
  migrations as endpointMigrations,
  type Endpoints,
} from '../../../src/domains/endpoints/index.ts';
import type { Actor, VerifiedIdentity } from '../../../src/domains/identity/index.ts';
import {
  createGateway,
  type Gateway,
  type GatewayDeps,
  type GatewayLimits,
  type RunningListener,
} from '../../../src/doors/gateway/index.ts';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { defineErrors, orThrow, type Refusal, refuse } from '../../../src/kernel/errors.ts';
import type { PrincipalId, TenantId, TrustDomain } from '../../../src/kernel/ids.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { createMemoryLog, type MemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics, type Metrics } from '../../../src/platform/metrics/index.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';

export const tenant = 'default' as TenantId;
export const actor: Actor = { principal: { type: 'System', id: 'sallyport' }, tenant };

export const testErrors = defineErrors({
  E_TEST_TOKEN: { status: 401, exit: 'notAuthenticated', title: 'Bad token', hint: 'none' },
  E_BUDGET_EXCEEDED: { status: 429, exit: 'denied', title: 'Budget used up', hint: 'wait' },
});

export const testLimits: GatewayLimits = {
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  keepAliveTimeoutMs: 5_000,
  handshakeTimeoutMs: 5_000,
  maxConnections: 1_000,
  maxBodyBytes: 1024 * 1024,
  maxAnswerBytes: 4 * 1024 * 1024,
  bodyTimeoutMs: 10_000,
  maxConcurrentRequests: 256,
  maxConnectionsPerPeer: 256,
  maxAuthenticationFailures: 1_000,
  authenticationWindowMs: 60_000,
  upstreamTimeoutMs: 10_000,
  writeTimeoutMs: 5_000,
};

export const identityOf = (id: string): VerifiedIdentity => ({
  principal: { type: 'Service', id: id as PrincipalId },
  tenant,
  method: 'api-token',
  credentialId: `token:${id}`,
  authenticatedAtMs: Date.now() - 1_000,
  expiresAtMs: Date.now() + 3_600_000,
});

/** Tokens are `tok-<principal>`; `slow-` ones are answered later; all others are refused. */
const authenticateBearer: GatewayDeps['identity']['authenticateBearer'] = (token) => {
  if (token.startsWith('tok-')) return identityOf(token.slice('tok-'.length));
  if (token.startsWith('slow-')) return Promise.resolve(identityOf(token.slice('slow-'.length)));
  return refuse(testErrors.E_TEST_TOKEN, 'unknown token');
};

const allow: Decision = {
  decision: 'allow',
  reasons: [{ policyId: 'test-allows' }],
  obligations: [],
  errors: [],
};
export const allowWith = (...obligations: Decision['obligations']): Decision => ({
  ...allow,
  obligations,
});
export const deny: Decision = { decision: 'deny', reasons: [], obligations: [], errors: [] };

export type FakeAccess = GatewayDeps['access'] & {
  readonly asked: AccessRequest[];
  readonly entities: Map<string, Entity>;
  answer: (request: AccessRequest) => Decision;
  readonly putEntity: (entity: Entity) => Promise<void | Refusal>;
  readonly removeEntity: (uid: Entity['uid']) => Promise<boolean>;
};

const createFakeAccess = (): FakeAccess => {
  const entities = new Map<string, Entity>();
  const keyOf = ({ type, id }: Entity['uid']): string => `${type}::${id}`;
  const access: FakeAccess = {
    asked: [],
    entities,
    answer: () => allow,
    decide: (request) => {
      access.asked.push(request);
      return access.answer(request);
    },
    getEntity: (uid) => entities.get(keyOf(uid)),
    putEntity: async (entity) => void entities.set(keyOf(entity.uid), entity),
    removeEntity: async (uid) => entities.delete(keyOf(uid)),
    revision: () => entities.size,
  };
  return access;
};

/** A hard budget of tokens: reserves, settles, returns, and remembers every step. */
export type FakeBudgets = GatewayDeps['budgets'] & {
  limitTokens: number;
  charged: number;
  requests: number;
  highest: number;
  readonly steps: string[];
  readonly asked: ReserveRequest[];
  isSlow: boolean;
};

const createFakeBudgets = (): FakeBudgets => {
  const hold = (amounts: Amounts): Reservation => {
    let isOpen = true;
    const change = (step: string, tokens: number, requests: number): void => {
      budgets.steps.push(step);
      if (!isOpen) return;
      isOpen = false;
      budgets.charged += tokens - amounts.tokens;
      budgets.requests += requests - 1;
    };
    return {
      amounts,
      dispatched: () => void budgets.steps.push('dispatched'),
      settle: (actual) => change('settle', actual.tokens ?? amounts.tokens, 1),
      cancel: () => change('cancel', 0, 0),
    };
  };
  const take = (request: ReserveRequest): Reservation | Refusal => {
    budgets.asked.push(request);
    const { tokens } = request.amounts;
    if (budgets.charged + tokens > budgets.limitTokens)
      return refuse(testErrors.E_BUDGET_EXCEEDED, 'tokens per day', { retryAfterSeconds: 7 });
    budgets.charged += tokens;
    budgets.requests += 1;
    budgets.highest = Math.max(budgets.highest, budgets.charged);
    budgets.steps.push('reserve');
    return hold(request.amounts);
  };
  const budgets: FakeBudgets = {
    limitTokens: Number.MAX_SAFE_INTEGER,
    charged: 0,
    requests: 0,
    highest: 0,
    steps: [],
    asked: [],
    isSlow: false,
    reserve: (request) =>
      budgets.isSlow ? Promise.resolve().then(() => take(request)) : take(request),
  };
  return budgets;
};

export type Harness = {
  readonly gateway: Gateway;
  readonly listener: RunningListener;
  readonly url: string;
  readonly endpoints: Endpoints;
  readonly access: FakeAccess;
  readonly budgets: FakeBudgets;
  readonly ledger: MemoryLedger;
  readonly log: MemoryLog;
  readonly metrics: Metrics;
  readonly addEndpoint: (input: EndpointInput) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type HarnessOptions = {
  readonly limits?: Partial<GatewayLimits>;
  readonly deps?: Partial<GatewayDeps>;
  /** Wraps the ledger, for instance to delay or fail it. */
  readonly wrapLedger?: (ledger: MemoryLedger) => GatewayDeps['ledger'];
};

const noTls: GatewayDeps['identity']['serverTls'] = async () => ({
  current: () => {
    throw new Error('no certificate in this test');
  },
  onRenewed: () => () => undefined,
  close: () => undefined,
});

/** Starts a gateway with a plain listener on a free port. */
export const startHarness = async (options: HarnessOptions = {}): Promise<Harness> => {
  const storage = await openMemoryStorage(endpointMigrations);
  const keys = createMemoryKeyStore();
  const access = createFakeAccess();
  const budgets = createFakeBudgets();
  const ledger = createMemoryLedger(systemClock);
  const log = createMemoryLog();
  const metrics = createMetrics();
  const egress = { allowPrivate: true };
  const effects = { clock: systemClock, random: systemRandom };
  const endpoints = await createEndpoints({
    ...effects,
    storage,
    keys,
    access,
    ledger,
    log,
    egress,
    pollMs: 0,
  });
  const gateway = await createGateway({
    ...effects,
    identity: {
      authenticateBearer,
      authenticateCertificate: () => refuse(testErrors.E_TEST_TOKEN, 'no certificates here'),
      serverTls: noTls,
      trustDomain: 'test.local' as TrustDomain,
    },
    access,
    endpoints,
    budgets,
    ledger: options.wrapLedger?.(ledger) ?? ledger,
    keys,
    egress,
    log,
    metrics,
    limits: { ...testLimits, ...options.limits },
    ...options.deps,
  });
  const listener = await gateway.listen({ host: '127.0.0.1', port: 0, tls: 'off' });
  return {
    gateway,
    listener,
    url: `http://127.0.0.1:${listener.port}`,
    endpoints,
    access,
    budgets,
    ledger,
    log,
    metrics,
    addEndpoint: async (input) => void orThrow(await endpoints.create(actor, input)),
    close: async () => {
      await gateway.close(100);
      await endpoints.close();
      await storage.close();
    },
  };
};

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
};

export const post = async (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = { authorization: 'Bearer tok-alice' },
): Promise<Answer> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return read(response);
};

export const get = async (
  url: string,
  headers: Readonly<Record<string, string>> = { authorization: 'Bearer tok-alice' },
): Promise<Answer> => read(await fetch(url, { headers }));

const read = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, json };
};

export const chat = (fields: object = {}): object => ({
  model: 'llm',
  messages: [{ role: 'user', content: 'open the gate' }],
  ...fields,
});

/** Waits until a condition holds; fails after two seconds. */
export const until = async (condition: () => boolean, what: string): Promise<void> => {
  const endMs = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
