/** An agent on a fake server with a fake clock; time moves only when told to. */
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import { createAgent, createServerTrust, proveBy } from '../../../src/doors/agent/index.ts';
import { createFakeServer, type FakeServer } from '../../../src/doors/agent/fake.ts';
import { parseTrustBundle } from '../../../src/engines/pki/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import type { TrustDomain } from '../../../src/kernel/ids.ts';
import type { WorkloadPeer } from '../../../src/doors/workload-api/index.ts';
import type { Agent, IdentityFile } from '../../../src/doors/agent/index.ts';

export const nowMs = Date.UTC(2026, 10, 20, 12);

type Sleeper = { readonly untilMs: number; readonly wake: () => void };

/** Sleeping on the fake clock: `advance` wakes whoever is due. */
export const createTime = () => {
  const clock = fakeClock(nowMs);
  const sleepers = new Set<Sleeper>();
  const works = new Set<() => void>();
  const every = (_ms: number, work: () => void): (() => void) => {
    works.add(work);
    return () => works.delete(work);
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const sleeper = {
        untilMs: clock.monotonicMs() + ms,
        wake: () => {
          sleepers.delete(sleeper);
          resolve();
        },
      };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake);
      if (signal?.aborted) sleeper.wake();
    });
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (const sleeper of sleepers) if (sleeper.untilMs <= clock.monotonicMs()) sleeper.wake();
    for (const work of works) work();
    await settle();
  };
  return { clock, sleep, every, advance, sleeping: () => sleepers.size };
};

/** Lets promises and the short batching window run. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++)
    await new Promise<void>((resolve) => void setTimeout(resolve, 4));
};

/** An identity file in memory. */
export const memoryFile = (): IdentityFile => {
  let kept: Awaited<ReturnType<IdentityFile['read']>>;
  return {
    read: () => Promise.resolve(kept),
    write: (one) => {
      const bundle = JSON.stringify(one.bundle);
      kept = { ...one, trust: orThrow(parseTrustBundle('fake.test' as TrustDomain, bundle)) };
      return Promise.resolve();
    },
  };
};

export const trustIn = ({ domain }: FakeServer) =>
  createServerTrust(
    orThrow(parseTrustBundle('fake.test' as TrustDomain, JSON.stringify(domain.bundle))),
  );

export const peerAt = (socket: string): WorkloadPeer => ({
  uid: 1000,
  gid: 1000,
  pid: 0,
  socket,
});

export type World = {
  readonly agent: Agent;
  readonly server: FakeServer;
  readonly time: ReturnType<typeof createTime>;
  readonly log: ReturnType<typeof createMemoryLog>;
  readonly file: IdentityFile;
};

/** A running agent; workloads show `socket:<socket>` and nothing else. */
export const startWorld = async (
  options: {
    readonly server?: FakeServer;
    readonly time?: ReturnType<typeof createTime>;
    readonly file?: IdentityFile;
    readonly graceMs?: number;
  } = {},
): Promise<World> => {
  const time = options.time ?? createTime();
  const server = options.server ?? createFakeServer({ nowMs: time.clock.nowMs });
  const log = createMemoryLog();
  const file = options.file ?? memoryFile();
  const agent = await createAgent({
    server: () => server.api,
    trust: trustIn(server),
    prove: proveBy({ attestor: 'join-token', evidence: () => Promise.resolve({ token: 't' }) }),
    state: file,
    attest: ({ socket }) =>
      Promise.resolve({
        selectors: new Set([`socket:${socket}`, 'unix:uid:1000']),
        instance: socket,
      }),
    graceMs: options.graceMs ?? 0,
    keysAhead: 4,
    effects: { clock: time.clock, random: systemRandom, sleep: time.sleep, every: time.every },
    log,
    metrics: createMetrics(),
  });
  await settle();
  return { agent, server, time, log, file };
};
