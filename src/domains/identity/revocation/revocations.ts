/** One verb for everything that can be revoked. */
import type { AuthorityVerbs } from '../authorities/types.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import type { Crls } from './crls.ts';
import {
  type Order,
  orReload,
  revokeAgent,
  revokeCredential,
  revokeEntry,
  type Revoking,
} from './revoke.ts';
import type { Revocations, RevocationTarget } from './types.ts';

export type RevocationParts = Revoking & {
  readonly crls: Crls;
  readonly authorities: AuthorityVerbs;
};

const revoke = async (parts: RevocationParts, order: Order, target: RevocationTarget) => {
  if ('credentialId' in target) return revokeCredential(parts, order, target.credentialId);
  if ('entryId' in target) return revokeEntry(parts, order, target.entryId);
  if ('agentId' in target) return revokeAgent(parts, order, target);
  const authority = await parts.authorities.revoke(order.actor, target.authorityId);
  return isRefusal(authority) ? authority : { target: authority.id, credentials: 0 };
};

export const createRevocations = (parts: RevocationParts): Revocations => ({
  revoke: (actor, target, reason = 'unspecified') =>
    orReload(parts, () => revoke(parts, { actor, reason }, target)),
  crls: parts.crls.current,
});
