/** The first administrator. */
import { z } from 'zod';
import { isRefusal } from '../../../kernel/errors.ts';
import type { RegisterRoutes } from '../deps.ts';
import { entityRef, timeMs } from '../schemas.ts';

export const registerEnrolment: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/enrolment',
    guard: {
      public: 'the one-time code in the body is the credential; wrong ones are limited per peer',
    },
    summary: 'Become the first administrator',
    schema: {
      body: z.strictObject({ code: z.string().max(256), name: z.string().min(1).max(256) }),
      response: z.object({
        principal: entityRef,
        token: z.string(),
        tokenId: z.string(),
        expiresAtMs: timeMs,
      }),
    },
    status: 201,
    handler: async ({ body, request }) => {
      const enrolled = await identity.redeemEnrolmentCode({ ...body, peer: request.peerAddress });
      if (isRefusal(enrolled)) return enrolled;
      const { principal, apiToken } = enrolled;
      return {
        principal: { type: principal.type, id: principal.id },
        token: apiToken.token.reveal(),
        tokenId: apiToken.record.id,
        expiresAtMs: apiToken.record.expiresAtMs,
      };
    },
  });
};
