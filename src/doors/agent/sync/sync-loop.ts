/**
 * Keeps listening to the server: reconnects with backoff and jitter, goes on from the last revision,
 * and asks for a new identity of the agent when the server does not accept the present one.
 */
import type { Refusal } from '../../../kernel/errors.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { Effects, News, ServerApi } from '../types.ts';
import { createBackoff } from './backoff.ts';
import type { Knowledge } from './knowledge.ts';

export type SyncOptions = {
  readonly api: Pick<ServerApi, 'listen'>;
  readonly knowledge: Knowledge;
  readonly effects: Effects;
  readonly log: Log;
  /** Makes sure the agent has an SVID; `refused` when the server did not accept the last one. */
  readonly ensureIdentity: (state: 'held' | 'refused') => Promise<Refusal | undefined>;
};

export type Sync = {
  /** Why the last connection ended; undefined while it holds. */
  readonly problem: () => Refusal | undefined;
  readonly close: () => Promise<void>;
};

const bounds = { firstMs: 50, mostMs: 10_000 };
const unauthorised: ReadonlySet<number> = new Set([401, 403]);

type Running = {
  readonly options: SyncOptions;
  readonly signal: AbortSignal;
  problem: Refusal | undefined;
  hasHeard: boolean;
};

const listenOnce = async (running: Running): Promise<Refusal> => {
  const { api, knowledge, log } = running.options;
  const revision = knowledge.isComplete() ? knowledge.revision() : 0;
  const onNews = (news: News): void => {
    running.hasHeard = true;
    running.problem = undefined;
    if (news.type === 'end') log.warn({ reason: news.reason }, 'the server ends this agent');
    knowledge.apply(news);
  };
  return api.listen(revision, onNews, running.signal);
};

const run = async (running: Running): Promise<void> => {
  const { effects, log, ensureIdentity } = running.options;
  const backoff = createBackoff(effects.random, bounds);
  let state: 'held' | 'refused' = 'held';
  while (!running.signal.aborted) {
    running.hasHeard = false;
    const refusal: Refusal = (await ensureIdentity(state)) ?? (await listenOnce(running));
    if (running.signal.aborted) return;
    running.problem = refusal;
    state = unauthorised.has(refusal.error.status) ? 'refused' : 'held';
    if (running.hasHeard) backoff.reset();
    const waitMs = backoff.next();
    const { code } = refusal.error;
    log.warn({ code, detail: refusal.detail, waitMs: Math.round(waitMs) }, 'not connected');
    await effects.sleep(waitMs, running.signal);
  }
};

/** Starts listening; ends with `close`. */
export const startSync = (options: SyncOptions): Sync => {
  const stop = new AbortController();
  const running: Running = {
    options,
    signal: stop.signal,
    problem: undefined,
    hasHeard: false,
  };
  const ended = run(running).catch((error: unknown) =>
    options.log.error({ error: String(error) }, 'the agent stopped listening'),
  );
  return {
    problem: () => running.problem,
    close: async () => {
      stop.abort();
      await ended;
    },
  };
};
