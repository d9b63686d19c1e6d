/** API tokens: form and checksum first, then one query, then a comparison in constant time. */
import { equalBytes } from '../../kernel/constant-time.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { TenantId } from '../../kernel/ids.ts';
import type { IdentityContext } from './context.ts';
import { identityErrors } from './errors.ts';
import { tokenDigest, tokenIdOf } from './token-format.ts';
import { findTokenForAuthentication, type TokenWithPrincipal } from './token-store.ts';
import type { VerifiedIdentity } from './types.ts';

const unknown = refuse(
  identityErrors.E_IDENTITY_CREDENTIAL,
  'API token is unknown, expired or revoked',
);

const judge = (
  token: string,
  found: TokenWithPrincipal | undefined,
  nowMs: number,
): VerifiedIdentity | Refusal => {
  // One answer for every reason: what exists here is nobody's business.
  if (found === undefined || !equalBytes(tokenDigest(token), found.digest)) return unknown;
  if (found.isRevoked || nowMs >= found.expiresAtMs) return unknown;
  if (found.isDisabled)
    return refuse(identityErrors.E_IDENTITY_DISABLED, `${found.principalId} is disabled`);
  return {
    principal: { type: found.principalType, id: found.principalId },
    tenant: found.tenant as TenantId,
    ...(found.spiffeId === undefined ? {} : { spiffeId: found.spiffeId }),
    method: 'api-token',
    credentialId: `token:${found.id}`,
    authenticatedAtMs: nowMs,
    expiresAtMs: found.expiresAtMs,
  };
};

/** The look-up that a token needs; a refusal, and no look-up, when its form is wrong. */
export const apiTokenLookUp = (
  context: Pick<IdentityContext, 'db' | 'clock'>,
  token: string,
): (() => Promise<VerifiedIdentity | Refusal>) | Refusal => {
  const id = tokenIdOf('spt', token);
  if (id === undefined) return unknown;
  return async () =>
    judge(token, await findTokenForAuthentication(context.db, id), context.clock.nowMs());
};
