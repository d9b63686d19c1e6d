/** What has to be done now and then: coarse last uses, forgetting what is over. */
import { pruneRevokedSvids } from './authority-store.ts';
import { pruneChanges } from './changes.ts';
import type { IdentityContext } from './context.ts';
import type { CredentialCache } from './credential-cache.ts';
import { pruneJoinTokens, writeLastUsed } from './token-store.ts';

const hourMs = 3_600_000;
const keepJoinTokensMs = 30 * 24 * hourMs;
const tokenPrefix = 'token:';
/** Writes of last uses in one round; the rest follows in the next. */
const maxWrites = 256;

/** Returns the round: writes down the hour in which tokens were last used, once an hour each. */
export const createLastUsedWriter = (
  context: Pick<IdentityContext, 'db'>,
  cache: CredentialCache,
): (() => Promise<void>) => {
  let written = new Map<string, number>();
  return async () => {
    const next = new Map<string, number>();
    let writes = 0;
    for (const { identity, lastUsedMs } of cache.entries()) {
      if (identity.method !== 'api-token') continue;
      const id = identity.credentialId.slice(tokenPrefix.length);
      const hour = Math.floor(lastUsedMs / hourMs) * hourMs;
      const isKnown = written.get(id) === hour;
      if (!isKnown && ++writes > maxWrites) continue;
      if (!isKnown) await writeLastUsed(context.db, id, hour);
      next.set(id, hour);
    }
    written = next;
  };
};

/** Deletes rows that can no longer matter. */
export const prune = async ({ db, clock }: IdentityContext): Promise<void> => {
  const nowMs = clock.nowMs();
  await pruneChanges(db, nowMs);
  await pruneRevokedSvids(db, nowMs);
  await pruneJoinTokens(db, nowMs - keepJoinTokensMs);
};
