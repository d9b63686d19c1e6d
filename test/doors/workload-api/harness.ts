/** A Workload API over a fake source on a unix socket in a private directory. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createFakeWorkloadSource,
  type FakeWorkloadOptions,
  type FakeWorkloadSource,
} from '../../../src/doors/workload-api/fake.ts';
import {
  type RpcLimits,
  serveWorkloadApi,
  type WorkloadApi,
  type WorkloadApiOptions,
} from '../../../src/doors/workload-api/index.ts';
import { createMemoryLog, type MemoryLog } from '../../../src/platform/log/fake.ts';
import { type GrpcClient, grpcClient } from '../../conformance/spiffe/client/grpc.ts';
import { security } from '../../conformance/spiffe/client/workload-messages.ts';

export type Harness = {
  readonly source: FakeWorkloadSource;
  readonly api: WorkloadApi;
  readonly directory: string;
  readonly path: string;
  readonly log: MemoryLog;
  readonly connect: (metadata?: object) => GrpcClient;
  readonly close: () => Promise<void>;
};

export type HarnessOptions = {
  readonly limits?: Partial<RpcLimits>;
  readonly fake?: FakeWorkloadOptions;
  readonly more?: Partial<WorkloadApiOptions>;
};

export const startHarness = async (options: HarnessOptions = {}): Promise<Harness> => {
  const directory = mkdtempSync(join(tmpdir(), 'wapi-'));
  const path = join(directory, 'api.sock');
  const source = createFakeWorkloadSource(options.fake);
  const log = createMemoryLog();
  const api = await serveWorkloadApi({
    source,
    places: [{ kind: 'unix', path }],
    identify: () => ({ uid: 1000, gid: 1000, pid: 4242, socket: path }),
    log,
    limits: { closeMs: 100, pushSpreadMs: 1, ...options.limits },
    ...options.more,
  });
  const clients: GrpcClient[] = [];
  return {
    source,
    api,
    directory,
    path,
    log,
    connect: (metadata = security) => {
      const client = grpcClient(`unix:${path}`, metadata);
      clients.push(client);
      return client;
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await api.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** Waits for something that follows soon, without an event of its own. */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  const endMs = performance.now() + 5_000;
  while (!holds()) {
    assert.ok(performance.now() < endMs, what);
    await sleep(5);
  }
};
