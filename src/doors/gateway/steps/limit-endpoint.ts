/** Step 11: one more request fits the endpoint; the place is held until the exchange ends. */
import { refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import type { StepResult } from '../types.ts';

export const limitEndpoint = (exchange: Exchange): StepResult => {
  const endpoint = filled(exchange.endpoint, 'endpoint');
  const upstream = exchange.gateway.pools.of(endpoint);
  if (upstream.inFlight >= endpoint.limits.maxConcurrent)
    return refuse(gatewayErrors.E_ENDPOINT_BUSY, `${upstream.inFlight} requests are in flight`, {
      retryAfterSeconds: 1,
    });
  upstream.inFlight += 1;
  exchange.upstream = upstream;
  return undefined;
};
