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
import { type Exchange, filled, type Step } from './exchange.ts';
import { sendRefusal } from './front/respond.ts';
import { closingSteps, openingSteps, stepsOf } from './pipeline.ts';
import { startRecord } from './steps/record-decision.ts';

const unexpected = (exchange: Exchange, error: unknown): Refusal => {
  if (error instanceof SallyportError) return refuse(error.kind, error.message, error.data);
  const reason = error instanceof Error ? error.message : 'unknown';
  exchange.gateway.deps.log.error({ requestId: exchange.id, reason }, 'exchange failed');
  return refuse(kernelErrors.E_UNEXPECTED, 'the request could not be completed');
};

/** Takes steps until one waits, refuses, or none is left. */
const proceed = (exchange: Exchange): void => {
  while (exchange.at < exchange.steps.length) {
    const step = exchange.steps[exchange.at] as Step;
    exchange.at += 1;
    const result = step(exchange);
    if (result === undefined) continue;
    if (isRefusal(result)) conclude(exchange, result);
    else wait(exchange, result);
    return;
  }
  if (exchange.steps === openingSteps) continueByRoute(exchange);
  else if (!exchange.isConcluded) finish(exchange, undefined);
};

/** Made anew for each wait: held by nobody but what is waited for, they go with it. */
const wait = (exchange: Exchange, result: Promise<Refusal | undefined>): void => {
  result.then(
    (refusal) => afterStep(exchange, refusal),
    (error: unknown) => conclude(exchange, unexpected(exchange, error)),
  );
};

const continueByRoute = (exchange: Exchange): void => {
  exchange.steps = stepsOf[filled(exchange.match, 'route').route.kind];
  exchange.at = 0;
  proceed(exchange);
};

const afterStep = (exchange: Exchange, refusal: Refusal | undefined): void => {
  if (refusal !== undefined) conclude(exchange, refusal);
  else if (exchange.isGone && !exchange.wasDispatched) conclude(exchange, gone());
  else guarded(exchange);
};

const gone = (): Refusal => refuse(gatewayErrors.E_EXCHANGE_ABORTED, 'the caller went away');

/** A step that throws is a defect; the caller still gets an answer and nothing leaks. */
const guarded = (exchange: Exchange): void => {
  try {
    proceed(exchange);
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
  // Places first: whatever the closing steps run into, the gateway does not fill up.
  giveBack(exchange);
  for (const step of closingSteps) step(exchange);
  const { clock } = exchange.gateway.deps;
  exchange.gateway.metrics.finished(exchange, (clock.monotonicMs() - exchange.startedMs) / 1000);
};

const giveBack = (exchange: Exchange): void => {
  exchange.gateway.inFlight.remove(exchange);
  if (exchange.upstream !== undefined) exchange.upstream.inFlight -= 1;
  exchange.upstream = undefined;
};

/** Called when the connection of an unfinished exchange closes. */
const callerLeft = (exchange: Exchange): void => {
  if (exchange.response.writableFinished) return;
  exchange.isGone = true;
  exchange.waiting?.cancel(gone());
};

/** Runs one exchange to its end. */
export const runExchange = (exchange: Exchange): void => {
  exchange.response.on('close', () => callerLeft(exchange));
  exchange.steps = openingSteps;
  guarded(exchange);
};
