/** Least privilege: what is granted and unused, a smaller set, and two sets explained. Reads only. */
import { z } from 'zod';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import { compact, entityRef, policyFiles, timeMs } from '../schemas.ts';

const maxPolicyBytes = 16 * 1024 * 1024;
const daySeconds = 86_400;
const guard = { action: 'policy:read', resource: theSystem } as const;

const window = {
  sinceSeconds: z
    .int()
    .min(1)
    .max(400 * daySeconds),
  limit: z.int().min(1).max(100_000_000).optional(),
};
const keep = z.array(z.string().min(1).max(256)).max(1000).optional();

const share = z.number().min(0).max(1).nullable();
const evidence = z.object({
  examined: z.number(),
  skipped: z.number(),
  oldestMs: z.number().nullable(),
  truncated: z.boolean(),
});
const json = z.record(z.string(), z.unknown());
const verdict = z.enum(['allow', 'deny']);

const request = z.object({
  principal: entityRef,
  action: z.string(),
  resource: entityRef,
  context: json,
});
const environment = z.object({ principal: z.string(), action: entityRef, resource: z.string() });
const example = z.object({
  environment,
  request: z.object({
    principal: entityRef,
    action: entityRef,
    resource: entityRef,
    context: json,
  }),
  entities: z.array(
    z.object({
      uid: entityRef,
      attrs: json,
      parents: z.array(entityRef),
      tags: json.optional(),
    }),
  ),
  decisions: z.array(verdict),
  reasons: z.array(z.array(z.string())),
});
const doubt = z.object({
  environment,
  reason: z.string(),
  policyId: z.string().optional(),
  span: z.object({ start: z.number(), end: z.number() }).optional(),
});

const unusedReport = z.object({
  evidence,
  policies: z.array(
    z.object({
      policyId: z.string(),
      effect: z.enum(['permit', 'forbid']),
      file: z.string(),
      line: z.number(),
      uses: z.number(),
      lastUsedMs: z.number().nullable(),
      kept: z.boolean(),
    }),
  ),
  principals: z.array(
    z.object({
      principal: entityRef,
      granted: z.number(),
      used: z.number(),
      unused: z.array(z.object({ action: z.string(), resource: entityRef })),
      memberships: z.array(z.object({ group: entityRef, needed: z.boolean() })),
    }),
  ),
  kpi: z.object({
    principals: z.number(),
    atLeastPrivilege: z.number(),
    share,
    grants: z.number(),
    usedGrants: z.number(),
    usedShare: share,
  }),
});

const proposal = z.object({
  evidence,
  changes: z.array(
    z.object({
      policyId: z.string(),
      file: z.string(),
      line: z.number(),
      kind: z.enum(['dropped', 'narrowed']),
      details: z.array(z.string()),
    }),
  ),
  leftAlone: z.array(z.string()),
  files: z.array(z.object({ file: z.string(), text: z.string() })),
  diff: z.string(),
  replay: z.object({
    checked: z.number(),
    lost: z.number(),
    examples: z.array(z.object({ timeMs, request })),
  }),
  proof: z.object({
    verdict: z.enum(['strictly-smaller', 'equivalent', 'refuted', 'unknown']),
    difference: example.optional(),
    counterexample: example.optional(),
    doubts: z.array(doubt),
  }),
});

const policyDiff = z.object({
  verdict: z.enum(['equivalent', 'different', 'unknown']),
  becomesAllowed: z.array(example),
  becomesDenied: z.array(example),
  doubts: z.array(doubt),
  recorded: z
    .object({
      evidence,
      changed: z.number(),
      examples: z.array(
        z.object({ timeMs, request, before: verdict, now: verdict, after: verdict }),
      ),
    })
    .optional(),
});

export const registerLeastPrivilege: RegisterRoutes = (app, { leastPrivilege, clock }) => {
  if (leastPrivilege === undefined) return;
  const since = (seconds: number): number => clock.nowMs() - seconds * 1000;
  app.route({
    method: 'POST',
    url: '/api/v1/policies/unused',
    guard,
    summary: 'What is granted, joined with what was used',
    schema: { body: z.strictObject({ ...window, keep }), response: unusedReport },
    handler: ({ body: { sinceSeconds, ...body } }) =>
      leastPrivilege.unused({ ...compact(body), fromMs: since(sinceSeconds) }),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/policies/tighten',
    guard,
    summary: 'A smaller set that keeps what was used, with the proof; puts nothing in force',
    schema: {
      body: z.strictObject({
        ...window,
        keep,
        minUses: z.int().min(1).max(1_000_000).optional(),
        keepMs: z
          .int()
          .min(0)
          .max(3650 * daySeconds * 1000)
          .optional(),
        maxListed: z.int().min(0).max(1000).optional(),
      }),
      response: proposal,
    },
    handler: ({ body: { sinceSeconds, ...body } }) =>
      leastPrivilege.tighten({ ...compact(body), fromMs: since(sinceSeconds) }),
  });
  app.route({
    method: 'POST',
    url: '/api/v1/policies/diff',
    guard,
    summary: 'Requests that a candidate set would allow or deny otherwise',
    schema: { body: z.strictObject({ ...window, files: policyFiles }), response: policyDiff },
    maxBodyBytes: maxPolicyBytes,
    handler: ({ body: { sinceSeconds, ...body } }) =>
      leastPrivilege.diff({ ...compact(body), fromMs: since(sinceSeconds) }),
  });
};
