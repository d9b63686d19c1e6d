/** Metrics of the data plane, bound once per series so that counting is an addition. */
import type { BoundCounter, BoundHistogram, Metrics } from '../../platform/metrics/index.ts';
import type { Exchange } from './exchange.ts';

export type GatewayMetrics = {
  /** Counts a finished exchange. */
  readonly finished: (exchange: Exchange, seconds: number) => void;
};

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** Series bound once; the keys are few (routes, statuses, codes, endpoint names). */
class Bound<T> {
  readonly #bind: (key: string) => T;
  readonly #known = new Map<string | number, T>();

  constructor(bind: (key: string) => T) {
    this.#bind = bind;
  }

  of(key: string | number): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#bind(String(key));
    this.#known.set(key, made);
    return made;
  }
}

type RouteSeries = {
  readonly statuses: Bound<BoundCounter>;
  readonly refusals: Bound<BoundCounter>;
  readonly duration: BoundHistogram;
};
type EndpointSeries = { readonly input: BoundCounter; readonly output: BoundCounter };

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
  const routes = new Bound<RouteSeries>((route) => ({
    statuses: new Bound((status) => requests.with({ route, status })),
    refusals: new Bound((code) => refusals.with({ route, code })),
    duration: durations.with({ route }),
  }));
  const endpoints = new Bound<EndpointSeries>((endpoint) => ({
    input: tokens.with({ endpoint, direction: 'input' }),
    output: tokens.with({ endpoint, direction: 'output' }),
  }));
  return {
    finished: (exchange, seconds) => {
      const { usage, endpoint, refusal } = exchange;
      const series = routes.of(exchange.match?.route.action ?? 'none');
      series.statuses.of(exchange.status).inc();
      series.duration.observe(seconds);
      if (refusal !== undefined) series.refusals.of(refusal.error.code).inc();
      if (usage === undefined || endpoint === undefined) return;
      const counted = endpoints.of(endpoint.name);
      counted.input.inc(usage.inputTokens);
      counted.output.inc(usage.outputTokens);
    },
  };
};
