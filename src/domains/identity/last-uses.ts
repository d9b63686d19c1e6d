/** Remembers the hour in which API tokens were last used until it is written down. Bounded. */
import type { CachedCredential } from './credential-cache.ts';

export type LastUses = {
  /** Notes the last use of a credential, from the cache or on its way out of it. */
  readonly note: (credential: CachedCredential) => void;
  /** Hours not taken before, by token id; at most 256 at a time. */
  readonly take: () => readonly (readonly [tokenId: string, hourMs: number])[];
};

const hourMs = 3_600_000;
const tokenPrefix = 'token:';
const maxTokens = 32_768;
const maxTaken = 256;

export const createLastUses = (): LastUses => {
  const waiting = new Map<string, number>();
  const taken = new Map<string, number>();
  return {
    note: ({ identity, lastUsedMs }) => {
      if (identity.method !== 'api-token') return;
      const id = identity.credentialId.slice(tokenPrefix.length);
      const hour = Math.floor(lastUsedMs / hourMs) * hourMs;
      const known = Math.max(taken.get(id) ?? 0, waiting.get(id) ?? 0);
      if (hour > known && waiting.size < maxTokens) waiting.set(id, hour);
    },
    take: () => {
      const some = [...waiting].slice(0, maxTaken);
      if (taken.size > maxTokens) taken.clear();
      for (const [id, hour] of some) {
        waiting.delete(id);
        taken.set(id, hour);
      }
      return some;
    },
  };
};
