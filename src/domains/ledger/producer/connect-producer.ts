/** Appends from another thread: the other end of `ledger.createProducerPort()`. */
import type { MessagePort } from 'node:worker_threads';
import { validateOcsf } from '../../../engines/ocsf/index.ts';
import { type Clock, systemClock } from '../../../kernel/effects.ts';
import { SallyportError } from '../../../kernel/errors.ts';
import { ledgerErrors } from '../errors.ts';
import type { LedgerEvent, LedgerReceipt } from '../types.ts';
import { invalidEvent } from './intake.ts';
import { Producer } from './producer.ts';

const timeoutMs = 10_000;

export type RemoteProducer = {
  /** As `Ledger.append`. Personal fields are refused: their keys stay in the ledger's own thread. */
  readonly append: (event: LedgerEvent) => Promise<LedgerReceipt>;
  readonly close: () => Promise<void>;
};

/** Makes a producer on a port that was transferred to this thread. */
export const connectProducer = (port: MessagePort, clock: Clock = systemClock): RemoteProducer => {
  const producer = new Producer({ port, clock, timeoutMs });
  return {
    append: ({ class: eventClass, ocsf, personal }) =>
      new Promise((resolve, reject) => {
        const problems = validateOcsf(ocsf);
        if (problems.length > 0) throw invalidEvent(problems);
        if (personal !== undefined)
          throw new SallyportError(
            ledgerErrors.E_LEDGER_EVENT_INVALID,
            'personal fields can only be appended in the thread of the ledger',
          );
        producer.submit(
          { class: eventClass, ocsf },
          { accepted: (index) => resolve({ index, timeMs: clock.nowMs() }), refused: reject },
        );
      }),
    close: async () => {
      await producer.settled();
      port.close();
    },
  };
};
