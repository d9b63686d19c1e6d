/** Decisions: those recorded, and what would be decided. */
import { z } from 'zod';
import { refuse } from '../../../kernel/errors.ts';
import type { RegisterRoutes } from '../deps.ts';
import { apiErrors } from '../errors.ts';
import { theSystem } from '../resources.ts';
import { compact, decision, entityRefInput, reason } from '../schemas.ts';
import { ledgerEntry, ledgerFilters, ledgerRow } from './ledger-shapes.ts';

const maxEventsOfRequest = 20;

const explanation = z.object({
  decision,
  policies: z.array(
    reason.extend({
      effect: z.enum(['permit', 'forbid']),
      outcome: z.enum(['determining', 'matched', 'not-matched', 'error', 'out-of-scope']),
      why: z.string(),
    }),
  ),
});

export const registerDecisions: RegisterRoutes = (app, { access, ledger }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/decisions/explain',
    guard: { action: 'access:evaluate', resource: theSystem },
    summary: 'What would be decided, with a word about every policy',
    schema: {
      body: z.strictObject({
        principal: entityRefInput,
        action: z.string().min(1).max(256),
        resource: entityRefInput,
        context: z.record(z.string(), z.json()).default({}),
      }),
      response: explanation,
    },
    handler: ({ body }) => access.explain(body as Parameters<typeof access.explain>[0]),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/decisions',
    guard: { action: 'ledger:read', resource: theSystem },
    summary: 'Recorded decisions, newest first; denials unless asked otherwise',
    schema: {
      query: ledgerFilters.extend({ decision: z.enum(['allow', 'deny']).default('deny') }),
      response: z.object({ decisions: z.array(ledgerRow) }),
    },
    handler: async ({ query }) => ({ decisions: await ledger.query(compact(query)) }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/decisions/:requestId',
    guard: { action: 'ledger:read', resource: theSystem },
    summary: 'Everything recorded about one request, by its X-Request-ID',
    schema: {
      params: z.object({ requestId: z.string().min(1).max(128) }),
      response: z.object({ entries: z.array(ledgerEntry) }),
    },
    handler: async ({ params }) => {
      const rows = await ledger.query({
        correlationUid: params.requestId,
        limit: maxEventsOfRequest,
      });
      if (rows.length === 0)
        return refuse(apiErrors.E_API_DECISION_UNKNOWN, `nothing is known of ${params.requestId}`);
      const indexes = rows.map(({ index }) => index).toSorted((left, right) => left - right);
      return { entries: await Promise.all(indexes.map((index) => ledger.read(index))) };
    },
  });
};
