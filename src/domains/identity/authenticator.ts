/**
 * Authentication: from memory when the credential was seen before, otherwise by proof and look-up.
 * Closed by default: nothing is accepted on knowledge of revocations older than the lease.
 */
import { hash } from 'node:crypto';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { SpiffeId } from '../../kernel/ids.ts';
import type { Authorities } from './authorities.ts';
import {
  type ProvenSvid,
  proveCertificate,
  proveJwt,
  type SvidPolicy,
  toIdentity,
} from './authenticate-svid.ts';
import { apiTokenLookUp } from './authenticate-token.ts';
import { applyToMemory, isSvid } from './apply-change.ts';
import type { Change } from './changes.ts';
import type { IdentityContext } from './context.ts';
import { CredentialCache } from './credential-cache.ts';
import { identityErrors } from './errors.ts';
import { createFailedProofs, type FailedProofs } from './failed-proofs.ts';
import { createLastUses, type LastUses } from './last-uses.ts';
import { createLookUps, type LookUps } from './look-ups.ts';
import { findHolder } from './find-holder.ts';
import type { RevocationKnowledge } from './revocation/knowledge.ts';
import { readRevoked, readRules } from './revocation/store.ts';
import type { Authentication, Identity, Principal, VerifiedIdentity } from './types.ts';

export type Authenticator = Pick<Identity, 'authenticateBearer' | 'authenticateCertificate'> & {
  /** Forgets what a change may have made untrue. */
  readonly applyChange: (change: Change) => void;
  readonly forgetAll: () => void;
  /** Reads the list of revoked SVIDs again. */
  readonly reloadRevoked: () => Promise<void>;
  /** When API tokens were last used, by token id, as far as it is not yet written down. */
  readonly takeLastUses: LastUses['take'];
  /** By what SVIDs are judged now. */
  readonly policy: () => SvidPolicy;
};

export type AuthenticatorOptions = {
  readonly authorities: () => Authorities;
  readonly isFresh: () => boolean;
  readonly audiences: readonly string[];
  readonly knowledge: RevocationKnowledge;
  /** Bundles of federated trust domains. */
  readonly foreign: SvidPolicy['foreign'];
};

type Desk = {
  readonly context: IdentityContext;
  readonly options: AuthenticatorOptions;
  readonly cache: CredentialCache;
  readonly principals: Map<SpiffeId, Principal>;
  readonly failures: FailedProofs;
  readonly lookUps: LookUps<VerifiedIdentity>;
  /** Recently refused credentials: the same one again costs nothing. Emptied by every change. */
  readonly refused: Map<string, { readonly refusal: Refusal; readonly untilMs: number }>;
};

const usualCacheEntries = 16_384;
const maxPrincipals = 16_384;
const maxBearerLength = 16_384;
const maxRefused = 4096;
const keepRefusedMs = 10_000;
const unknownPeer = 'unknown';

const stale = refuse(
  identityErrors.E_IDENTITY_STALE,
  'storage has not been readable for longer than the lease',
);
const tooMany = refuse(
  identityErrors.E_IDENTITY_ATTEMPTS,
  'this peer presented too many bad credentials',
);
const revoked = refuse(identityErrors.E_IDENTITY_CREDENTIAL, 'the SVID has been revoked');
const tooLong = refuse(identityErrors.E_IDENTITY_CREDENTIAL, 'the bearer token is too long');
const noCertificate = refuse(identityErrors.E_IDENTITY_CREDENTIAL, 'no certificate was presented');

/** The hot path: one hash, one look into a map, two clocks. */
const fromMemory = (desk: Desk, key: string): VerifiedIdentity | Refusal | undefined => {
  const known = desk.cache.get(key);
  if (known === undefined) return undefined;
  if (!desk.options.isFresh()) return stale;
  const nowMs = desk.context.clock.nowMs();
  if (nowMs < known.identity.expiresAtMs) {
    known.lastUsedMs = nowMs;
    return known.identity;
  }
  desk.cache.delete(key);
  return undefined;
};

type Attempt = { readonly method: string; readonly peer: string; readonly key: string };

/** Notes a failure of the caller; our own outages are nobody's failed attempt. */
const conclude = (
  desk: Desk,
  answer: VerifiedIdentity | Refusal,
  attempt: Attempt,
): VerifiedIdentity | Refusal => {
  if (!isRefusal(answer) || answer.error.status !== 401) return answer;
  if (desk.refused.size >= maxRefused) desk.refused.clear();
  const untilMs = desk.context.clock.monotonicMs() + keepRefusedMs;
  desk.refused.set(attempt.key, { refusal: answer, untilMs });
  return desk.failures.note(answer, attempt);
};

const refusedBefore = (desk: Desk, attempt: Attempt): Refusal | undefined => {
  const known = desk.refused.get(attempt.key);
  if (known === undefined) return undefined;
  if (desk.context.clock.monotonicMs() < known.untilMs)
    return desk.failures.note(known.refusal, { ...attempt, isRepeated: true });
  desk.refused.delete(attempt.key);
  return undefined;
};

const policyOf = ({ context, options }: Desk): SvidPolicy => ({
  trustDomain: context.config.trustDomain,
  authorities: options.authorities(),
  foreign: options.foreign,
  audiences: options.audiences,
  nowMs: context.clock.nowMs(),
});

const findBySpiffeId = async (desk: Desk, id: SpiffeId): Promise<Principal | undefined> => {
  const { generation } = desk.cache;
  const principal = await findHolder(desk.context.db, id);
  if (principal !== undefined && generation === desk.cache.generation) {
    if (desk.principals.size >= maxPrincipals) desk.principals.clear();
    desk.principals.set(id, principal);
  }
  return principal;
};

/** From proof to identity: revocation, then the principal, at once when it is known. */
const admit = (desk: Desk, key: string, proven: ProvenSvid): Authentication => {
  if (desk.options.knowledge.isRevoked(proven)) return revoked;
  const nowMs = desk.context.clock.nowMs();
  const settle = (principal: Principal | undefined, generation: number) => {
    const identity = toIdentity(proven, principal, nowMs);
    if (!isRefusal(identity)) desk.cache.put(key, identity, { generation, nowMs });
    return identity;
  };
  const { generation } = desk.cache;
  const known = desk.principals.get(proven.spiffeId);
  if (known !== undefined) return settle(known, generation);
  return desk.lookUps(key, async () =>
    settle(await findBySpiffeId(desk, proven.spiffeId), generation),
  );
};

const checkApiToken = (desk: Desk, key: string, token: string): Authentication => {
  const lookUp = apiTokenLookUp(desk.context, token);
  if (isRefusal(lookUp)) return lookUp;
  return desk.lookUps(key, async () => {
    const since = { generation: desk.cache.generation, nowMs: desk.context.clock.nowMs() };
    const identity = await lookUp();
    if (!isRefusal(identity)) desk.cache.put(key, identity, since);
    return identity;
  });
};

const checkJwt = (desk: Desk, key: string, token: string): Authentication => {
  const proven = proveJwt(token, policyOf(desk));
  return isRefusal(proven) ? proven : admit(desk, key, proven);
};

const checkChain = (desk: Desk, key: string, chain: readonly Uint8Array[]): Authentication => {
  const proven = proveCertificate(chain, policyOf(desk));
  return isRefusal(proven) ? proven : admit(desk, key, proven);
};

/** Everything that is not answered from memory. */
const checkAnew = (desk: Desk, attempt: Attempt, check: () => Authentication): Authentication => {
  if (!desk.options.isFresh()) return stale;
  const before = refusedBefore(desk, attempt);
  if (before !== undefined) return before;
  if (desk.failures.isExhausted(attempt.peer)) return tooMany;
  const answer = check();
  return answer instanceof Promise
    ? answer.then((settled) => conclude(desk, settled, attempt))
    : conclude(desk, answer, attempt);
};

const authenticateBearer = (desk: Desk, token: string, peer: string): Authentication => {
  if (token.length > maxBearerLength)
    return desk.failures.note(tooLong, { method: 'bearer', peer });
  const key = hash('sha256', token, 'base64');
  const known = fromMemory(desk, key);
  if (known !== undefined) return known;
  if (token.startsWith('spt_'))
    return checkAnew(desk, { method: 'api-token', peer, key }, () =>
      checkApiToken(desk, key, token),
    );
  return checkAnew(desk, { method: 'jwt-svid', peer, key }, () => checkJwt(desk, key, token));
};

const authenticateCertificate = (
  desk: Desk,
  chain: readonly Uint8Array[],
  peer: string,
): Authentication => {
  const [leaf] = chain;
  if (leaf === undefined) return noCertificate;
  const key = hash('sha256', leaf, 'base64');
  const known = fromMemory(desk, key);
  if (known !== undefined) return known;
  return checkAnew(desk, { method: 'mtls', peer, key }, () => checkChain(desk, key, chain));
};

const applyChange = (desk: Desk, change: Change): void => {
  desk.refused.clear();
  const { context, options, cache, principals } = desk;
  const { knowledge } = options;
  applyToMemory({ cache, principals, knowledge, nowMs: context.clock.nowMs }, change);
};

const forgetAll = (desk: Desk): void => {
  desk.refused.clear();
  desk.principals.clear();
  desk.cache.clear();
};

/** Adds what is stored and drops what is over; never drops what a change added meanwhile. */
const reloadRevoked = async (desk: Desk): Promise<void> => {
  const { context, options, cache } = desk;
  const nowMs = context.clock.nowMs();
  const { knowledge } = options;
  for (const one of await readRevoked(context.db, nowMs)) knowledge.add(one);
  for (const rule of await readRules(context.db, nowMs)) knowledge.addRule(rule);
  knowledge.forget(nowMs);
  // What was let in while the list was being read.
  cache.removeWhere((one) => isSvid(one) && knowledge.isListed(one.credentialId));
};

/** Opens the desk with the present list of revoked SVIDs. */
export const openAuthenticator = async (
  context: IdentityContext,
  options: AuthenticatorOptions,
): Promise<Authenticator> => {
  const cacheEntries = context.config.cacheEntries ?? usualCacheEntries;
  const uses = createLastUses();
  const cache = new CredentialCache(cacheEntries, uses.note);
  const desk: Desk = {
    context,
    options,
    cache,
    principals: new Map(),
    failures: createFailedProofs(context),
    lookUps: createLookUps((error) =>
      context.log.error({ error }, 'a credential could not be looked up'),
    ),
    refused: new Map(),
  };
  await reloadRevoked(desk);
  return {
    authenticateBearer: (token, peer = unknownPeer) => authenticateBearer(desk, token, peer),
    authenticateCertificate: (chain, peer = unknownPeer) =>
      authenticateCertificate(desk, chain, peer),
    applyChange: (change) => applyChange(desk, change),
    forgetAll: () => forgetAll(desk),
    reloadRevoked: () => reloadRevoked(desk),
    policy: () => policyOf(desk),
    takeLastUses: () => {
      for (const entry of cache.entries()) uses.note(entry);
      return uses.take();
    },
  };
};
