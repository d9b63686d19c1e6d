/** Closing step 2: how the exchange ended, for everything that came as far as a decision. */
import { attemptEvent, outcomeEvent } from '../events.ts';
import type { Exchange } from '../exchange.ts';

/** Failures without any credential: one note per address and second is enough to see a flood. */
const anonymousNoteMs = 1_000;

const mayNote = (exchange: Exchange): boolean => {
  const { peer } = exchange.connection;
  const nowMs = exchange.startedMs;
  if (nowMs - peer.notedAtMs < anonymousNoteMs) return false;
  peer.notedAtMs = nowMs;
  return true;
};

export const recordOutcome = (exchange: Exchange): void => {
  const { ledger } = exchange.gateway.deps;
  if (exchange.wasDenied) return;
  if (exchange.record === 'durable' || exchange.record === 'pending') {
    ledger.record(outcomeEvent(exchange));
    return;
  }
  if (exchange.record === 'failed' || exchange.refusal === undefined) return;
  if (exchange.identity !== undefined || mayNote(exchange)) ledger.record(attemptEvent(exchange));
};
