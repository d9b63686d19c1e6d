/** Model endpoints. Credentials go in and never come out. */
import { z } from 'zod';
import {
  type Endpoint,
  endpointErrors,
  endpointInputSchema,
} from '../../../domains/endpoints/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { TenantId } from '../../../kernel/ids.ts';
import type { ApiDeps, RegisterRoutes } from '../deps.ts';
import { namedEndpoint, theSystem } from '../resources.ts';
import { timeMs } from '../schemas.ts';

const tensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number()),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});

const endpoint = z.object({
  name: z.string(),
  description: z.string(),
  protocol: z.enum(['openai', 'v2']),
  url: z.string(),
  network: z.enum(['public', 'private']),
  tls: z.object({
    spiffeId: z.string().optional(),
    caPem: z.string().optional(),
    serverName: z.string().optional(),
  }),
  upstreamModel: z.string(),
  credentialHeader: z.string(),
  hasCredential: z.boolean(),
  inputs: z.array(tensor),
  outputs: z.array(tensor),
  prices: z.record(z.string(), z.number()),
  limits: z.record(z.string(), z.number()),
  timeouts: z.record(z.string(), z.number()),
  mode: z.enum(['enforce', 'shadow']),
  audit: z.enum(['normal', 'strict']),
  allowedRoles: z.array(z.string()),
  allowedTeams: z.array(z.string()),
  version: z.number(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
});

const byName = z.object({ name: z.string().min(1).max(128) });

export const registerEndpoints: RegisterRoutes = (app, deps) => {
  registerReads(app, deps);
  registerChanges(app, deps);
};

const registerReads: RegisterRoutes = (app, { endpoints }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/endpoints',
    guard: { action: 'endpoint:read', resource: theSystem },
    summary: 'List endpoints',
    schema: { response: z.object({ endpoints: z.array(endpoint) }) },
    handler: ({ context }) => ({ endpoints: endpoints.list(context.identity.tenant) }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/endpoints/:name',
    guard: { action: 'endpoint:read', resource: namedEndpoint },
    summary: 'One endpoint',
    schema: { params: byName, response: endpoint },
    handler: ({ context, params }) => findEndpoint(endpoints, context.identity.tenant, params.name),
  });
};

const registerChanges: RegisterRoutes = (app, { endpoints }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/endpoints',
    guard: { action: 'endpoint:create', resource: theSystem },
    summary: 'Register an endpoint',
    schema: { body: endpointInputSchema, response: endpoint },
    status: 201,
    handler: ({ context, body }) => endpoints.create(context.actor, body),
  });
  app.route({
    method: 'PUT',
    url: '/api/v1/endpoints/:name',
    guard: { action: 'endpoint:update', resource: namedEndpoint },
    summary: 'Replace the description of an endpoint; the credential stays unless given',
    schema: {
      params: byName,
      query: z.strictObject({ expectedVersion: z.coerce.number().int().min(1).optional() }),
      body: endpointInputSchema,
      response: endpoint,
    },
    handler: async ({ context, params, query, body }) => {
      if (body.name !== params.name)
        return refuse(endpointErrors.E_ENDPOINT_INVALID, 'name: an endpoint cannot be renamed');
      return await endpoints.update(context.actor, body, query.expectedVersion);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/api/v1/endpoints/:name',
    guard: { action: 'endpoint:delete', resource: namedEndpoint },
    summary: 'Remove an endpoint',
    schema: { params: byName, response: z.object({ name: z.string() }) },
    handler: async ({ context, params }) => {
      const refusal = await endpoints.remove(context.actor, params.name);
      return isRefusal(refusal) ? refusal : { name: params.name };
    },
  });
};

const findEndpoint = (
  endpoints: ApiDeps['endpoints'],
  tenant: TenantId,
  name: string,
): Endpoint | Refusal =>
  endpoints.find(tenant, name) ??
  refuse(endpointErrors.E_ENDPOINT_NOT_FOUND, `there is no endpoint ${name}`);
