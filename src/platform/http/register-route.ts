/** Registering one route: the guard first, then Fastify's schema, then the handler in its wrapper. */
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { z } from 'zod';
import { isRefusal, refuse, SallyportError } from '../../kernel/errors.ts';
import { httpErrors } from './errors.ts';
import type { HttpLimits } from './limits.ts';
import { describeRoute } from './open-api.ts';
import { sendProblem } from './problem-reply.ts';
import { sendStream } from './send-stream.ts';
import {
  type Authorize,
  type Guard,
  type HttpRequest,
  isPublic,
  type PathParams,
  type PublicGuard,
  type RawResponse,
  type ResolvedGuard,
  type Route,
  type RouteListing,
  type StreamAnswer,
} from './route.ts';

export type Registration<Context> = {
  readonly app: FastifyInstance;
  readonly authorize: Authorize<Context>;
  readonly routes: RouteListing[];
  readonly limits: HttpLimits;
};

const okStatus = 200;

/** Registers one route; see `HttpApp.route`. */
export const registerRoute = <
  Context,
  G extends Guard | PublicGuard,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType | RawResponse,
>(
  { app, authorize, routes, limits }: Registration<Context>,
  route: Route<Context, G, P, Q, B, R>,
): void => {
  checkDeclaration(route, routes);
  const { method, url, guard, summary, schema, status = okStatus } = route;
  routes.push({ method, url, guard, summary });
  const contexts = new WeakMap<FastifyRequest, Context>();
  app.route({
    method,
    url,
    schema: fastifySchema(route, status),
    bodyLimit: route.maxBodyBytes ?? limits.maxBodyBytes,
    ...(isPublic(guard)
      ? {}
      : {
          onRequest: guardHook({
            guard,
            authorize,
            keep: (key, value) => contexts.set(key, value),
          }),
        }),
    handler: async (request, reply) => {
      const input = {
        context: contextFor(guard, contexts.get(request)) as never,
        request: toHttpRequest(request),
        params: request.params as z.output<P>,
        query: request.query as z.output<Q>,
        body: request.body as z.output<B>,
        setHeader: (name: string, value: string) => void reply.header(name, value),
        setStatus: (other: number) => void reply.code(other),
      };
      reply.code(status);
      const answer = await errorsOnly(() => route.handler(input));
      if (isRefusal(answer)) return sendProblem(reply, answer);
      return sendAnswer(reply, schema.response, answer);
    },
  });
};

const checkDeclaration = (
  route: { readonly method: string; readonly url: string; readonly guard: Guard | PublicGuard },
  routes: readonly RouteListing[],
): void => {
  const name = `${route.method} ${route.url}`;
  // A caller may have silenced the compiler; this is the line that makes guards mandatory.
  const guard: Partial<Guard & PublicGuard> | undefined = route.guard;
  const isGuarded =
    typeof guard?.action === 'string' && guard.action !== '' && guard.resource !== undefined;
  const isDeclaredPublic = typeof guard?.public === 'string' && guard.public.length > 0;
  if (isGuarded === isDeclaredPublic)
    throw declaration(`${name} has no guard: give {action, resource} or {public: reason}`);
  if (routes.some((other) => other.method === route.method && other.url === route.url))
    throw declaration(`${name} is registered twice`);
};

const declaration = (detail: string): SallyportError =>
  new SallyportError(httpErrors.E_ROUTE_DECLARATION, detail);

type GuardHook<Context> = {
  readonly guard: Guard;
  readonly authorize: Authorize<Context>;
  readonly keep: (request: FastifyRequest, context: Context) => void;
};

const guardHook =
  <Context>({ guard, authorize, keep }: GuardHook<Context>) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const resolved = resolveGuard(guard, request.params as PathParams);
    const verdict = await errorsOnly(() => authorize(toHttpRequest(request), resolved));
    if (isRefusal(verdict)) return sendProblem(reply, verdict);
    keep(request, verdict);
    return undefined;
  };

/** Fastify skips its error handler for thrown `null` and the like; give it an Error always. */
const errorsOnly = async <T>(run: () => Promise<T> | T): Promise<T> => {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof Error) throw thrown;
    if (isRefusal(thrown)) throw new SallyportError(thrown.error, thrown.detail, thrown);
    throw new Error('something that is no Error was thrown', { cause: thrown });
  }
};

const resolveGuard = (guard: Guard, params: PathParams): ResolvedGuard => ({
  action: guard.action,
  resource: typeof guard.resource === 'function' ? guard.resource(params) : guard.resource,
});

const contextFor = <Context>(
  guard: Guard | PublicGuard,
  context: Context | undefined,
): Context | undefined => {
  if (isPublic(guard) || context !== undefined) return context;
  throw new SallyportError(httpErrors.E_ROUTE_DECLARATION, 'the guard was not asked');
};

const toHttpRequest = (request: FastifyRequest): HttpRequest => ({
  id: request.id,
  method: request.method,
  url: request.url,
  headers: request.headers,
  peerAddress: request.socket.remoteAddress ?? '',
  raw: request.raw,
});

const fastifySchema = (
  route: Pick<RouteListing, 'method' | 'url' | 'guard' | 'summary'> & {
    readonly schema: {
      readonly params?: z.ZodType;
      readonly query?: z.ZodType;
      readonly body?: z.ZodType;
      readonly response: z.ZodType | RawResponse;
    };
  },
  status: number,
): FastifySchema => {
  const { params, query, body, response } = route.schema;
  return {
    ...describeRoute({ ...route, status, response }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined ? {} : { body }),
  };
};

const sendAnswer = (
  reply: FastifyReply,
  schema: z.ZodType | RawResponse,
  answer: unknown,
): FastifyReply => {
  if (schema instanceof z.ZodType) {
    if (answer !== undefined) return reply.send(answer);
    return sendProblem(reply, refuse(httpErrors.E_ROUTE_DECLARATION, 'the handler gave no answer'));
  }
  if ('isStream' in schema) return sendStream(reply, schema.contentType, answer as StreamAnswer);
  const body = typeof answer === 'string' ? answer : Buffer.from(answer as Uint8Array);
  return reply
    .type(schema.contentType)
    .serializer((payload: unknown) => payload as string)
    .send(body);
};
