/** The routes of AuthZEN 1.0: evaluation, evaluations, searches, and the metadata that announces them. */
import { z } from 'zod';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { HttpApp, HttpRequest } from '../../platform/http/index.ts';
import { authzenErrors } from './errors.ts';
import { type AuthzenDeps, evaluate, evaluateAll } from './evaluate.ts';
import { evaluateMcp } from './mcp.ts';
import { createMetadataSigner } from './metadata.ts';
import { supportedObligations } from './obligations.ts';
import {
  actionSearchSchema,
  answerSchema,
  answersSchema,
  evaluationSchema,
  evaluationsSchema,
  mcpAnswerSchema,
  mcpSchema,
  type Metadata,
  metadataSchema,
  resourceSearchSchema,
  searchAnswerSchema,
  subjectSearchSchema,
} from './schemas.ts';
import { search, type SearchBody } from './search.ts';

/** What the guard leaves behind. */
type AskerContext = { readonly identity: VerifiedIdentity };

const evaluationPath = '/access/v1/evaluation';
const evaluationsPath = '/access/v1/evaluations';
const mcpPath = '/access/v1/mcp';
const searchPath = '/access/v1/search/';
const keysPath = '/.well-known/authzen-jwks.json';
const guard = {
  action: 'access:evaluate',
  resource: { type: 'System', id: 'sallyport' },
} as const;

const hostPattern =
  /^[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?$/;

/** The identifier of this decision point: as configured, else as the client addressed it. */
const baseUrl = (request: HttpRequest, publicUrl: string | undefined): string | Refusal => {
  if (publicUrl !== undefined) return publicUrl;
  const { host = '' } = request.headers;
  if (!hostPattern.test(host))
    return refuse(authzenErrors.E_AUTHZEN_REQUEST, 'the Host header is missing or malformed');
  return `${'encrypted' in request.raw.socket ? 'https' : 'http'}://${host}`;
};

/** Registers the routes; what they answer is recorded in the ledger, question by question. */
export const registerAuthzen = <Context extends AskerContext>(
  app: Pick<HttpApp<Context>, 'route'>,
  deps: AuthzenDeps,
): void => {
  app.route({
    method: 'POST',
    url: evaluationPath,
    guard,
    summary: 'May this subject do this to that resource? (AuthZEN 1.0)',
    schema: { body: evaluationSchema, response: answerSchema },
    handler: ({ context, request, body }) =>
      evaluate(deps, { identity: context.identity, requestId: request.id }, body),
  });
  app.route({
    method: 'POST',
    url: evaluationsPath,
    guard,
    summary: 'Many evaluations in one request (AuthZEN 1.0)',
    schema: { body: evaluationsSchema, response: answersSchema },
    handler: ({ context, request, body }) =>
      evaluateAll(deps, { identity: context.identity, requestId: request.id }, body),
  });
  app.route({
    method: 'POST',
    url: mcpPath,
    guard,
    summary:
      'May this MCP request go on? (mapped by COAZ-MCP and evaluated here; not part of AuthZEN)',
    schema: { body: mcpSchema, response: mcpAnswerSchema },
    handler: ({ context, request, body }) =>
      evaluateMcp(deps, { identity: context.identity, requestId: request.id }, body),
  });
  registerSearches(app, deps);
  registerDiscovery(app, deps);
};

const searches = [
  { find: 'principal', name: 'subject', schema: subjectSearchSchema },
  { find: 'resource', name: 'resource', schema: resourceSearchSchema },
  { find: 'action', name: 'action', schema: actionSearchSchema },
] as const;

const registerSearches = <Context extends AskerContext>(
  app: Pick<HttpApp<Context>, 'route'>,
  deps: AuthzenDeps,
): void => {
  for (const { find, name, schema } of searches)
    app.route({
      method: 'POST',
      url: `${searchPath}${name}`,
      guard,
      summary: `Which ${name}s fit the question? (AuthZEN 1.0)`,
      schema: { body: schema as z.ZodType<SearchBody>, response: searchAnswerSchema },
      handler: ({ context, request, body }) =>
        search(deps, { identity: context.identity, requestId: request.id }, { find, body }),
    });
};

const metadataOf = (base: string, isSigned: boolean): Metadata => ({
  policy_decision_point: base,
  access_evaluation_endpoint: base + evaluationPath,
  access_evaluations_endpoint: base + evaluationsPath,
  search_subject_endpoint: `${base}${searchPath}subject`,
  search_resource_endpoint: `${base}${searchPath}resource`,
  search_action_endpoint: `${base}${searchPath}action`,
  supported_obligations: [...supportedObligations],
  ...(isSigned ? { jwks_uri: base + keysPath } : {}),
});

const registerDiscovery = <Context extends AskerContext>(
  app: Pick<HttpApp<Context>, 'route'>,
  { keys, clock, publicUrl }: AuthzenDeps,
): void => {
  const signer = keys === undefined ? undefined : createMetadataSigner(keys, clock);
  app.route({
    method: 'GET',
    url: '/.well-known/authzen-configuration',
    guard: { public: 'clients discover the decision point before they can authenticate' },
    summary: 'Metadata of this policy decision point (AuthZEN 1.0)',
    schema: { response: metadataSchema },
    handler: ({ request }) => {
      const base = baseUrl(request, publicUrl);
      if (isRefusal(base)) return base;
      const metadata = metadataOf(base, signer !== undefined);
      return signer === undefined || publicUrl === undefined ? metadata : signer.sign(metadata);
    },
  });
  if (signer === undefined) return;
  app.route({
    method: 'GET',
    url: keysPath,
    guard: { public: 'the keys that verify the signed metadata are public' },
    summary: 'Keys of the signed metadata (RFC 7517)',
    schema: { response: z.object({ keys: z.array(z.looseObject({})) }) },
    handler: async () => ({ keys: [...(await signer.keySet()).keys] }),
  });
};
