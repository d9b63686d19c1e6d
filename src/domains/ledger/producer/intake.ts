/**
 * The way in: validates an event where it is made (the writer only ever sees valid ones), seals its
 * personal fields and sends it down the road of its class.
 */
import {
  type OcsfEvent,
  type OcsfProblem,
  validateOcsf,
  WrittenEvent,
} from '../../../engines/ocsf/index.ts';
import type { Clock } from '../../../kernel/effects.ts';
import { SallyportError } from '../../../kernel/errors.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { EntryParts } from '../entry.ts';
import { ledgerErrors } from '../errors.ts';
import type { Sealer } from '../personal/sealer.ts';
import type { LedgerMetrics } from '../telemetry.ts';
import type { LedgerEvent, LedgerReceipt } from '../types.ts';
import type { ForensicQueue } from './forensic-queue.ts';
import { type Producer, unavailable } from './producer.ts';
import type { Sampler } from './sampler.ts';

export type IntakeOptions = {
  readonly producer: Pick<Producer, 'submit'>;
  readonly queue: Pick<ForensicQueue, 'offer' | 'lose'>;
  readonly sampler: Sampler;
  readonly sealer: Pick<Sealer, 'cached' | 'seal'>;
  readonly isRefusing: () => boolean;
  readonly clock: Clock;
  readonly metrics: LedgerMetrics;
  readonly log: Pick<Log, 'error'>;
};

export type Intake = {
  readonly append: (event: LedgerEvent) => Promise<LedgerReceipt>;
  readonly record: (event: LedgerEvent) => void;
};

const maxNamedProblems = 8;

/** The error for an event that is not valid; names the first faults. */
export const invalidEvent = (problems: readonly OcsfProblem[]): SallyportError => {
  const [first] = problems;
  return new SallyportError(
    ledgerErrors.E_LEDGER_EVENT_INVALID,
    `${first?.path === '' ? 'the event' : first?.path} ${first?.problem}`,
    { data: { problems: problems.slice(0, maxNamedProblems) } },
  );
};

/** What was written from a template was validated with it. */
const check = (ocsf: OcsfEvent | WrittenEvent): SallyportError | undefined => {
  if (ocsf instanceof WrittenEvent) return undefined;
  const problems = validateOcsf(ocsf);
  return problems.length === 0 ? undefined : invalidEvent(problems);
};

const send = (options: IntakeOptions, parts: EntryParts): Promise<LedgerReceipt> => {
  const { producer, metrics, clock } = options;
  return new Promise((resolve, reject) => {
    const startMs = clock.monotonicMs();
    producer.submit(parts, {
      accepted: (index) => {
        metrics.acknowledgeSeconds.observe((clock.monotonicMs() - startMs) / 1000);
        resolve({ index, timeMs: clock.nowMs() });
      },
      refused: (error) => {
        metrics.refused.inc();
        reject(error);
      },
    });
  });
};

const append = (options: IntakeOptions, event: LedgerEvent): Promise<LedgerReceipt> => {
  const { sealer, metrics, isRefusing } = options;
  const { class: eventClass, ocsf, personal } = event;
  if (isRefusing()) {
    metrics.refused.inc();
    return Promise.reject(unavailable('it cannot write'));
  }
  const problem = check(ocsf);
  if (problem !== undefined) return Promise.reject(problem);
  if (personal === undefined) return send(options, { class: eventClass, ocsf });
  const sealedJson = sealer.cached(personal);
  if (sealedJson !== undefined) return send(options, { class: eventClass, ocsf, sealedJson });
  return sealer
    .seal(personal)
    .then((sealed) => send(options, { class: eventClass, ocsf, sealedJson: sealed }));
};

const fail = ({ queue, log }: IntakeOptions, event: LedgerEvent, error: unknown): void => {
  queue.lose(event.class, 1);
  const { ocsf } = event;
  const classUid = ocsf instanceof WrittenEvent ? ocsf.template.sample.class_uid : ocsf?.class_uid;
  log.error({ error, classUid }, 'a ledger event could not be recorded');
};

const typeOf = (ocsf: OcsfEvent | WrittenEvent): number =>
  (ocsf instanceof WrittenEvent ? ocsf.template.sample : ocsf).type_uid;

const record = (options: IntakeOptions, event: LedgerEvent): void => {
  const { queue, sampler, sealer } = options;
  const { ocsf, personal } = event;
  const weight = event.class === 'telemetry' ? sampler.weigh(typeOf(ocsf)) : undefined;
  if (weight === 0) return;
  const problem = check(ocsf);
  if (problem !== undefined) throw problem;
  const offer = (sealedJson?: string): void =>
    queue.offer({ class: classOfRecord(event), ocsf, sealedJson, weight });
  const sealedJson = personal === undefined ? undefined : sealer.cached(personal);
  if (personal === undefined || sealedJson !== undefined) return offer(sealedJson);
  sealer
    .seal(personal)
    .then(offer)
    .catch((error: unknown) => fail(options, event, error));
};

/** Makes the way in. `record` never throws: what it cannot take is counted and logged. */
export const createIntake = (options: IntakeOptions): Intake => ({
  append: (event) => append(options, event),
  record: (event) => {
    try {
      record(options, event);
    } catch (error) {
      fail(options, event, error);
    }
  },
});

/** Nobody waits for a recorded event, so it cannot claim to be decisive. */
const classOfRecord = (event: LedgerEvent): LedgerEvent['class'] =>
  event.class === 'decisive' ? 'forensic' : event.class;
