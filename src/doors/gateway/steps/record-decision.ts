/**
 * Step 13: the decision goes into the ledger. With strict audit the pipeline waits until it is
 * durable; otherwise the commit overlaps the upstream call and the first byte of the answer waits.
 */
import { kernelErrors, type Refusal, refuse, SallyportError } from '../../../kernel/errors.ts';
import { decisionEvent } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import type { StepResult } from '../types.ts';

const failureOf = (error: unknown): Refusal =>
  error instanceof SallyportError
    ? refuse(error.kind, 'the decision could not be recorded')
    : refuse(kernelErrors.E_UNEXPECTED, 'the decision could not be recorded');

/** Starts the record; the promise never rejects and says when and whether it is durable. */
export const startRecord = (exchange: Exchange): Promise<Refusal | undefined> => {
  exchange.record = 'pending';
  const recording = exchange.gateway.deps.ledger.append(decisionEvent(exchange)).then(
    () => {
      exchange.record = 'durable';
      return undefined;
    },
    (error: unknown) => {
      exchange.record = 'failed';
      return failureOf(error);
    },
  );
  exchange.recording = recording;
  return recording;
};

export const recordDecision = (exchange: Exchange): StepResult => {
  const recording = startRecord(exchange);
  return exchange.duties.isStrictAudit ? recording : undefined;
};
