/** Node attestation by join token: an administrator names the node, the token admits it once. */
import { equalBytes } from '../../../kernel/constant-time.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { Secret } from '../../../kernel/secret.ts';
import { lifetimeMs } from '../bounds.ts';
import type { IdentityContext } from '../context.ts';
import { identityErrors } from '../errors.ts';
import { joinTokenCreated } from '../events.ts';
import { drawToken, tokenDigest, tokenIdOf } from '../token-format.ts';
import { findJoinToken, insertJoinToken, takeJoinToken } from '../token-store.ts';
import type { Actor } from '../types.ts';
import { agentIdFor, isAgentIdOf } from './agent-id.ts';
import type { NodeAttestor } from './attestor.ts';
import type { AgentJoinToken } from './types.ts';

/** Name of this attestor in requests and SPIFFE IDs. */
export const joinTokenAttestorName = 'join-token';

const lifetime = { usual: 600, max: 7 * 86_400 };
const useless = refuse(identityErrors.E_JOIN_TOKEN, 'the join token is unknown, used or expired');

/** See `Agents.createJoinToken`. */
export const createAgentJoinToken = async (
  context: IdentityContext,
  actor: Actor,
  wish: { readonly node?: string; readonly ttlSeconds?: number },
): Promise<AgentJoinToken | Refusal> => {
  const lifeMs = lifetimeMs(wish.ttlSeconds, lifetime);
  if (isRefusal(lifeMs)) return lifeMs;
  const { id, text } = drawToken('spj', context.random);
  const agentId = agentIdFor(context.config.trustDomain, joinTokenAttestorName, wish.node ?? id);
  if (isRefusal(agentId)) return agentId;
  const createdAtMs = context.clock.nowMs();
  const expiresAtMs = createdAtMs + lifeMs;
  const facts = { id, spiffeId: agentId, expiresAtMs };
  await context.ledger.append(joinTokenCreated(actor, facts, createdAtMs));
  await insertJoinToken(context.db, { ...facts, digest: tokenDigest(text), createdAtMs });
  return { id, token: new Secret(text), agentId, expiresAtMs };
};

/** Evidence: `{token}`. The token of a workload is not one of a node, and the other way round. */
export const createJoinTokenAttestor = (
  context: Pick<IdentityContext, 'db' | 'config'>,
): NodeAttestor => ({
  attest: async (evidence, { nowMs }) => {
    const given = evidence['token'];
    const token = typeof given === 'string' ? given : '';
    const id = tokenIdOf('spj', token);
    const found = id === undefined ? undefined : await findJoinToken(context.db, id);
    if (found === undefined || !equalBytes(tokenDigest(token), found.digest)) return useless;
    if (found.isRedeemed || nowMs >= found.expiresAtMs) return useless;
    if (!isAgentIdOf(found.spiffeId, context.config.trustDomain)) return useless;
    const nodeId = found.spiffeId.split(`/${joinTokenAttestorName}/`).slice(1).join('/');
    return {
      nodeId,
      selectors: [`${joinTokenAttestorName}:${nodeId}`],
      // The token itself works once; another one may admit the same node again.
      reattestable: true,
      consume: async () =>
        (await takeJoinToken(context.db, found.id, nowMs)) ? undefined : useless,
    };
  },
});
