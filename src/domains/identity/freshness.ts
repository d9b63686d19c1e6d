/**
 * Follows the change list and knows how old its own knowledge is. Whoever checks credentials asks
 * `isFresh` first: after the lease without news the answer is no, until storage can be read again.
 */
import type { Clock } from '../../kernel/effects.ts';
import {
  type Change,
  changeKinds,
  type ChangesSince,
  readChanges,
  readCounter,
} from './changes.ts';
import type { IdentityContext } from './context.ts';

export type Freshness = {
  readonly isFresh: () => boolean;
  readonly revision: () => number;
  /** Counts a change this process made itself and has applied, when nothing lies in between. */
  readonly noteOwn: (revision: number) => void;
  /** Reads the change list, joining a reading under way; rejects when storage cannot be read. */
  readonly poll: () => Promise<void>;
  /** Like `poll`, but sees everything committed before the call. */
  readonly refresh: () => Promise<void>;
};

export type FreshnessOptions = {
  readonly leaseMs: number;
  readonly onChange: (change: Change) => void;
  /** More happened than the list still knows. */
  readonly onGap: () => void;
  /** After changes were applied. */
  readonly onApplied: (news: AppliedChanges) => Promise<void>;
};

/** What was applied; after a gap every kind, and no list. */
export type AppliedChanges = {
  readonly kinds: ReadonlySet<Change['kind']>;
  readonly changes?: readonly Change[];
};

const allKinds: ReadonlySet<Change['kind']> = new Set(changeKinds);

const apply = async (news: ChangesSince, options: FreshnessOptions): Promise<void> => {
  if (!news.complete) {
    options.onGap();
    return options.onApplied({ kinds: allKinds });
  }
  for (const change of news.changes) options.onChange(change);
  const { changes } = news;
  return options.onApplied({ kinds: new Set(changes.map(({ kind }) => kind)), changes });
};

/** Starts with what is stored now. */
export const followChanges = async (
  context: Pick<IdentityContext, 'db'> & { readonly clock: Clock },
  options: FreshnessOptions,
): Promise<Freshness> => {
  const { db, clock } = context;
  let confirmedAtMs = clock.monotonicMs();
  let { revision } = await readCounter(db);
  let running: Promise<void> | undefined;

  const pollOnce = async (): Promise<void> => {
    // Taken before the question: the answer is at least as new.
    const askedAtMs = clock.monotonicMs();
    const news = await readChanges(db, revision);
    if (news.revision !== revision || !news.complete) await apply(news, options);
    revision = news.revision;
    confirmedAtMs = askedAtMs;
  };

  const poll = (): Promise<void> => {
    running ??= pollOnce().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    isFresh: () => clock.monotonicMs() - confirmedAtMs <= options.leaseMs,
    revision: () => revision,
    noteOwn: (own) => {
      if (own === revision + 1) revision = own;
    },
    poll,
    refresh: async () => {
      await running?.catch(() => undefined);
      await poll();
    },
  };
};
