/** Other trust domains, and our own bundle for them. */
import { z } from 'zod';
import type { FederationSource } from '../../../domains/identity/index.ts';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import { compact, spiffeId, timeMs, trustDomain } from '../schemas.ts';

const url = z.string().min(9).max(2048);
const source = z.union([
  z.strictObject({ profile: z.literal('https_web'), url }),
  z.strictObject({ profile: z.literal('https_spiffe'), url, endpointSpiffeId: spiffeId }),
  z.strictObject({ profile: z.literal('static') }),
]);
const domain = z.object({
  trustDomain: z.string(),
  source: z.object({
    profile: z.string(),
    url: z.string().optional(),
    endpointSpiffeId: z.string().optional(),
  }),
  sequence: z.number().optional(),
  refreshHintSeconds: z.number().optional(),
  fetchedAtMs: timeMs.optional(),
  triedAtMs: timeMs.optional(),
  failure: z.string().optional(),
});
const byName = z.object({ trustDomain });
const update = { action: 'federation:update', resource: theSystem } as const;

const registerOwn: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'GET',
    url: '/.well-known/spiffe-bundle',
    guard: { public: 'a bundle endpoint must not ask for a credential (FE-08)' },
    summary: 'SPIFFE bundle endpoint of the trust domain (https_web and https_spiffe)',
    schema: {
      response: z.object({
        keys: z.array(z.looseObject({ kty: z.string(), use: z.string() })),
        spiffe_sequence: z.number(),
        spiffe_refresh_hint: z.number(),
      }),
    },
    handler: () => identity.bundle(),
  });
};

const registerOthers: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/identity/federation',
    guard: { action: 'federation:read', resource: theSystem },
    summary: 'Federated trust domains and how fresh their bundles are',
    schema: { response: z.object({ domains: z.array(domain) }) },
    handler: () => ({ domains: identity.federation.list() }),
  });
  app.route({
    method: 'PUT',
    url: '/api/v1/identity/federation/:trustDomain',
    guard: update,
    summary: 'Federate with a trust domain, or change where its bundle comes from',
    schema: {
      params: byName,
      body: z.strictObject({ source, bundle: z.string().max(900_000).optional() }),
      response: domain,
    },
    handler: ({ context, params, body }) => {
      const { source: given, bundle } = compact(body);
      const wish = { trustDomain: params.trustDomain, source: given satisfies FederationSource };
      return identity.federation.set(
        context.actor,
        bundle === undefined ? wish : { ...wish, bundle },
      );
    },
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/federation/:trustDomain/refresh',
    guard: update,
    summary: 'Fetch the bundle of a federated trust domain now',
    schema: { params: byName, body: z.strictObject({}), response: domain },
    handler: ({ params }) => identity.federation.refresh(params.trustDomain),
  });
  app.route({
    method: 'DELETE',
    url: '/api/v1/identity/federation/:trustDomain',
    guard: update,
    summary: 'End the federation with a trust domain',
    schema: { params: byName, response: domain },
    handler: ({ context, params }) => identity.federation.remove(context.actor, params.trustDomain),
  });
};

export const registerFederation: RegisterRoutes = (app, deps) => {
  registerOwn(app, deps);
  registerOthers(app, deps);
};
