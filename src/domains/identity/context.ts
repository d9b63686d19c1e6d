/** What every part of this room works with, and the one way it changes anything. */
import type { Kysely, Transaction } from 'kysely';
import type { Refusal } from '../../kernel/errors.ts';
import { type Change, writeChange } from './changes.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { changeFailed } from './events.ts';
import type { IdentityTables } from './schema.ts';
import type { Actor } from './types.ts';
import type { LedgerEvent } from '../ledger/index.ts';

export type IdentityContext = Omit<IdentityDependencies, 'storage'> & {
  readonly db: Kysely<IdentityTables>;
  readonly newUuid: () => string;
  /** Makes a change effective in this process at once; other replicas read it at their next poll. */
  readonly onChanged: (change: Change, revision: number) => void;
  /** Why nothing may be signed now, when the clock cannot be trusted. */
  readonly clockProblem: () => Refusal | undefined;
};

export type Undertaking = {
  readonly actor: Actor;
  /** Decisive; durable before anything else happens. */
  readonly events: readonly LedgerEvent[];
  readonly change: Change;
  /** Further changes of the same transaction. */
  readonly also?: readonly Change[];
};

type Work = (transaction: Transaction<IdentityTables>) => Promise<void>;

/** Changes without recording: for the second half of something recorded already. */
export const makeChange = async (
  { db, clock, onChanged }: Pick<IdentityContext, 'db' | 'clock' | 'onChanged'>,
  change: Change | readonly Change[],
  work: Work,
): Promise<void> => {
  const changes: readonly Change[] = 'kind' in change ? [change] : change;
  const revisions = await db.transaction().execute(async (transaction) => {
    await work(transaction);
    const written: number[] = [];
    for (const one of changes) written.push(await writeChange(transaction, one, clock.nowMs()));
    return written;
  });
  for (const [at, one] of changes.entries()) onChanged(one, revisions[at] ?? 0);
};

/**
 * Records, then changes: a change that cannot be recorded does not happen. One that was recorded
 * and then failed is taken back by a second event. No transaction waits for the ledger.
 */
export const carryOut = async (
  context: IdentityContext,
  { actor, events, change, also = [] }: Undertaking,
  work: Work,
): Promise<void> => {
  const { ledger, clock } = context;
  await Promise.all(events.map((event) => ledger.append(event)));
  try {
    await makeChange(context, [change, ...also], work);
  } catch (error) {
    for (const event of events) ledger.record(changeFailed(actor, event, clock.nowMs()));
    throw error;
  }
};
