/** Policies in force, candidates, and decisions explained. */
import { z } from 'zod';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import {
  compact,
  decision,
  entityRef,
  policyFiles,
  policyProblem,
  reason,
  timeMs,
} from '../schemas.ts';

const maxPolicyBytes = 16 * 1024 * 1024;
const maxSinceSeconds = 400 * 86_400;

const policySet = z.object({
  source: z.enum(['default', 'directory', 'database']),
  version: z.number(),
  digest: z.string(),
  files: z.array(z.object({ file: z.string(), text: z.string() })),
  schema: z.string(),
  policyIds: z.array(z.string()),
  problems: z.array(policyProblem),
});

const change = z.object({
  ledgerIndex: z.number(),
  timeMs,
  request: z.object({
    principal: entityRef,
    action: z.string(),
    resource: entityRef,
    context: z.record(z.string(), z.unknown()),
  }),
  before: z.enum(['allow', 'deny']),
  now: z.enum(['allow', 'deny']),
  after: decision.extend({ reasons: z.array(reason) }),
});

export const registerPolicies: RegisterRoutes = (app, deps) => {
  registerSet(app, deps);
  registerCandidates(app, deps);
};

const registerSet: RegisterRoutes = (app, { access }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/policies',
    guard: { action: 'policy:read', resource: theSystem },
    summary: 'The policy set in force',
    schema: { response: policySet },
    handler: () => access.policies.list(),
  });
  app.route({
    method: 'PUT',
    url: '/api/v1/policies',
    guard: { action: 'policy:update', resource: theSystem },
    summary: 'Put a policy set in force',
    schema: {
      body: z.strictObject({ files: policyFiles, expectedVersion: z.int().min(0).optional() }),
      response: policySet,
    },
    maxBodyBytes: maxPolicyBytes,
    handler: ({ context, body }) =>
      access.policies.replace({ ...compact(body), actor: context.identity.principal }),
  });
};

const registerCandidates: RegisterRoutes = (app, { access, clock }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/policies/validate',
    guard: { action: 'policy:read', resource: theSystem },
    summary: 'Check a candidate set against the schema in force',
    schema: {
      body: z.strictObject({ files: policyFiles }),
      response: z.object({ ok: z.boolean(), problems: z.array(policyProblem) }),
    },
    maxBodyBytes: maxPolicyBytes,
    handler: ({ body }) => {
      const problems = access.policies.validate({ files: body.files });
      const ok = problems.every(({ severity }) => severity !== 'error');
      return { ok, problems };
    },
  });
  app.route({
    method: 'POST',
    url: '/api/v1/policies/replay',
    guard: { action: 'policy:read', resource: theSystem },
    summary: 'Recorded decisions that a candidate set would change',
    schema: {
      body: z.strictObject({
        files: policyFiles,
        sinceSeconds: z.int().min(1).max(maxSinceSeconds),
        limit: z.int().min(1).max(1_000_000).optional(),
      }),
      response: z.object({
        examined: z.number(),
        unchanged: z.number(),
        skipped: z.number(),
        truncated: z.boolean(),
        changes: z.array(change),
      }),
    },
    maxBodyBytes: maxPolicyBytes,
    handler: ({ body: { files, sinceSeconds, ...body } }) => {
      const fromMs = clock.nowMs() - sinceSeconds * 1000;
      return access.replay({ ...compact(body), candidate: { files }, fromMs });
    },
  });
};
