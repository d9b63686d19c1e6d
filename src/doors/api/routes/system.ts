/** Is it alive, is it ready, how is it doing. */
import { z } from 'zod';
import { refuse } from '../../../kernel/errors.ts';
import { type HttpRequest, rawResponse } from '../../../platform/http/index.ts';
import type { ApiDeps, ReadinessCheck, RegisterRoutes } from '../deps.ts';
import { apiErrors } from '../errors.ts';
import { theSystem } from '../resources.ts';

const check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() });
const exposition = rawResponse('text/plain; version=0.0.4; charset=utf-8', 'Prometheus metrics');

export const registerSystem: RegisterRoutes = (app, deps) => {
  registerProbes(app, deps);
  registerMetrics(app, deps);
  registerState(app, deps);
};

const registerProbes: RegisterRoutes = (app, deps) => {
  app.route({
    method: 'GET',
    url: '/healthz',
    guard: { public: 'tells load balancers that the process answers, and nothing else' },
    summary: 'The process answers',
    schema: { response: z.object({ status: z.literal('ok') }) },
    handler: () => ({ status: 'ok' as const }),
  });
  app.route({
    method: 'GET',
    url: '/readyz',
    guard: { public: 'tells load balancers whether requests can be served' },
    summary: 'Requests can be served',
    schema: { response: z.object({ ready: z.literal(true) }) },
    handler: async () => {
      const missing = (await runChecks(deps)).filter(({ ok }) => !ok).map(({ name }) => name);
      if (missing.length === 0) return { ready: true as const };
      return refuse(apiErrors.E_API_NOT_READY, `not ready: ${missing.join(', ')}`);
    },
  });
};

const registerMetrics: RegisterRoutes = (app, deps) => {
  app.route({
    method: 'GET',
    url: '/metrics',
    guard: { public: 'answers callers on loopback only' },
    summary: 'Metrics for a collector on this machine',
    schema: { response: exposition },
    handler: ({ request }) =>
      isLocal(request)
        ? deps.metrics.render()
        : refuse(apiErrors.E_API_LOCAL_ONLY, 'this address answers on loopback only'),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/system/metrics',
    guard: { action: 'system:read', resource: theSystem },
    summary: 'Metrics for a collector elsewhere',
    schema: { response: exposition },
    handler: () => deps.metrics.render(),
  });
};

const registerState: RegisterRoutes = (app, deps) => {
  app.route({
    method: 'GET',
    url: '/api/v1/system',
    guard: { action: 'system:read', resource: theSystem },
    summary: 'Version, trust domain and state of the parts',
    schema: {
      response: z.object({
        version: z.string(),
        trustDomain: z.string(),
        ledger: z.object({ state: z.enum(['open', 'refusing']), size: z.number() }),
        checks: z.array(check),
      }),
    },
    handler: async () => ({
      version: deps.version,
      trustDomain: deps.identity.trustDomain,
      ledger: { state: deps.ledger.state(), size: deps.ledger.size() },
      checks: [...(await runChecks(deps))],
    }),
  });
};

const runChecks = async ({ ledger, checks }: ApiDeps): Promise<readonly ReadinessCheck[]> => {
  const isOpen = ledger.state() === 'open';
  const own: ReadinessCheck = isOpen
    ? { name: 'ledger', ok: true }
    : { name: 'ledger', ok: false, detail: 'the ledger cannot write' };
  return [own, ...(checks === undefined ? [] : await checks())];
};

/** Loopback, and not a proxy on this machine speaking for somebody else. */
const isLocal = ({ peerAddress, headers }: HttpRequest): boolean => {
  if (headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined) return false;
  const address = peerAddress.startsWith('::ffff:') ? peerAddress.slice(7) : peerAddress;
  return address === '::1' || address.startsWith('127.');
};
