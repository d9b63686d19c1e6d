/** What the proxy counts: connections by group (downgrades show), refusals and cuts by reason. */
import type { ProxyOptions } from './types.ts';

export type ProxyMetrics = {
  readonly joined: (group: string) => void;
  readonly refused: (reason: string) => void;
  readonly cut: (reason: string) => void;
};

/** Counters of one proxy. */
export const createProxyMetrics = ({
  metrics,
  direction,
}: Pick<ProxyOptions, 'metrics' | 'direction'>): ProxyMetrics => {
  const joined = metrics.counter(
    'sallyport_proxy_connections_total',
    'Connections joined, by direction and key exchange; X25519 alone is not post-quantum',
    ['direction', 'group'],
  );
  const refused = metrics.counter(
    'sallyport_proxy_refusals_total',
    'Connections refused before a byte passed',
    ['direction', 'reason'],
  );
  const cut = metrics.counter('sallyport_proxy_cuts_total', 'Open connections cut', [
    'direction',
    'reason',
  ]);
  return {
    joined: (group) => joined.with({ direction, group }).inc(),
    refused: (reason) => refused.with({ direction, reason }).inc(),
    cut: (reason) => cut.with({ direction, reason }).inc(),
  };
};
