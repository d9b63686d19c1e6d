/**
 * Closing step 1: budgets learn what was used. What was never dispatched is returned; what was
 * dispatched and not answered for stays charged in full, because the upstream may have spent it.
 */
import { type Exchange, filled } from '../exchange.ts';
import { amountsOf } from './reserve.ts';

export const settle = (exchange: Exchange): void => {
  const { reservation, usage } = exchange;
  if (reservation === undefined) return;
  exchange.reservation = undefined;
  if (!exchange.wasDispatched) {
    reservation.cancel();
    return;
  }
  if (usage === undefined) {
    reservation.settle({});
    return;
  }
  const endpoint = filled(exchange.endpoint, 'endpoint');
  const used = amountsOf(endpoint, usage.inputTokens, usage.outputTokens);
  reservation.settle(exchange.wasRejected ? { tokens: 0, microUsd: 0 } : used);
};
