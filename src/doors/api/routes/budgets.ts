/** Limits and what is used of them. */
import { z } from 'zod';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';

const maxAmount = 1e15;
const scopeKind = z.enum(['principal', 'team', 'endpoint']);
const scope = z.strictObject({ kind: scopeKind, id: z.string().min(1).max(256) });
const limitKey = z.strictObject({
  scope,
  measure: z.enum(['requests', 'tokens', 'microUsd']),
  window: z.enum(['minute', 'hour', 'day', 'month']),
});
const limit = limitKey.extend({ amount: z.int().min(0).max(maxAmount) });

const usage = z.object({
  limit,
  scope,
  windowStartMs: z.number(),
  windowEndMs: z.number(),
  charged: z.number(),
});

export const registerBudgets: RegisterRoutes = (app, { budgets }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/limits',
    guard: { action: 'budget:read', resource: theSystem },
    summary: 'List limits',
    schema: { response: z.object({ limits: z.array(limit) }) },
    handler: async ({ context }) => ({
      limits: await budgets.listLimits(context.identity.tenant),
    }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/usage',
    guard: { action: 'budget:read', resource: theSystem },
    summary: 'What is charged in the current windows of a principal, team or endpoint',
    schema: {
      query: z.strictObject({ kind: scopeKind, id: z.string().min(1).max(256) }),
      response: z.object({ usage: z.array(usage) }),
    },
    handler: async ({ context, query }) => ({
      usage: await budgets.usage(context.identity.tenant, query),
    }),
  });
  app.route({
    method: 'PUT',
    url: '/api/v1/limits',
    guard: { action: 'budget:update', resource: theSystem },
    summary: 'Create or change a limit',
    schema: { body: limit, response: limit },
    handler: ({ context, body }) => budgets.setLimit(context.actor, body),
  });
  app.route({
    method: 'DELETE',
    url: '/api/v1/limits',
    guard: { action: 'budget:update', resource: theSystem },
    summary: 'Remove a limit',
    schema: { body: limitKey, response: limit },
    handler: ({ context, body }) => budgets.removeLimit(context.actor, body),
  });
};
