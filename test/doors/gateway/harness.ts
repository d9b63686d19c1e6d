/** A whole gateway on real sockets, with fakes behind it that a test can steer. */
import { test } from 'node:test';
import {
  type FakeOpenAiOptions,
  type FakeUpstream,
  startFakeOpenAi,
  startFakeV2,
} from '../../../src/doors/gateway/fake.ts';
import { createMemoryLedger, type MemoryLedger } from '../../../src/domains/ledger/index.ts';
import {
  createEndpoints,
  type EndpointInput,
  migrations as endpointMigrations,
  type Endpoints,
} from '../../../src/domains/endpoints/index.ts';
import {
  createGateway,
  type Gateway,
  type GatewayDeps,
  type GatewayLimits,
  type RunningListener,
} from '../../../src/doors/gateway/index.ts';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { orThrow, refuse } from '../../../src/kernel/errors.ts';
import type { TrustDomain } from '../../../src/kernel/ids.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { createMemoryLog, type MemoryLog } from '../../../src/platform/log/index.ts';
import {
  actor,
  authenticateBearer,
  createFakeAccess,
  createFakeBudgets,
  type FakeAccess,
  type FakeBudgets,
  testErrors,
} from './steered-fakes.ts';
import { createMetrics, type Metrics } from '../../../src/platform/metrics/index.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';

export { actor, allowWith, deny, identityOf, testErrors } from './steered-fakes.ts';

export const testLimits: GatewayLimits = {
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  keepAliveTimeoutMs: 5_000,
  handshakeTimeoutMs: 5_000,
  maxConnections: 1_000,
  maxBodyBytes: 1024 * 1024,
  maxAnswerBytes: 4 * 1024 * 1024,
  maxConcurrentRequests: 256,
  maxConnectionsPerPeer: 256,
  maxAuthenticationFailures: 1_000,
  authenticationWindowMs: 60_000,
  upstreamTimeoutMs: 10_000,
  writeTimeoutMs: 5_000,
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
      revision: () => 1,
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

type Upstreams = { readonly openai: FakeUpstream; readonly v2: FakeUpstream };
export type World = Harness & Upstreams;
export type WorldOptions = HarnessOptions & {
  readonly openai?: FakeOpenAiOptions;
  /** Fields of both endpoints, `llm` and `digits`. */
  readonly endpoint?: Partial<EndpointInput>;
};

export const digitsInputs: EndpointInput['inputs'] = [
  { name: 'image', datatype: 'FP32', shape: [-1, 4], minimum: 0, maximum: 1 },
];

/** A gateway with an OpenAI endpoint `llm` and a V2 endpoint `digits` behind it, for one test. */
export const gatewayTest = (
  name: string,
  work: (world: World) => Promise<void>,
  options: WorldOptions = {},
): void =>
  void test(name, { timeout: 20_000 }, async () => {
    const openai = await startFakeOpenAi(options.openai);
    const v2 = await startFakeV2();
    const harness = await startHarness(options);
    try {
      await harness.addEndpoint({
        name: 'llm',
        protocol: 'openai',
        url: `${openai.url}/v1`,
        upstreamModel: 'real-model',
        credential: 'sk-upstream-secret',
        ...options.endpoint,
      });
      await harness.addEndpoint({
        name: 'digits',
        protocol: 'v2',
        url: v2.url,
        inputs: digitsInputs,
        outputs: [
          { name: 'scores', datatype: 'FP32', shape: [-1, 2] },
          { name: 'label', datatype: 'INT64', shape: [-1] },
        ],
        ...options.endpoint,
      });
      await work({ ...harness, openai, v2 });
    } finally {
      await harness.close();
      await openai.close();
      await v2.close();
    }
  });

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

export const infer = (fields: object = {}): object => ({
  inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 4], data: [0, 0.25, 0.5, 1] }],
  ...fields,
});

/** Event codes of the exchange an answer belongs to, in the order of the ledger. */
export const codesOf = (world: Pick<Harness, 'ledger'>, answer: Answer): readonly unknown[] => {
  const id = answer.headers.get('x-sallyport-request-id');
  return world.ledger.events
    .filter((event) => event.ocsf.metadata.correlation_uid === id)
    .map((event) => event.ocsf.metadata.event_code);
};

/** Waits until a condition holds; fails after two seconds. */
export const until = async (condition: () => boolean, what: string): Promise<void> => {
  const endMs = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
