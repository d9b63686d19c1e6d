/**
 * What agents talk to: attestation, the stream of what concerns them, SVIDs by the batch. An agent
 * proves itself by its X509-SVID as TLS client certificate; being attested is its only right.
 */
import { z } from 'zod';
import type { AgentSvid, AttestedAgent, SvidAnswer } from '../../../domains/identity/index.ts';
import { encodeBase64 } from '../../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import { streamResponse } from '../../../platform/http/index.ts';
import type { ApiContext, ApiDeps, RegisterRoutes } from '../deps.ts';
import { apiErrors } from '../errors.ts';
import { theAgent } from '../resources.ts';
import { compact, der, timeMs } from '../schemas.ts';
import { chainOf } from '../credentials.ts';
import { startAgentStream } from './agent-stream.ts';

const guard = { action: 'agent:sync', resource: theAgent } as const;
const maxBatchBytes = 8 << 20;

const jsonObject = z.record(z.string(), z.unknown()).transform((value) => value as JsonObject);
const chain = z.array(z.string()).describe('DER in base64, leaf first');
const bundle = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });
const credentials = z.object({
  agentId: z.string(),
  chain,
  credentialId: z.string(),
  expiresAtMs: timeMs,
  bundle,
  reattestable: z.boolean(),
});
const challenge = z.object({ challenge: z.record(z.string(), z.unknown()) });
const token = z.object({ token: z.string(), credentialId: z.string(), expiresAtMs: timeMs });
const entryId = z.string().min(1).max(64);
const instance = z.string().min(1).max(128).optional();

const agentOf = ({ agent }: ApiContext): AttestedAgent | Refusal =>
  agent ?? refuse(apiErrors.E_API_DENIED, 'this address is for attested agents');

const toCredentials = (svid: AgentSvid, { identity }: Pick<ApiDeps, 'identity'>) => ({
  agentId: svid.agentId,
  chain: svid.chain.map(encodeBase64),
  credentialId: svid.credentialId,
  expiresAtMs: svid.expiresAtMs,
  bundle: identity.bundle(),
  reattestable: svid.isReattestable,
});

const registerAttestation: RegisterRoutes = (app, deps) => {
  app.route({
    method: 'POST',
    url: '/api/v1/agents/attest',
    guard: {
      public: 'the evidence in the body is the credential; what proves nothing is limited per peer',
    },
    summary: 'Prove a node and get the SVID of its agent; 202 with a challenge to answer first',
    schema: {
      body: z.strictObject({
        attestor: z.string().min(1).max(32),
        evidence: jsonObject,
        csr: der,
        challengeResponse: jsonObject.optional(),
      }),
      response: z.union([credentials, challenge]),
    },
    handler: async ({ body, request, setStatus }) => {
      const { peerAddress: peer } = request;
      const answer = await deps.identity.agents.attest({ ...compact(body), peer });
      if (isRefusal(answer)) return answer;
      if (!('challenge' in answer)) return toCredentials(answer, deps);
      setStatus(202);
      return answer;
    },
  });
  app.route({
    method: 'POST',
    url: '/api/v1/agents/renew',
    guard,
    summary: 'A new SVID for the calling agent',
    schema: { body: z.strictObject({ csr: der }), response: credentials },
    handler: async ({ context, body }) => {
      const agent = agentOf(context);
      if (isRefusal(agent)) return agent;
      const svid = await deps.identity.agents.renew(agent, body.csr);
      return isRefusal(svid) ? svid : toCredentials(svid, deps);
    },
  });
};

const registerStream: RegisterRoutes = (app, deps) => {
  app.route({
    method: 'GET',
    url: '/api/v1/agents/stream',
    guard,
    summary: 'What concerns the calling agent: its state at once, then every change (NDJSON)',
    schema: {
      query: z.object({ revision: z.coerce.number().int().min(0).optional() }),
      response: streamResponse('application/x-ndjson', 'One JSON object per line'),
    },
    handler: ({ context, request }) => {
      const agent = agentOf(context);
      if (isRefusal(agent)) return agent;
      const { identity, clock } = deps;
      const chain = chainOf(request);
      const isGood = (): boolean => {
        const now = identity.agents.authenticate(chain, agent.actor);
        // An outage of ours ends no stream: the lease of the agent is for that.
        return !isRefusal(now) || now.error.status !== 401;
      };
      return { start: (sink) => startAgentStream(identity.agents, agent, { sink, clock, isGood }) };
    },
  });
};

const toAnswer = (answer: SvidAnswer) => {
  const { entryId: id } = answer;
  if ('error' in answer) {
    const { error, detail, data } = answer.error;
    return { entryId: id, error: { code: error.code, detail, data } };
  }
  const { spiffeId, credentialId, expiresAtMs } = answer;
  const encoded = answer.chain.map(encodeBase64);
  return { entryId: id, spiffeId, credentialId, chain: encoded, expiresAtMs };
};

const issued = z.object({
  entryId: z.string(),
  spiffeId: z.string().optional(),
  credentialId: z.string().optional(),
  chain: chain.optional(),
  expiresAtMs: timeMs.optional(),
  error: z
    .object({
      code: z.string(),
      detail: z.string(),
      data: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});

const registerX509: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/agents/svids',
    guard,
    summary: 'X.509-SVIDs for entries of the calling agent, up to 500 at once',
    maxBodyBytes: maxBatchBytes,
    schema: {
      body: z.strictObject({
        requests: z
          .array(z.strictObject({ entryId, csr: der, instance }))
          .min(1)
          .max(500),
      }),
      response: z.object({ svids: z.array(issued) }),
    },
    handler: async ({ context, body }) => {
      const agent = agentOf(context);
      if (isRefusal(agent)) return agent;
      const requests = body.requests.map((one) => compact(one));
      const svids = await identity.agents.issueX509Svids(agent, requests);
      return isRefusal(svids) ? svids : { svids: svids.map(toAnswer) };
    },
  });
};

const registerTokens: RegisterRoutes = (app, { identity }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/agents/jwt-svids',
    guard,
    summary: 'A JWT-SVID for an entry of the calling agent',
    schema: {
      body: z.strictObject({
        entryId,
        audience: z.array(z.string().min(1).max(512)).min(1).max(16),
        instance,
      }),
      response: token,
    },
    handler: async ({ context, body }) => {
      const agent = agentOf(context);
      if (isRefusal(agent)) return agent;
      const svid = await identity.agents.issueJwtSvid(agent, compact(body));
      return isRefusal(svid) ? svid : { ...svid, token: svid.token.reveal() };
    },
  });
  app.route({
    method: 'POST',
    url: '/api/v1/agents/wit-svids',
    guard,
    summary: 'A WIT-SVID, bound to a public key, for an entry of the calling agent',
    schema: { body: z.strictObject({ entryId, publicJwk: jsonObject, instance }), response: token },
    handler: async ({ context, body }) => {
      const agent = agentOf(context);
      if (isRefusal(agent)) return agent;
      const svid = await identity.agents.issueWitSvid(agent, compact(body));
      return isRefusal(svid) ? svid : { ...svid, token: svid.token.reveal() };
    },
  });
};

export const registerAgents: RegisterRoutes = (app, deps) => {
  for (const register of [registerAttestation, registerStream, registerX509, registerTokens])
    register(app, deps);
};
