/** What has to be done now and then: coarse last uses, forgetting what is over. */
import { pruneIssuances } from './agents/store.ts';
import { pruneChanges } from './changes.ts';
import type { IdentityContext } from './context.ts';
import type { LastUses } from './last-uses.ts';
import { pruneRevoked } from './revocation/store.ts';
import { pruneJoinTokens, writeLastUsed } from './token-store.ts';

const keepJoinTokensMs = 30 * 86_400_000;

/** Writes down the hours in which tokens were last used. */
export const writeLastUses = async (
  { db }: Pick<IdentityContext, 'db'>,
  take: LastUses['take'],
): Promise<void> => {
  for (const [id, hourMs] of take()) await writeLastUsed(db, id, hourMs);
};

/** Deletes rows that can no longer matter. */
export const prune = async ({ db, clock }: IdentityContext): Promise<void> => {
  const nowMs = clock.nowMs();
  await pruneChanges(db, nowMs);
  await pruneRevoked(db, nowMs);
  await pruneIssuances(db, nowMs);
  await pruneJoinTokens(db, nowMs - keepJoinTokensMs);
};
