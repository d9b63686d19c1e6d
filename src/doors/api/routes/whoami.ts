/** What everybody may know and do about themselves. */
import { z } from 'zod';
import { refuse } from '../../../kernel/errors.ts';
import { identityErrors } from '../../../domains/identity/index.ts';
import type { RegisterRoutes } from '../deps.ts';
import { theCaller } from '../resources.ts';
import { entityRef, timeMs } from '../schemas.ts';
import { tokenRecord } from './token-record.ts';

export const registerWhoami: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/whoami',
    guard: { action: 'principal:read', resource: theCaller },
    summary: 'Who the server takes the caller for',
    schema: {
      response: z.object({
        principal: entityRef,
        tenant: z.string(),
        method: z.string(),
        credentialId: z.string(),
        spiffeId: z.string().optional(),
        authenticatedAtMs: timeMs,
        expiresAtMs: timeMs,
      }),
    },
    handler: ({ context }) => context.identity,
  });
  app.route({
    method: 'DELETE',
    url: '/api/v1/whoami/tokens/:id',
    guard: { action: 'token:revoke', resource: theCaller },
    summary: 'Give up an own API token',
    schema: { params: z.object({ id: z.string().max(64) }), response: tokenRecord },
    handler: async ({ context, params }) => {
      const own = await identity.listTokens(context.identity.principal.id);
      if (!own.some(({ id }) => id === params.id))
        return refuse(identityErrors.E_TOKEN_NOT_FOUND, `no own token has the id ${params.id}`);
      return await identity.revokeToken(context.actor, params.id);
    },
  });
};
