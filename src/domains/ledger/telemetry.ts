/** What the ledger counts about itself, bound once so that the hot path only adds. */
import type { BoundCounter, BoundHistogram, Metrics } from '../../platform/metrics/index.ts';
import type { DroppedCounts, EventClass } from './types.ts';

export type LedgerMetrics = {
  readonly appended: Readonly<Record<EventClass, BoundCounter>>;
  readonly refused: BoundCounter;
  readonly acknowledgeSeconds: BoundHistogram;
};

export type LedgerMetricsSource = {
  readonly size: () => number;
  readonly indexed: () => number;
  readonly isRefusing: () => boolean;
  readonly dropped: () => DroppedCounts;
};

const latencyBuckets = [
  0.000_25, 0.000_5, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5,
];

/** Registers the ledger's metrics. */
export const registerLedgerMetrics = (
  metrics: Metrics,
  source: LedgerMetricsSource,
): LedgerMetrics => {
  const appended = metrics.counter('sallyport_ledger_appended_total', 'Entries acknowledged.', [
    'class',
  ]);
  metrics.observed('sallyport_ledger_size', 'Entries in the log.', source.size);
  metrics.observed(
    'sallyport_ledger_index_lag',
    'Entries not yet in the derived index.',
    () => source.size() - source.indexed(),
  );
  metrics.observed('sallyport_ledger_refusing', '1 while the log cannot be written.', () =>
    source.isRefusing() ? 1 : 0,
  );
  metrics.observed(
    'sallyport_ledger_dropped',
    'Forensic and telemetry events lost since start.',
    () => source.dropped().forensic + source.dropped().telemetry,
  );
  return {
    appended: {
      decisive: appended.with({ class: 'decisive' }),
      forensic: appended.with({ class: 'forensic' }),
      telemetry: appended.with({ class: 'telemetry' }),
    },
    refused: metrics.counter('sallyport_ledger_refused_total', 'Decisive events refused.'),
    acknowledgeSeconds: metrics.histogram(
      'sallyport_ledger_acknowledge_seconds',
      'Time from append to durable acknowledgement.',
      { buckets: latencyBuckets },
    ),
  };
};
