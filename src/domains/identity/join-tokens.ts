/** Join tokens: a workload's way to its first SVID. One use, one SPIFFE ID, a few minutes. */
import { equalBytes } from '../../kernel/constant-time.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { Secret } from '../../kernel/secret.ts';
import { checkOwnSpiffeId, lifetimeMs } from './bounds.ts';
import type { IdentityContext } from './context.ts';
import { identityErrors } from './errors.ts';
import { enrolled, joinTokenCreated } from './events.ts';
import type { FailedProofs } from './failed-proofs.ts';
import type { PrepareX509Svid } from './minting.ts';
import { findPrincipalBySpiffeId } from './principal-store.ts';
import { drawToken, tokenDigest, tokenIdOf } from './token-format.ts';
import {
  findJoinToken,
  insertJoinToken,
  type StoredJoinToken,
  takeJoinToken,
} from './token-store.ts';
import type {
  Actor,
  Identity,
  JoinToken,
  JoinTokenRedemption,
  NewJoinToken,
  X509Svid,
} from './types.ts';

const lifetime = { usual: 600, max: 7 * 86_400 };
const unknownPeer = 'unknown';

const useless = refuse(identityErrors.E_JOIN_TOKEN, 'the join token is unknown, used or expired');

const create = async (
  context: IdentityContext,
  actor: Actor,
  wish: NewJoinToken,
): Promise<JoinToken | Refusal> => {
  const { spiffeId } = wish;
  const lifeMs = lifetimeMs(wish.ttlSeconds, lifetime);
  if (isRefusal(lifeMs)) return lifeMs;
  const problem = checkOwnSpiffeId(spiffeId, context.config.trustDomain);
  if (problem !== undefined) return problem;
  if ((await findPrincipalBySpiffeId(context.db, spiffeId)) === undefined)
    return refuse(identityErrors.E_PRINCIPAL_NOT_FOUND, `no principal has ${spiffeId}`);
  const { id, text } = drawToken('spj', context.random);
  const createdAtMs = context.clock.nowMs();
  const expiresAtMs = createdAtMs + lifeMs;
  await context.ledger.append(joinTokenCreated(actor, { id, spiffeId, expiresAtMs }, createdAtMs));
  const digest = tokenDigest(text);
  await insertJoinToken(context.db, { id, digest, spiffeId, createdAtMs, expiresAtMs });
  return { id, token: new Secret(text), spiffeId, expiresAtMs };
};

const find = async (context: IdentityContext, text: string): Promise<StoredJoinToken | Refusal> => {
  const id = tokenIdOf('spj', text);
  const found = id === undefined ? undefined : await findJoinToken(context.db, id);
  if (found === undefined || !equalBytes(tokenDigest(text), found.digest)) return useless;
  const isUsable = !found.isRedeemed && context.clock.nowMs() < found.expiresAtMs;
  return isUsable ? found : useless;
};

type Redeeming = {
  readonly context: IdentityContext;
  readonly failures: FailedProofs;
  readonly prepare: PrepareX509Svid;
};

const redeem = async (
  { context, failures, prepare }: Redeeming,
  redemption: JoinTokenRedemption,
): Promise<X509Svid | Refusal> => {
  const { peer = unknownPeer, csrPem, ttlSeconds } = redemption;
  if (failures.isExhausted(peer))
    return refuse(identityErrors.E_IDENTITY_ATTEMPTS, 'too many failed join tokens');
  const token = await find(context, redemption.token);
  if (isRefusal(token)) return failures.note(token, { method: 'join-token', peer });
  const principal = await findPrincipalBySpiffeId(context.db, token.spiffeId);
  if (principal === undefined || principal.disabled) return useless;
  // Signed but not handed out: whatever can go wrong goes wrong before the token is used up.
  const prepared = await prepare({
    spiffeId: token.spiffeId,
    csrPem,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  });
  if (isRefusal(prepared)) return prepared;
  const timeMs = context.clock.nowMs();
  if (!(await takeJoinToken(context.db, token.id, timeMs)))
    return failures.note(useless, { method: 'join-token', peer });
  const actor: Actor = { principal, tenant: principal.tenant, peer };
  const credentialId = `join:${token.id}`;
  await context.ledger.append(
    enrolled(actor, { principal, protocol: 'join-token', credentialId, timeMs }),
  );
  await prepared.record(actor);
  return prepared.svid;
};

type JoinTokens = Pick<Identity, 'createJoinToken' | 'redeemJoinToken'>;

export const createJoinTokens = (
  context: IdentityContext,
  tools: Omit<Redeeming, 'context'>,
): JoinTokens => ({
  createJoinToken: (actor, wish) => create(context, actor, wish),
  redeemJoinToken: (redemption) => redeem({ context, ...tools }, redemption),
});
