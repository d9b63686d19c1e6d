/**
 * What comes back from an upstream, callback by callback. Decides from the head which kind of
 * answer it is, keeps the bounds, and resolves once: with nothing when the caller has its answer,
 * with a refusal when nothing was sent yet and the upstream failed.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Endpoint } from '../../../domains/endpoints/index.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import { Cancelled, upstreamFailure } from './failure.ts';
import { StreamedAnswer } from './streamed-answer.ts';
import { WholeAnswer } from './whole-answer.ts';

/** The two kinds of answers behind one face. */
export type AnswerBody = {
  /** A refusal ends the exchange with the upstream. */
  readonly data: (chunk: Buffer) => Refusal | undefined;
  readonly end: () => Refusal | undefined | Promise<Refusal | undefined>;
  /** The upstream failed after the head. Undefined: the caller was told in-band. */
  readonly fail: (refusal: Refusal) => Refusal | undefined;
};

type Controller = Dispatcher.DispatchController;

/** How a streamed answer steers its upstream. */
export type Flow = Pick<Controller, 'pause' | 'resume' | 'abort'>;

export class UpstreamAnswer implements Dispatcher.DispatchHandler, Flow {
  readonly #exchange: Exchange;
  readonly #done = Promise.withResolvers<Refusal | undefined>();
  #controller: Controller | undefined = undefined;
  #body: AnswerBody | undefined = undefined;
  #cancelled: Cancelled | undefined = undefined;
  #isDone = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Resolves once: with nothing when the caller has its answer, with a refusal otherwise. */
  get done(): Promise<Refusal | undefined> {
    return this.#done.promise;
  }

  /** Ends the exchange with the upstream for a reason of ours. */
  cancel(refusal: Refusal): void {
    this.#cancelled ??= new Cancelled(refusal);
    if (this.#controller === undefined) this.#finish(refusal);
    else this.#controller.abort(this.#cancelled);
  }

  abort(reason: Error): void {
    this.#controller?.abort(reason);
  }

  /** An upstream that we hold back may be silent. */
  pause(): void {
    this.#exchange.upstreamDueMs = Number.POSITIVE_INFINITY;
    this.#controller?.pause();
  }

  resume(): void {
    this.#expectMore();
    this.#controller?.resume();
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#cancelled !== undefined) {
      controller.abort(this.#cancelled);
      return;
    }
    this.#exchange.wasDispatched = true;
    this.#exchange.reservation?.dispatched();
    this.#expect(this.#timeouts.headersMs);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) {
      this.#expect(this.#timeouts.headersMs);
      return;
    }
    this.#expectMore();
    this.#exchange.upstreamStatus = status;
    const refusal = judgeHead(status, headers);
    if (refusal !== undefined) {
      controller.abort(new Cancelled(refusal));
      return;
    }
    const { facts } = this.#exchange;
    // Whoever did not ask for a stream gets what a whole answer gets: counted, changed, checked.
    this.#body =
      facts?.isStream === true && isEventStream(status, headers)
        ? new StreamedAnswer(this.#exchange, this)
        : new WholeAnswer(this.#exchange, { status, headers });
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#expectMore();
    const refusal = this.#body?.data(chunk);
    if (refusal !== undefined) controller.abort(new Cancelled(refusal));
  }

  onResponseEnd(): void {
    this.#exchange.upstreamDueMs = Number.POSITIVE_INFINITY;
    const verdict = this.#body?.end();
    if (verdict instanceof Promise) void verdict.then((refusal) => this.#finish(refusal));
    else this.#finish(verdict);
  }

  onResponseError(_controller: Controller, error: Error): void {
    const failure = upstreamFailure(error, this.#exchange.wasDispatched);
    this.#finish(this.#body === undefined ? failure : this.#body.fail(failure));
  }

  get #timeouts(): Endpoint['timeouts'] {
    return filled(this.#exchange.endpoint, 'endpoint').timeouts;
  }

  #expectMore(): void {
    this.#expect(this.#timeouts.idleMs);
  }

  /** The upstream must be heard of within so much time. */
  #expect(withinMs: number): void {
    const { clock, limits } = this.#exchange.gateway.deps;
    const { upstreamTimeoutMs } = limits;
    this.#exchange.upstreamDueMs = clock.monotonicMs() + Math.min(withinMs, upstreamTimeoutMs);
  }

  #finish(refusal: Refusal | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#exchange.upstreamDueMs = Number.POSITIVE_INFINITY;
    this.#exchange.waiting = undefined;
    this.#done.resolve(refusal);
  }
}

const contentTypeOf = (headers: IncomingHttpHeaders): string => {
  const value = headers['content-type'] ?? '';
  return (Array.isArray(value) ? '' : value).toLowerCase();
};

const isEventStream = (status: number, headers: IncomingHttpHeaders): boolean =>
  status < 300 && contentTypeOf(headers).startsWith('text/event-stream');

const judgeHead = (status: number, headers: IncomingHttpHeaders): Refusal | undefined => {
  if (status >= 300 && status < 400)
    return refuse(gatewayErrors.E_UPSTREAM_BROKEN, 'the upstream sent a redirect');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return refuse(gatewayErrors.E_UPSTREAM_BROKEN, 'the upstream compressed its answer unasked');
  return undefined;
};
