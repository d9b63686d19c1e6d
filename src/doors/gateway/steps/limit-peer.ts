/** Step 2: there is room for one more request, before anything about it is believed. */
import { refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { StepResult } from '../types.ts';

export const limitPeer = (exchange: Exchange): StepResult => {
  const { inFlight, deps, isClosing } = exchange.gateway;
  if (isClosing)
    return refuse(gatewayErrors.E_GATEWAY_BUSY, 'the gateway is stopping', {
      retryAfterSeconds: 1,
    });
  if (inFlight.size >= deps.limits.maxConcurrentRequests)
    return refuse(gatewayErrors.E_GATEWAY_BUSY, `${inFlight.size} requests are in flight`, {
      retryAfterSeconds: 1,
    });
  inFlight.add(exchange);
  return undefined;
};
