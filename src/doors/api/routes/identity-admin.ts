/** Agents, revocations and authorities, for administrators. */
import { z } from 'zod';
import { isRevocationReason } from '../../../engines/pki/index.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import { compact, count, spiffeId, timeMs } from '../schemas.ts';

const agent = z.object({
  id: z.string(),
  attestor: z.string(),
  nodeId: z.string(),
  selectors: z.array(z.string()),
  attestedAtMs: timeMs,
  lastSeenAtMs: timeMs,
  credentialId: z.string(),
  expiresAtMs: timeMs,
  isReattestable: z.boolean(),
  status: z.enum(['active', 'evicted', 'banned']),
});
const reason = z.string().max(32).refine(isRevocationReason, 'a reason of RFC 5280').optional();
const revocation = z.object({ target: z.string(), credentials: z.number() });

const registerAgentReading: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/identity/agents',
    guard: { action: 'agent:read', resource: theSystem },
    summary: 'List agents, ordered by id',
    schema: {
      query: z.strictObject({
        limit: count(1, 1000).optional(),
        after: z.string().max(2048).optional(),
      }),
      response: z.object({ agents: z.array(agent), next: z.string().optional() }),
    },
    handler: ({ query }) => identity.agents.list(compact(query)),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/agents/join-tokens',
    guard: { action: 'agent:admit', resource: theSystem },
    summary: 'Create a one-time token with which the agent of a node attests',
    schema: {
      body: z.strictObject({
        node: z.string().min(1).max(256).optional(),
        ttlSeconds: z.int().min(1).max(604_800).optional(),
      }),
      response: z.object({
        id: z.string(),
        token: z.string(),
        agentId: z.string(),
        expiresAtMs: timeMs,
      }),
    },
    status: 201,
    handler: async ({ context, body }) => {
      const made = await identity.agents.createJoinToken(context.actor, compact(body));
      return isRefusal(made) ? made : { ...made, token: made.token.reveal() };
    },
  });
};

const registerAgentChanges: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/identity/agents/evict',
    guard: { action: 'agent:evict', resource: theSystem },
    summary: 'Refuse an agent and everything issued through it; ban it to keep its node out',
    schema: {
      body: z.strictObject({ agentId: spiffeId, ban: z.boolean().optional(), reason }),
      response: revocation,
    },
    handler: ({ context, body }) =>
      identity.revocations.revoke(
        context.actor,
        { agentId: body.agentId, isBanned: body.ban === true },
        body.reason,
      ),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/agents/readmit',
    guard: { action: 'agent:admit', resource: theSystem },
    summary: 'Lift the ban of an agent; its node may attest again',
    schema: { body: z.strictObject({ agentId: spiffeId }), response: agent },
    handler: ({ context, body }) => identity.agents.readmit(context.actor, body.agentId),
  });
};

const registerRevocations: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/identity/revocations',
    guard: { action: 'identity:revoke', resource: theSystem },
    summary: 'Revoke one SVID, an entry, an agent or an authority, with all that hangs on it',
    schema: {
      body: z.union([
        z.strictObject({ credentialId: z.string().min(1).max(256), reason }),
        z.strictObject({ entryId: z.string().min(1).max(64), reason }),
        z.strictObject({ agentId: spiffeId, reason }),
        z.strictObject({ authorityId: z.string().min(1).max(128), reason }),
      ]),
      response: revocation,
    },
    status: 201,
    handler: ({ context, body }) => {
      const { reason: why, ...target } = body;
      return identity.revocations.revoke(context.actor, target, why);
    },
  });
};

const authority = z.object({
  id: z.string(),
  kind: z.enum(['root', 'intermediate', 'jwt', 'wit']),
  sequence: z.number(),
  state: z.enum(['prepared', 'active', 'old', 'tainted', 'revoked']),
  createdAtMs: timeMs,
  activatesAtMs: timeMs,
  expiresAtMs: timeMs,
});
const byId = z.object({ id: z.string().min(1).max(128) });
const forced = z.strictObject({ force: z.boolean().optional() });
const update = { action: 'authority:update', resource: theSystem } as const;

const registerAuthorities: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/identity/authorities',
    guard: { action: 'authority:read', resource: theSystem },
    summary: 'The authorities of the trust domain and their states',
    schema: { response: z.object({ authorities: z.array(authority) }) },
    handler: () => ({ authorities: identity.authorities.list() }),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/authorities',
    guard: update,
    summary: 'Prepare and publish the next authority of a kind',
    schema: {
      body: z.strictObject({ kind: z.enum(['intermediate', 'jwt', 'wit']) }),
      response: authority,
    },
    status: 201,
    handler: ({ context, body }) => identity.authorities.prepare(context.actor, body.kind),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/authorities/:id/activate',
    guard: update,
    summary: 'Let a prepared authority sign from now on',
    schema: { params: byId, body: forced, response: authority },
    handler: ({ context, params, body }) =>
      identity.authorities.activate(context.actor, params.id, body.force),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/authorities/:id/taint',
    guard: update,
    summary: 'Stop signing with an authority and have everything it signed replaced',
    schema: { params: byId, body: z.strictObject({}), response: authority },
    handler: ({ context, params }) => identity.authorities.taint(context.actor, params.id),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/authorities/:id/revoke',
    guard: update,
    summary: 'Take a tainted authority out of trust, everywhere',
    schema: { params: byId, body: forced, response: authority },
    handler: ({ context, params, body }) =>
      identity.authorities.revoke(context.actor, params.id, body.force),
  });
};

export const registerIdentityAdmin: RegisterRoutes = (app, deps) => {
  const parts = [registerAgentReading, registerAgentChanges, registerRevocations];
  for (const register of [...parts, registerAuthorities]) register(app, deps);
};
