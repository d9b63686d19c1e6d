/** The public keys with which upstreams verify `x-sallyport-context`. */
import { z } from 'zod';
import type { RegisterRoutes } from '../deps.ts';

const keySet = z.object({
  keys: z.array(
    z.object({
      kty: z.string(),
      crv: z.string(),
      x: z.string(),
      kid: z.string(),
      alg: z.string(),
      use: z.string(),
    }),
  ),
});

export const registerContextKeys: RegisterRoutes = (app, deps) => {
  app.route({
    method: 'GET',
    url: '/api/v1/context-keys',
    guard: {
      public: 'public keys, which upstreams without a credential here must be able to read',
    },
    summary: 'JWK set that verifies the x-sallyport-context header',
    schema: { response: keySet },
    handler: async () => keySet.parse(await deps.contextKeys()),
  });
};
