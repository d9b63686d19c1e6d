/**
 * The control plane's HTTP application: Fastify behind a door that knows guards. A route without a
 * guard cannot be registered; the guard is decided before the body is read; answers hold only what
 * their schema names; failures are problem documents.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fastify, type FastifyInstance, type InjectOptions } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Clock, Random } from '../../kernel/effects.ts';
import { orThrow, refuse } from '../../kernel/errors.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { uuidv7 } from '../../kernel/uuid.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { httpErrors } from './errors.ts';
import { defaultHttpLimits, type HttpLimits } from './limits.ts';
import { methodsFor } from './match-path.ts';
import { type ApiInfo, registerOpenApi } from './open-api.ts';
import { fromFastify, isOurFault, sendProblem } from './problem-reply.ts';
import { registerRoute } from './register-route.ts';
import { requestIdOf } from './request-id.ts';
import {
  type Authorize,
  type Guard,
  type PublicGuard,
  type RawResponse,
  rawResponse,
  type Route,
  type RouteListing,
} from './route.ts';

export type HttpAppOptions<Context> = {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly authorize: Authorize<Context>;
  readonly clock: Clock;
  readonly random: Random;
  readonly info: ApiInfo;
  readonly limits?: Partial<HttpLimits>;
};

/** Answer of `inject`. */
export type InjectedAnswer = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly rawPayload: Buffer;
  readonly json: () => unknown;
};

export type HttpApp<Context> = {
  /** Registers a route. Throws E_ROUTE_DECLARATION without a guard, or when registered twice. */
  readonly route: <
    const G extends Guard | PublicGuard,
    P extends z.ZodType,
    Q extends z.ZodType,
    B extends z.ZodType,
    R extends z.ZodType | RawResponse,
  >(
    route: Route<Context, G, P, Q, B, R>,
  ) => void;
  readonly routes: () => readonly RouteListing[];
  /** Closes registration. To be awaited before `handle`. */
  readonly ready: () => Promise<void>;
  /** Answers one raw request; for servers that share a port with other doors. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** The OpenAPI 3.1 document; after `ready`. */
  readonly openApi: () => unknown;
  /** A request without a socket, for tests. */
  readonly inject: (options: InjectOptions) => Promise<InjectedAnswer>;
  readonly close: () => Promise<void>;
};

/** Creates the application with `/openapi.json` as its first route. */
export const createHttpApp = async <Context>(
  options: HttpAppOptions<Context>,
): Promise<HttpApp<Context>> => {
  const limits: HttpLimits = { ...defaultHttpLimits, ...options.limits };
  const routes: RouteListing[] = [];
  const app = createFastify(options, limits);
  acceptStrictJson(app, limits);
  answerFailures(app, { log: options.log, routes, limits });
  observe(app, options.metrics);
  await registerOpenApi(app, options.info);
  const route: HttpApp<Context>['route'] = (definition) => {
    registerRoute({ app, authorize: options.authorize, routes, limits }, definition);
  };
  const ready = async (): Promise<void> => {
    await app.ready();
  };
  let document: string | undefined;
  route({
    method: 'GET',
    url: '/openapi.json',
    guard: { public: 'describes the interface and holds no data' },
    summary: 'This interface as an OpenAPI 3.1 document',
    schema: { response: rawResponse('application/json', 'The document') },
    handler: () => {
      // Anybody may ask for it, so it is written once.
      document ??= JSON.stringify(app.swagger());
      return document;
    },
  });
  return {
    route,
    routes: () => [...routes],
    ready,
    handle: (request, response) => app.routing(request, response),
    openApi: () => app.swagger(),
    inject: (request) => app.inject(request),
    close: async () => {
      await app.close();
    },
  };
};

const createFastify = <Context>(
  { clock, random, log }: HttpAppOptions<Context>,
  limits: HttpLimits,
): FastifyInstance => {
  const newId = uuidv7(clock, random);
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    handlerTimeout: limits.handlerTimeoutMs,
    genReqId: (message) => requestIdOf(message as IncomingMessage, newId),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (error, request, reply) => {
      log.debug({ requestId: request.id, error }, 'request refused by the router');
      protect(reply, request.id);
      sendProblem(reply, fromFastify(error, limits.maxBodyBytes));
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', (request, reply, done) => {
    protect(reply, request.id);
    done();
  });
  return app;
};

type HeaderSink = { readonly header: (name: string, value: string) => unknown };

const protect = (reply: HeaderSink, requestId: string): void => {
  reply.header('x-request-id', requestId);
  reply.header('cache-control', 'no-store');
  reply.header('x-content-type-options', 'nosniff');
  reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
};

const acceptStrictJson = (app: FastifyInstance, limits: HttpLimits): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    // Fastify wants a promise here; parsing itself is synchronous and bounded.
    async (_request: unknown, body: string | Buffer) =>
      orThrow(parseJson(body, { maxBytes: limits.maxBodyBytes, maxDepth: 64 })),
  );
};

const answerFailures = (
  app: FastifyInstance,
  { log, routes, limits }: { log: Log; routes: readonly RouteListing[]; limits: HttpLimits },
): void => {
  app.setErrorHandler((error, request, reply) => {
    const failure = fromFastify(error, request.routeOptions.bodyLimit ?? limits.maxBodyBytes);
    if (isOurFault(failure))
      log.error(
        { requestId: request.id, route: request.routeOptions.url, error },
        'request failed',
      );
    return sendProblem(reply, failure);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const methods = methodsFor(path, routes);
    if (methods.length === 0)
      return sendProblem(
        reply,
        refuse(httpErrors.E_ROUTE_UNKNOWN, 'nothing answers at this address'),
      );
    reply.header('allow', methods.join(', '));
    return sendProblem(
      reply,
      refuse(httpErrors.E_METHOD_NOT_ALLOWED, `this address answers ${methods.join(', ')}`),
    );
  });
};

const observe = (app: FastifyInstance, metrics: Metrics): void => {
  const requests = metrics.counter('sallyport_api_requests_total', 'Control-plane requests.', [
    'method',
    'route',
    'status',
  ]);
  const seconds = metrics.histogram('sallyport_api_request_seconds', 'Time to answer.');
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    requests.with({ method: request.method, route, status: String(reply.statusCode) }).inc();
    seconds.observe(reply.elapsedTime / 1000);
    done();
  });
};
