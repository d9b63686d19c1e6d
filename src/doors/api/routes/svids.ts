/** SPIFFE credentials and the bundle that verifies them. */
import { z } from 'zod';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import type { X509Svid } from '../../../domains/identity/index.ts';
import type { RegisterRoutes } from '../deps.ts';
import { theSystem } from '../resources.ts';
import { compact, spiffeId, timeMs, ttlSeconds } from '../schemas.ts';

const maxCsrLength = 32 * 1024;
export const csrPem = z.string().max(maxCsrLength);

export const x509Svid = z.object({
  spiffeId: z.string(),
  credentialId: z.string(),
  chainPem: z.string().describe('leaf and intermediate'),
  notBeforeMs: timeMs,
  expiresAtMs: timeMs,
});

/** An X509-SVID as an or the refusal as it is. */
export const svidAnswer = (svid: X509Svid | Refusal): z.output<typeof x509Svid> | Refusal => {
  if (isRefusal(svid)) return svid;
  const { credentialId, chainPem, notBeforeMs, expiresAtMs } = svid;
  return { spiffeId: svid.spiffeId, credentialId, chainPem, notBeforeMs, expiresAtMs };
};

export const registerSvids: RegisterRoutes = (app, deps) => {
  registerX509(app, deps);
  registerJwt(app, deps);
  registerTrust(app, deps);
};

const registerX509: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/svids/x509',
    guard: { action: 'svid:mint', resource: theSystem },
    summary: 'Mint an X.509-SVID for a certificate request',
    schema: {
      body: z.strictObject({
        spiffeId,
        csrPem,
        ttlSeconds,
        dnsNames: z.array(z.string().max(253)).max(16).optional(),
        ipAddresses: z.array(z.string().max(45)).max(16).optional(),
      }),
      response: x509Svid,
    },
    status: 201,
    handler: async ({ context, body }) =>
      svidAnswer(await identity.mintX509Svid(context.actor, compact(body))),
  });
};

const registerJwt: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/svids/jwt',
    guard: { action: 'svid:mint', resource: theSystem },
    summary: 'Mint a JWT-SVID',
    schema: {
      body: z.strictObject({
        spiffeId,
        audience: z.array(z.string().min(1).max(2048)).min(1).max(16),
        ttlSeconds,
      }),
      response: z.object({
        spiffeId: z.string(),
        credentialId: z.string(),
        token: z.string(),
        expiresAtMs: timeMs,
      }),
    },
    status: 201,
    handler: async ({ context, body }) => {
      const svid = await identity.mintJwtSvid(context.actor, compact(body));
      if (isRefusal(svid)) return svid;
      const { credentialId, token, expiresAtMs } = svid;
      return { spiffeId: svid.spiffeId, credentialId, token: token.reveal(), expiresAtMs };
    },
  });
};

const registerTrust: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'DELETE',
    url: '/api/v1/svids/:credentialId',
    guard: { action: 'token:revoke', resource: theSystem },
    summary: 'Revoke one SVID by its credential id',
    schema: {
      params: z.object({ credentialId: z.string().min(1).max(256) }),
      response: z.object({ credentialId: z.string() }),
    },
    handler: async ({ context, params }) => {
      const refusal = await identity.revokeSvid(context.actor, params.credentialId);
      return isRefusal(refusal) ? refusal : { credentialId: params.credentialId };
    },
  });
  app.route({
    method: 'GET',
    url: '/api/v1/bundle',
    guard: { public: 'trust anchors are public; everybody needs them to verify an SVID' },
    summary: 'SPIFFE bundle of the trust domain',
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
