/** Decisions as the gateway records them, each with a request id of its own. */
import type { LedgerEvent } from '../../src/domains/ledger/index.ts';
import { buildGatewayDecision } from '../../src/engines/ocsf/index.ts';

/** The decision number `n` of a producer. */
export const decisionEvent = (producer: number, n: number): LedgerEvent => {
  const id = `01900000-0000-7000-8${producer}00-${n.toString(16).padStart(12, '0')}`;
  return {
    class: 'decisive',
    ocsf: buildGatewayDecision({
      timeMs: 1_767_225_600_000 + n,
      correlationUid: id,
      requestUid: id,
      operation: 'chat',
      actor: { type: 'Service', uid: 'caller' },
      session: { uid: 'credential', issuer: 'api-token' },
      source: { uid: 'connection' },
      resources: [{ type: 'Endpoint', uid: 'bench' }],
      control: {
        decision: 'allow',
        isEnforced: true,
        policies: [{ uid: 'granted-role-uses-endpoint' }],
        disposition: 'allowed',
      },
      ai: { model: { name: 'bench', provider: '127.0.0.1', uid: 'bench' } },
      http: { method: 'POST', path: '/v1/chat/completions', requestBytes: 1024 },
    }),
  };
};
