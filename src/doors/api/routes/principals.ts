/** People, services and agents. */
import { z } from 'zod';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import {
  compact,
  count,
  groupName,
  principalId,
  principalType,
  spiffeId,
  timeMs,
} from '../schemas.ts';

const principal = z.object({
  type: principalType,
  id: z.string(),
  name: z.string(),
  spiffeId: z.string().optional(),
  tenant: z.string(),
  disabled: z.boolean(),
  createdAtMs: timeMs,
});
const byId = z.object({ id: principalId });

export const registerPrincipals: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/principals',
    guard: { action: 'principal:create', resource: theSystem },
    summary: 'Create a principal',
    schema: {
      body: z.strictObject({
        type: principalType,
        id: principalId.optional(),
        name: z.string().min(1).max(256),
        spiffeId: spiffeId.optional(),
        roles: z.array(groupName).max(64).optional(),
        teams: z.array(groupName).max(64).optional(),
      }),
      response: principal,
    },
    status: 201,
    handler: ({ context, body }) => identity.createPrincipal(context.actor, compact(body)),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/principals',
    guard: { action: 'principal:read', resource: theSystem },
    summary: 'List principals, ordered by id',
    schema: {
      query: z.strictObject({ limit: count(1, 1000).optional(), after: principalId.optional() }),
      response: z.object({ principals: z.array(principal), next: z.string().optional() }),
    },
    handler: ({ query }) => identity.listPrincipals(compact(query)),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/principals/:id',
    guard: { action: 'principal:read', resource: theSystem },
    summary: 'One principal',
    schema: { params: byId, response: principal },
    handler: ({ params }) => identity.getPrincipal(params.id),
  });
  app.route({
    method: 'PUT',
    url: '/api/v1/principals/:id/disabled',
    guard: { action: 'principal:update', resource: theSystem },
    summary: 'Disable or enable a principal',
    schema: {
      params: byId,
      body: z.strictObject({ disabled: z.boolean() }),
      response: principal,
    },
    handler: ({ context, params, body }) =>
      identity.setPrincipalDisabled(context.actor, params.id, body.disabled),
  });
};
