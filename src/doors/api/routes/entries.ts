/** Registration entries and groups: which workloads get which SPIFFE ID, and where. */
import { z } from 'zod';
import type { EntryParent, RegistrationEntry } from '../../../domains/identity/index.ts';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import {
  type Compact,
  compact,
  count,
  groupName,
  spiffeId,
  timeMs,
  trustDomain,
} from '../schemas.ts';

const selectors = z.array(z.string().min(3).max(512)).min(1);
const parent = z
  .union([z.strictObject({ agentId: spiffeId }), z.strictObject({ selectors: selectors.max(256) })])
  .describe('one agent, or every node with all these selectors');
const lifetimeSeconds = z.int().min(1).max(3600);
const instances = z.int().min(1).max(100_000);
const changeable = {
  x509TtlSeconds: lifetimeSeconds.optional(),
  jwtTtlSeconds: lifetimeSeconds.optional(),
  dnsNames: z.array(z.string().max(253)).max(16).optional(),
  federatesWith: z.array(trustDomain).max(64).optional(),
  hint: z.string().max(1024).optional(),
};
const created = {
  spiffeId,
  parent,
  selectors: selectors.max(32),
  ...changeable,
  expiresAtMs: timeMs.optional(),
  roles: z.array(groupName).max(64).optional(),
  teams: z.array(groupName).max(64).optional(),
};
const entry = z.object({
  id: z.string(),
  spiffeId: z.string(),
  parent: z.object({ agentId: z.string().optional(), selectors: z.array(z.string()).optional() }),
  selectors: z.array(z.string()),
  x509TtlSeconds: z.number(),
  jwtTtlSeconds: z.number(),
  dnsNames: z.array(z.string()),
  federatesWith: z.array(z.string()),
  hint: z.string(),
  instances: z.number().optional(),
  principal: z.string(),
  expiresAtMs: timeMs.optional(),
  version: z.number(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
});
const page = z.object({ entries: z.array(entry), next: z.string().optional() });
const pageQuery = {
  limit: count(1, 1000).optional(),
  after: z.string().max(64).optional(),
  spiffeId: spiffeId.optional(),
  agentId: spiffeId.optional(),
};
const byId = z.object({ id: z.string().min(1).max(64) });

type GivenParent = z.output<typeof parent>;

const toParent = (given: GivenParent): EntryParent =>
  'agentId' in given
    ? { kind: 'agent', agentId: given.agentId }
    : { kind: 'nodes', selectors: given.selectors };

const withParent = <T extends { readonly parent: GivenParent }>(
  body: T,
): Omit<Compact<T>, 'parent'> & { readonly parent: EntryParent } => {
  const { parent: given, ...rest } = compact(body) as Compact<T> & { readonly parent: GivenParent };
  return { ...rest, parent: toParent(given) };
};

const toAnswer = (found: RegistrationEntry) => {
  const { parent: of, ...rest } = found;
  return {
    ...rest,
    parent: of.kind === 'agent' ? { agentId: of.agentId } : { selectors: of.selectors },
  };
};

const orRefusal = (found: RegistrationEntry | Refusal) =>
  isRefusal(found) ? found : toAnswer(found);

const registerCreation: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/identity/entries',
    guard: { action: 'entry:create', resource: theSystem },
    summary: 'Register a workload: its selectors, its SPIFFE ID and the nodes it runs on',
    schema: { body: z.strictObject(created), response: entry },
    status: 201,
    handler: async ({ context, body }) =>
      orRefusal(await identity.entries.create(context.actor, withParent(body))),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/identity/groups',
    guard: { action: 'entry:create', resource: theSystem },
    summary: 'Register a group: many workers, each with its own path below one SPIFFE ID',
    schema: { body: z.strictObject({ ...created, instances }), response: entry },
    status: 201,
    handler: async ({ context, body }) =>
      orRefusal(await identity.entries.create(context.actor, withParent(body))),
  });
};

const registerReading: RegisterRoutes = (app, { identity }) => {
  for (const [noun, only] of [
    ['entries', undefined],
    ['groups', true],
  ] as const)
    app.route({
      method: 'GET',
      url: `/api/v1/identity/${noun}`,
      guard: { action: 'entry:read', resource: theSystem },
      summary: `List ${only === true ? 'groups' : 'registration entries'}, ordered by id`,
      schema: { query: z.strictObject(pageQuery), response: page },
      handler: async ({ query }) => {
        const filter = { ...compact(query), ...(only === undefined ? {} : { groups: only }) };
        const found = await identity.entries.list(filter);
        return { ...found, entries: found.entries.map(toAnswer) };
      },
    });
  app.route({
    method: 'GET',
    url: '/api/v1/identity/entries/:id',
    guard: { action: 'entry:read', resource: theSystem },
    summary: 'One registration entry or group',
    schema: { params: byId, response: entry },
    handler: ({ params }) => orRefusal(identity.entries.get(params.id)),
  });
};

const registerChanges: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'PATCH',
    url: '/api/v1/identity/entries/:id',
    guard: { action: 'entry:update', resource: theSystem },
    summary: 'Change an entry or group; what is not named stays',
    schema: {
      params: byId,
      body: z.strictObject({
        ...changeable,
        parent: parent.optional(),
        selectors: selectors.max(32).optional(),
        instances: instances.optional(),
        expiresAtMs: timeMs.nullable().optional(),
        expectedVersion: z.int().min(1).optional(),
      }),
      response: entry,
    },
    handler: async ({ context, params, body }) => {
      const { parent: given, ...rest } = compact(body);
      const change = given === undefined ? rest : { ...rest, parent: toParent(given) };
      return orRefusal(await identity.entries.update(context.actor, params.id, change));
    },
  });
  app.route({
    method: 'DELETE',
    url: '/api/v1/identity/entries/:id',
    guard: { action: 'entry:delete', resource: theSystem },
    summary: 'Remove an entry or group; what was issued runs out',
    schema: { params: byId, response: entry },
    handler: async ({ context, params }) =>
      orRefusal(await identity.entries.remove(context.actor, params.id)),
  });
};

export const registerEntries: RegisterRoutes = (app, deps) => {
  for (const register of [registerCreation, registerReading, registerChanges]) register(app, deps);
};
