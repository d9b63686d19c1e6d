/** One timer for all deadlines: cheaper than one timer per request, exact to a quarter second. */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { GatewayContext } from './context.ts';
import { gatewayErrors } from './errors.ts';
import type { Exchange } from './exchange.ts';

const sweepMs = 250;

const isStalled = (exchange: Exchange, nowMs: number, writeTimeoutMs: number): boolean =>
  nowMs - exchange.stalledSinceMs > writeTimeoutMs;

const overdue = (exchange: Exchange, nowMs: number): Refusal | undefined => {
  if (nowMs >= exchange.deadlineMs)
    return refuse(gatewayErrors.E_EXCHANGE_TIMEOUT, 'the exchange took longer than allowed');
  return nowMs >= exchange.upstreamDueMs
    ? refuse(gatewayErrors.E_UPSTREAM_TIMEOUT, 'the upstream was silent for too long')
    : undefined;
};

/** Ends what is over its time. Exported for tests with a fake clock. */
export const sweep = ({ inFlight, draining, deps }: GatewayContext): void => {
  const nowMs = deps.clock.monotonicMs();
  for (const [response, deadlineMs] of draining) if (nowMs > deadlineMs) response.destroy();
  for (const exchange of inFlight) {
    if (isStalled(exchange, nowMs, deps.limits.writeTimeoutMs)) exchange.response.destroy();
    const refusal = overdue(exchange, nowMs);
    if (refusal !== undefined) exchange.waiting?.cancel(refusal);
  }
};

/** Starts the timer; returns the way to stop it. */
export const startSweep = (context: GatewayContext): (() => void) => {
  const timer = setInterval(() => sweep(context), sweepMs);
  timer.unref();
  return () => clearInterval(timer);
};
