/** The OpenAPI 3.1 document, written from the routes and their zod schemas. */
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemContentType } from '../../kernel/problem.ts';
import { type Guard, isPublic, type PublicGuard, type RawResponse } from './route.ts';

export type ApiInfo = {
  readonly title: string;
  readonly version: string;
  readonly description: string;
};

const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string(),
    hint: z.string(),
    instance: z.string().optional(),
  })
  .describe('RFC 9457 problem document');

/** Registers the generator. Must be awaited before the first route, or routes are missed. */
export const registerOpenApi = async (app: FastifyInstance, info: ApiInfo): Promise<void> => {
  const options: FastifyDynamicSwaggerOptions = {
    openapi: {
      openapi: '3.1.0',
      info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      components: { securitySchemes: securitySchemes() },
      security: [{ bearer: [] }, { certificate: [] }],
    },
    transform: jsonSchemaTransform,
  };
  await app.register(swagger, options);
};

type SecuritySchemes = NonNullable<
  NonNullable<FastifyDynamicSwaggerOptions['openapi']>['components']
>['securitySchemes'] &
  object;

/** The generator's types know OpenAPI 3.0 only, which had no `mutualTLS`. */
const securitySchemes = (): SecuritySchemes =>
  ({
    bearer: { type: 'http', scheme: 'bearer', description: 'API token or JWT-SVID' },
    certificate: { type: 'mutualTLS', description: 'X.509-SVID' },
  }) as unknown as SecuritySchemes;

export type DocumentedRoute = {
  readonly method: string;
  readonly url: string;
  readonly guard: Guard | PublicGuard;
  readonly summary: string;
  readonly status: number;
  readonly response: z.ZodType | RawResponse;
};

/** The documentation part of a route's Fastify schema. */
export const describeRoute = (route: DocumentedRoute): FastifySchema => {
  const documentation = {
    summary: route.summary,
    operationId: operationId(route.method, route.url),
    tags: [tagOf(route.url)],
    ...(isPublic(route.guard)
      ? { security: [], description: `Public: ${route.guard.public}` }
      : { description: `Needs the action \`${route.guard.action}\`.` }),
    response: {
      [route.status]: responseOf(route.response),
      default: {
        description: 'Refusal or failure',
        content: { [problemContentType]: { schema: problemSchema } },
      },
    },
  };
  return documentation;
};

const responseOf = (response: z.ZodType | RawResponse): unknown => {
  if (response instanceof z.ZodType) return response;
  const { contentType, description } = response;
  return { description, content: { [contentType]: { schema: z.string() } } };
};

/** `GET /api/v1/principals/:id` → `getPrincipalsById`. */
const operationId = (method: string, url: string): string => {
  const words = url
    .split('/')
    .filter((part) => part !== '' && part !== 'api' && part !== 'v1')
    .map((part) => (part.startsWith(':') ? `by-${part.slice(1)}` : part === '*' ? 'path' : part));
  return camelCase([method.toLowerCase(), ...words].join('-'));
};

const camelCase = (dashed: string): string =>
  dashed
    .split(/[-._]/)
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

const tagOf = (url: string): string => {
  const parts = url.split('/').filter((part) => part !== '' && part !== 'api' && part !== 'v1');
  return parts[0] ?? 'system';
};
