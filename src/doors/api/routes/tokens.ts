/** API tokens. The token itself is in one answer only: that of its creation. */
import { z } from 'zod';
import { isRefusal } from '../../../kernel/errors.ts';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import { compact, principalId, ttlSeconds } from '../schemas.ts';
import { tokenRecord } from './token-record.ts';

export const registerTokens: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/tokens',
    guard: { action: 'token:create', resource: theSystem },
    summary: 'Create an API token',
    schema: {
      body: z.strictObject({
        principal: principalId,
        name: z.string().min(1).max(256).optional(),
        ttlSeconds,
      }),
      response: z.object({ token: z.string(), record: tokenRecord }),
    },
    status: 201,
    handler: async ({ context, body }) => {
      const created = await identity.createToken(context.actor, compact(body));
      if (isRefusal(created)) return created;
      return { token: created.token.reveal(), record: created.record };
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/tokens',
    guard: { action: 'principal:read', resource: theSystem },
    summary: 'API tokens of a principal, without the tokens themselves',
    schema: {
      query: z.strictObject({ principal: principalId }),
      response: z.object({ tokens: z.array(tokenRecord) }),
    },
    handler: async ({ query }) => ({ tokens: await identity.listTokens(query.principal) }),
  });
  app.route({
    method: 'DELETE',
    url: '/api/v1/tokens/:id',
    guard: { action: 'token:revoke', resource: theSystem },
    summary: 'Revoke an API token',
    schema: { params: z.object({ id: z.string().max(64) }), response: tokenRecord },
    handler: ({ context, params }) => identity.revokeToken(context.actor, params.id),
  });
};
