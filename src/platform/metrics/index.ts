/** Metrics: Prometheus counters, gauges and histograms, bounded in series, cheap when bound. */
export { metricsErrors } from './errors.ts';
export type { Labels } from './family.ts';
export { createMetrics } from './metrics.ts';
export type {
  BoundCounter,
  BoundGauge,
  BoundHistogram,
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  Metrics,
  MetricsOptions,
} from './metrics.ts';
export { registerProcessMetrics } from './process-metrics.ts';
