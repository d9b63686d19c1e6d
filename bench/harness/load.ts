/** Load in two shapes: as much as a number of connections can do, and so many requests a second. */
import { connectRaw, type RawClient, type Target } from './raw-client.ts';

export type LoadResult = {
  readonly requests: number;
  /** Answers that were not 2xx, and connections that broke. */
  readonly failures: number;
  readonly requestsPerSecond: number;
  /** Time of each answered request, in milliseconds. */
  readonly latenciesMs: readonly number[];
};
export type Load = {
  readonly target: Target;
  readonly request: Uint8Array;
  readonly connections: number;
  readonly seconds: number;
};

type Tally = { requests: number; failures: number; latenciesMs: number[] };

type Job = { readonly request: Uint8Array; readonly tally: Tally };

/** Sends one request; its time counts from `startMs`, when it was due. */
const once = async (client: RawClient, job: Job, startMs: number): Promise<void> => {
  const { request, tally } = job;
  try {
    const { status } = await client.send(request);
    tally.requests++;
    if (status < 200 || status > 299) tally.failures++;
    tally.latenciesMs.push(performance.now() - startMs);
  } catch {
    tally.failures++;
  }
};

const summarise = (tally: Tally, startMs: number): LoadResult => ({
  ...tally,
  requestsPerSecond: tally.requests / ((performance.now() - startMs) / 1000),
});

const connectAll = ({ connections, target }: Load): Promise<readonly RawClient[]> =>
  Promise.all(Array.from({ length: connections }, () => connectRaw(target)));

/** Closed loop: every connection sends its next request when the last is answered. */
export const saturate = async (load: Load): Promise<LoadResult> => {
  const clients = await connectAll(load);
  const tally: Tally = { requests: 0, failures: 0, latenciesMs: [] };
  const startMs = performance.now();
  const endMs = startMs + load.seconds * 1000;
  const drive = async (client: RawClient): Promise<void> => {
    while (performance.now() < endMs && tally.failures < 1000)
      await once(client, { request: load.request, tally }, performance.now());
  };
  await Promise.all(clients.map(drive));
  const result = summarise(tally, startMs);
  for (const client of clients) client.close();
  return result;
};

/**
 * Open loop: requests leave on time whether or not earlier ones were answered, as long as a
 * connection is free; a request that finds none free waits, and its waiting counts.
 */
export const sendAtRate = async (
  load: Load & { readonly perSecond: number },
): Promise<LoadResult> => {
  const clients = await connectAll(load);
  const idle = [...clients];
  const tally: Tally = { requests: 0, failures: 0, latenciesMs: [] };
  const startMs = performance.now();
  const total = Math.round(load.seconds * load.perSecond);
  const running = new Set<Promise<void>>();
  const waiting: ((client: RawClient) => void)[] = [];
  const borrow = (): Promise<RawClient> => {
    const client = idle.pop();
    return client === undefined
      ? new Promise((resolve) => waiting.push(resolve))
      : Promise.resolve(client);
  };
  const sendOne = async (dueMs: number): Promise<void> => {
    const client = await borrow();
    await once(client, { request: load.request, tally }, dueMs);
    const next = waiting.shift();
    if (next === undefined) idle.push(client);
    else next(client);
  };
  for (let sent = 0; sent < total; ) {
    const dueCount = Math.min(total, ((performance.now() - startMs) / 1000) * load.perSecond);
    for (; sent < dueCount; sent++) {
      const task = sendOne(performance.now()).finally(() => running.delete(task));
      running.add(task);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(running);
  const result = summarise(tally, startMs);
  for (const client of clients) client.close();
  return result;
};
