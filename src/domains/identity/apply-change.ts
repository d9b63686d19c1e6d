/** What a change may have made untrue about credentials in memory, kind by kind. */
import { type Change, manySvids, removedEntry } from './changes.ts';
import type { CredentialCache } from './credential-cache.ts';
import { isCoveredBy, parseRule, type RevocationKnowledge } from './revocation/knowledge.ts';
import { keepRevokedMs } from './revocation/store.ts';
import type { VerifiedIdentity } from './types.ts';

/** The part of the authenticator that remembers. */
export type Memory = {
  readonly cache: CredentialCache;
  /** Principals by SPIFFE ID. */
  readonly principals: { readonly clear: () => void };
  readonly knowledge: RevocationKnowledge;
  readonly nowMs: () => number;
};

/** True for everything but API tokens. */
export const isSvid = ({ method }: VerifiedIdentity): boolean => method !== 'api-token';

const applySvid = ({ knowledge, nowMs, cache }: Memory, subject: string): void => {
  if (subject === manySvids) return;
  const revokedAtMs = nowMs();
  const forgetAfterMs = revokedAtMs + keepRevokedMs;
  knowledge.add({ credentialId: subject, revokedAtMs, forgetAfterMs });
  cache.removeWhere(({ credentialId }) => credentialId === subject);
};

const applyRule = ({ knowledge, cache }: Memory, text: string): void => {
  const rule = parseRule(text);
  knowledge.addRule(rule);
  cache.removeWhere(
    (one) => isSvid(one) && one.spiffeId !== undefined && isCoveredBy(one.spiffeId, rule),
  );
};

const appliers: Readonly<
  Partial<Record<Change['kind'], (memory: Memory, subject: string) => void>>
> = {
  principal: (memory, subject) => {
    memory.principals.clear();
    memory.cache.removeWhere(({ principal }) => principal.id === subject);
  },
  token: (memory, subject) =>
    memory.cache.removeWhere(({ credentialId }) => credentialId === `token:${subject}`),
  svid: applySvid,
  subject: applyRule,
  // An authority may have been taken away: every SVID has to prove itself again.
  authority: (memory) => memory.cache.removeWhere(isSvid),
  federation: (memory) => memory.cache.removeWhere(isSvid),
  entry: (memory, subject) => {
    if (!subject.startsWith(removedEntry)) return;
    // Instances of a group belong to nobody without its entry.
    memory.principals.clear();
    memory.cache.removeWhere(isSvid);
  },
};

/** Forgets what the change may have made untrue, and learns what it says is revoked. */
export const applyToMemory = (memory: Memory, { kind, subject }: Change): void =>
  appliers[kind]?.(memory, subject);
