/** Handlers of a Connect router by their paths. */
import type { ConnectRouter } from '@connectrpc/connect';
import type { RpcRoute, RpcRoutes } from './handle-stream.ts';

/** `demands`: the security header by the name of the service that demands one. */
export const toRoutes = (
  { handlers }: ConnectRouter,
  demands: ReadonlyMap<string, string>,
): RpcRoutes =>
  new Map(
    handlers.map((handler): [string, RpcRoute] => {
      const securityHeader = demands.get(handler.service.typeName);
      const demand = securityHeader === undefined ? {} : { securityHeader };
      return [handler.requestPath, { handler, ...demand }];
    }),
  );
