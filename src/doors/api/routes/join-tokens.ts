/** Join tokens: how a workload without a credential gets its first one. */
import { z } from 'zod';
import { isRefusal } from '../../../kernel/errors.ts';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import { compact, spiffeId, timeMs, ttlSeconds } from '../schemas.ts';
import { csrPem, svidAnswer, x509Svid } from './svids.ts';

export const registerJoinTokens: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/join-tokens',
    guard: { action: 'svid:mint', resource: theSystem },
    summary: 'Create a one-time join token',
    schema: {
      body: z.strictObject({ spiffeId, ttlSeconds }),
      response: z.object({
        id: z.string(),
        token: z.string(),
        spiffeId: z.string(),
        expiresAtMs: timeMs,
      }),
    },
    status: 201,
    handler: async ({ context, body }) => {
      const created = await identity.createJoinToken(context.actor, compact(body));
      if (isRefusal(created)) return created;
      const { id, token, expiresAtMs } = created;
      return { id, token: token.reveal(), spiffeId: created.spiffeId, expiresAtMs };
    },
  });
  app.route({
    method: 'POST',
    url: '/api/v1/join-tokens/redeem',
    guard: {
      public: 'the join token in the body is the credential; wrong ones are limited per peer',
    },
    summary: 'Exchange a join token and a certificate request for an X.509-SVID',
    schema: {
      body: z.strictObject({ token: z.string().max(256), csrPem, ttlSeconds }),
      response: x509Svid,
    },
    status: 201,
    handler: async ({ body, request }) =>
      svidAnswer(await identity.redeemJoinToken({ ...compact(body), peer: request.peerAddress })),
  });
};
