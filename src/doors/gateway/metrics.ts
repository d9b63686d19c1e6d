/** Metrics of the data plane, bound once per series so that counting is an addition. */
import type { BoundCounter, BoundHistogram, Metrics } from '../../platform/metrics/index.ts';
import type { Exchange } from './exchange.ts';

export type GatewayMetrics = {
  /** Counts a finished exchange. */
  readonly finished: (exchange: Exchange, seconds: number) => void;
};

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** Remembers bound series by a short key. */
const remember = <T>(bind: (first: string, second: string) => T) => {
  const known = new Map<string, T>();
  return (first: string, second: string): T =>
    known.getOrInsertComputed(`${first} ${second}`, () => bind(first, second));
};

export const createGatewayMetrics = (
  metrics: Metrics,
  gauges: { readonly inFlight: () => number; readonly connections: () => number },
): GatewayMetrics => {
  const requests = metrics.counter('sallyport_gateway_requests_total', 'Finished exchanges.', [
    'route',
    'status',
  ]);
  const refusals = metrics.counter('sallyport_gateway_refusals_total', 'Refusals by code.', [
    'route',
    'code',
  ]);
  const tokens = metrics.counter('sallyport_gateway_tokens_total', 'Tokens settled.', [
    'endpoint',
    'direction',
  ]);
  const durations = metrics.histogram(
    'sallyport_gateway_duration_seconds',
    'From the head of the request to the end of the answer.',
    { labels: ['route'], buckets },
  );
  metrics.observed('sallyport_gateway_in_flight', 'Exchanges in flight.', gauges.inFlight);
  metrics.observed('sallyport_gateway_connections', 'Open connections.', gauges.connections);
  const requestOf = remember((route, status): BoundCounter => requests.with({ route, status }));
  const refusalOf = remember((route, code): BoundCounter => refusals.with({ route, code }));
  const tokensOf = remember(
    (endpoint, direction): BoundCounter => tokens.with({ endpoint, direction }),
  );
  const durationOf = remember((route): BoundHistogram => durations.with({ route }));
  return {
    finished: (exchange, seconds) => {
      const route = exchange.match?.route.action ?? 'none';
      requestOf(route, String(exchange.status)).inc();
      durationOf(route, '').observe(seconds);
      if (exchange.refusal !== undefined) refusalOf(route, exchange.refusal.error.code).inc();
      const { usage, endpoint } = exchange;
      if (usage === undefined || endpoint === undefined) return;
      tokensOf(endpoint.name, 'input').inc(usage.inputTokens);
      tokensOf(endpoint.name, 'output').inc(usage.outputTokens);
    },
  };
};
