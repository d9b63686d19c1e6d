/**
 * Walks an exchange through the pipeline. Steps that answer at once cost a call; only those that
 * wait cost a promise. Whatever happens, the caller gets one answer, budgets are settled once and
 * places are given back.
 */
import {
  isRefusal,
  kernelErrors,
  type Refusal,
  refuse,
  SallyportError,
} from '../../kernel/errors.ts';
import { gatewayErrors } from './errors.ts';
import { type Exchange, filled } from './exchange.ts';
import { sendRefusal } from './front/respond.ts';
import { closingSteps, openingSteps, type Step, stepsOf } from './pipeline.ts';
import { startRecord } from './steps/record-decision.ts';

type Walk = { readonly steps: readonly Step[]; readonly next: (exchange: Exchange) => void };

const unexpected = (exchange: Exchange, error: unknown): Refusal => {
  if (error instanceof SallyportError) return refuse(error.kind, error.message, error.data);
  const reason = error instanceof Error ? error.message : 'unknown';
  exchange.gateway.deps.log.error({ requestId: exchange.id, reason }, 'exchange failed');
  return refuse(kernelErrors.E_UNEXPECTED, 'the request could not be completed');
};

const walk = (exchange: Exchange, { steps, next }: Walk, from: number): void => {
  for (let i = from; i < steps.length; i++) {
    const result = (steps[i] as Step)(exchange);
    if (result === undefined) continue;
    if (isRefusal(result)) {
      conclude(exchange, result);
      return;
    }
    result.then(
      (refusal) =>
        guarded(exchange, () => resume(exchange, { steps, next }, { refusal, at: i + 1 })),
      (error: unknown) => conclude(exchange, unexpected(exchange, error)),
    );
    return;
  }
  next(exchange);
};

const resume = (
  exchange: Exchange,
  rest: Walk,
  { refusal, at }: { readonly refusal: Refusal | undefined; readonly at: number },
): void => {
  if (refusal !== undefined) return conclude(exchange, refusal);
  if (exchange.isGone && !exchange.wasDispatched) return conclude(exchange, gone());
  return walk(exchange, rest, at);
};

const gone = (): Refusal => refuse(gatewayErrors.E_EXCHANGE_ABORTED, 'the caller went away');

/** A step that throws is a defect; the caller still gets an answer and nothing leaks. */
const guarded = (exchange: Exchange, work: () => void): void => {
  try {
    work();
  } catch (error) {
    conclude(exchange, unexpected(exchange, error));
  }
};

/** Ends with a refusal: on record first when there was a decision, then to the caller. */
const conclude = (exchange: Exchange, refusal: Refusal): void => {
  if (exchange.isConcluded) return;
  exchange.isConcluded = true;
  exchange.refusal = refusal;
  exchange.wasDenied = exchange.recording === undefined && exchange.decision !== undefined;
  const recording = exchange.wasDenied ? startRecord(exchange) : exchange.recording;
  if (recording === undefined || exchange.record === 'durable') {
    finish(exchange, refusal);
    return;
  }
  // A denial that cannot be recorded is not given; the caller learns that the ledger is closed.
  void recording.then((failure) => finish(exchange, failure ?? refusal));
};

const finish = (exchange: Exchange, refusal: Refusal | undefined): void => {
  exchange.isConcluded = true;
  if (refusal !== undefined) {
    exchange.refusal = refusal;
    sendRefusal(exchange, refusal);
    if (exchange.status === 0) exchange.status = refusal.error.status;
  }
  for (const step of closingSteps) step(exchange);
  const { gateway, upstream } = exchange;
  if (exchange.holdsSlot) gateway.inFlight.delete(exchange);
  if (upstream !== undefined) upstream.inFlight -= 1;
  exchange.upstream = undefined;
  const seconds = (gateway.deps.clock.monotonicMs() - exchange.startedMs) / 1000;
  gateway.metrics.finished(exchange, seconds);
};

const answered = (exchange: Exchange): void => {
  if (!exchange.isConcluded) finish(exchange, undefined);
};

const continueByRoute = (exchange: Exchange): void =>
  walk(exchange, { steps: stepsOf[filled(exchange.match, 'route').route.kind], next: answered }, 0);

const opening: Walk = { steps: openingSteps, next: continueByRoute };

/** Called when the connection of an unfinished exchange closes. */
const callerLeft = (exchange: Exchange): void => {
  if (exchange.response.writableFinished) return;
  exchange.isGone = true;
  exchange.cancel?.(gone());
};

/** Runs one exchange to its end. */
export const runExchange = (exchange: Exchange): void => {
  exchange.response.on('close', () => callerLeft(exchange));
  guarded(exchange, () => walk(exchange, opening, 0));
};
