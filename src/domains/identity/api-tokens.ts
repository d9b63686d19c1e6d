/** API tokens: made once, stored as digests, revocable, never older than a year and a day. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { PrincipalId } from '../../kernel/ids.ts';
import { Secret } from '../../kernel/secret.ts';
import { checkName, lifetimeMs } from './bounds.ts';
import { carryOut, type IdentityContext } from './context.ts';
import { identityErrors } from './errors.ts';
import { tokenCreated, tokenRevoked } from './events.ts';
import { findPrincipal } from './principal-store.ts';
import { drawToken, tokenDigest } from './token-format.ts';
import {
  findToken,
  insertToken,
  type NewTokenRow,
  readTokens,
  writeRevoked,
} from './token-store.ts';
import type {
  Actor,
  ApiToken,
  CreatedApiToken,
  Identity,
  NewApiToken,
  Principal,
} from './types.ts';

const daySeconds = 86_400;
const lifetime = { usual: 90 * daySeconds, max: 366 * daySeconds };

/** A token ready to be stored and the record of it. */
export type TokenDraft = CreatedApiToken & { readonly row: NewTokenRow };

export const draftToken = (
  context: IdentityContext,
  principal: Principal,
  wish: Omit<NewApiToken, 'principal'>,
): TokenDraft | Refusal => {
  const name = wish.name ?? 'API token';
  const lifeMs = lifetimeMs(wish.ttlSeconds, lifetime);
  if (isRefusal(lifeMs)) return lifeMs;
  const problem = checkName(name);
  if (problem !== undefined) return problem;
  const { id, text } = drawToken('spt', context.random);
  const createdAtMs = context.clock.nowMs();
  const expiresAtMs = createdAtMs + lifeMs;
  return {
    token: new Secret(text),
    record: {
      id,
      principal: { type: principal.type, id: principal.id },
      name,
      createdAtMs,
      expiresAtMs,
    },
    row: {
      id,
      principalId: principal.id,
      name,
      digest: tokenDigest(text),
      createdAtMs,
      expiresAtMs,
    },
  };
};

const create = async (
  context: IdentityContext,
  actor: Actor,
  wish: NewApiToken,
): Promise<CreatedApiToken | Refusal> => {
  const principal = await findPrincipal(context.db, wish.principal);
  if (principal === undefined)
    return refuse(identityErrors.E_PRINCIPAL_NOT_FOUND, `there is no principal ${wish.principal}`);
  if (principal.disabled)
    return refuse(identityErrors.E_IDENTITY_DISABLED, `${principal.id} is disabled`);
  const draft = draftToken(context, principal, wish);
  if (isRefusal(draft)) return draft;
  const { token, record, row } = draft;
  await carryOut(
    context,
    { actor, events: [tokenCreated(actor, record)], change: { kind: 'token', subject: row.id } },
    (transaction) => insertToken(transaction, row),
  );
  return { token, record };
};

const revoke = async (
  context: IdentityContext,
  actor: Actor,
  id: string,
): Promise<ApiToken | Refusal> => {
  const token = await findToken(context.db, id);
  if (token === undefined)
    return refuse(identityErrors.E_TOKEN_NOT_FOUND, 'there is no such API token');
  if (token.revokedAtMs !== undefined) return token;
  const nowMs = context.clock.nowMs();
  await carryOut(
    context,
    { actor, events: [tokenRevoked(actor, token, nowMs)], change: { kind: 'token', subject: id } },
    (transaction) => writeRevoked(transaction, id, nowMs),
  );
  return { ...token, revokedAtMs: nowMs };
};

type ApiTokens = Pick<Identity, 'createToken' | 'revokeToken' | 'listTokens'>;

export const createApiTokens = (context: IdentityContext): ApiTokens => ({
  createToken: (actor, wish) => create(context, actor, wish),
  revokeToken: (actor, id) => revoke(context, actor, id),
  listTokens: (principal: PrincipalId) => readTokens(context.db, principal),
});
