/** Small valid events for the ledger's tests. */
import {
  buildGatewayDecision,
  buildGatewayOutcome,
  type OcsfEvent,
} from '../../../src/engines/ocsf/index.ts';
import type { LedgerEvent } from '../../../src/domains/ledger/index.ts';

const timeMs = Date.UTC(2026, 10, 20);

type Options = { readonly decision?: 'allow' | 'deny'; readonly principal?: string };

/** A decision about exchange `exchange-<n>`, n milliseconds into the day. */
export const decisionOf = (n: number, options: Options = {}): OcsfEvent =>
  buildGatewayDecision({
    timeMs: timeMs + n,
    correlationUid: `exchange-${n}`,
    operation: 'chat',
    actor: { type: 'Service', uid: options.principal ?? 'trainer' },
    resources: [{ type: 'Endpoint', uid: 'digits' }],
    control: { decision: options.decision ?? 'allow', policies: [{ uid: 'policy0' }] },
  });

export const outcomeOf = (n: number): OcsfEvent =>
  buildGatewayOutcome({
    timeMs: timeMs + n,
    correlationUid: `exchange-${n}`,
    operation: 'chat',
    status: { isSuccess: true },
  });

export const decisive = (n: number, options: Options = {}): LedgerEvent => ({
  class: 'decisive',
  ocsf: decisionOf(n, options),
});
