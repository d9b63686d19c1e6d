/**
 * A streamed answer, event by event: each is parsed, counted and judged before it leaves, none
 * before the decision is durable. A slow reader slows the upstream; a failing upstream ends the
 * stream in the protocol's own terms.
 */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled, type Usage } from '../exchange.ts';
import { baseHeaders, openAiError } from '../front/respond.ts';
import { estimateUsage, isUsageChunk, textBytes, usageOf } from '../protocols/openai-usage.ts';
import { createSseSplitter, type SseEvent, type SseSplitter } from '../protocols/sse.ts';
import type { AnswerBody, Flow } from './answer.ts';
import { Cancelled } from './failure.ts';

const eventShare = 16;
const doneMark = '[DONE]';
const finalEvents: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

export class StreamedAnswer implements AnswerBody {
  readonly #exchange: Exchange;
  readonly #flow: Flow;
  readonly #splitter: SseSplitter;
  #usage: Usage | undefined = undefined;
  #textBytes = 0;
  #isComplete = false;
  #isStarted = false;
  /** Events that wait for the decision to become durable. */
  #waiting: Buffer[] | undefined;

  constructor(exchange: Exchange, flow: Flow) {
    this.#exchange = exchange;
    this.#flow = flow;
    this.#splitter = createSseSplitter(exchange.gateway.deps.limits.maxAnswerBytes / eventShare);
    this.#waiting = exchange.record === 'durable' ? undefined : [];
    if (this.#waiting !== undefined) this.#awaitRecord();
    exchange.response.on('drain', () => {
      exchange.stalledSinceMs = Number.POSITIVE_INFINITY;
      if (this.#waiting === undefined) flow.resume();
    });
  }

  data(chunk: Buffer): Refusal | undefined {
    const events = this.#splitter.push(chunk);
    if (events === 'too-long')
      return refuse(gatewayErrors.E_UPSTREAM_BROKEN, 'an event of the stream is too long');
    const passed: Buffer[] = [];
    for (const event of events) {
      const verdict = this.#judge(event);
      if (isRefusal(verdict)) {
        this.#pass(passed);
        return verdict;
      }
      if (verdict !== undefined) passed.push(verdict);
    }
    this.#pass(passed);
    return undefined;
  }

  end(): Refusal | undefined | Promise<Refusal | undefined> {
    const rest = this.#splitter.rest().toString('utf8').trim();
    if (rest === `data: ${doneMark}` || rest === `data:${doneMark}`) {
      this.#isComplete = true;
      this.#pass([Buffer.from(`data: ${doneMark}\n\n`)]);
    }
    if (!this.#isComplete)
      return this.fail(refuse(gatewayErrors.E_UPSTREAM_BROKEN, 'the stream ended in the middle'));
    this.#count();
    const { record, recording } = this.#exchange;
    if (record === 'durable' || recording === undefined) return this.#close();
    return recording.then((failure) => failure ?? this.#close());
  }

  fail(refusal: Refusal): Refusal | undefined {
    // Without a complete stream only what the upstream itself said is believed.
    if (this.#usage !== undefined) this.#count();
    this.#exchange.refusal = refusal;
    if (!this.#isStarted) {
      // What waits for the record must not become the head of an answer that nobody ends.
      if (this.#waiting !== undefined) this.#waiting = [];
      return refusal;
    }
    this.#write(errorEvent(this.#exchange, refusal));
    this.#close();
    return undefined;
  }

  /** Bytes to pass on; undefined to drop the event. */
  #judge(event: SseEvent): Buffer | Refusal | undefined {
    if (!event.hasData) return event.raw;
    if (event.data === doneMark) {
      this.#isComplete = true;
      return event.raw;
    }
    const value = parseEvent(event.data);
    if (value === undefined)
      return refuse(gatewayErrors.E_UPSTREAM_BROKEN, 'an event of the stream is not JSON');
    this.#observe(value);
    if (!this.#exchange.wantsUsage && isUsageChunk(value)) return undefined;
    return this.#inspect(event, value);
  }

  #inspect(event: SseEvent, value: JsonObject): Buffer | Refusal | undefined {
    const verdict = this.#exchange.gateway.deps.inspection?.event(this.#exchange, value) ?? 'pass';
    if (verdict === 'pass') return event.raw;
    if (verdict === 'drop' || isRefusal(verdict)) return verdict === 'drop' ? undefined : verdict;
    return eventBytes(verdict.replaceWith);
  }

  #observe(value: JsonObject): void {
    this.#usage = usageOf(value) ?? this.#usage;
    this.#textBytes += textBytes(value['choices'] ?? value['delta']);
    if (finalEvents.has(value['type'])) this.#isComplete = true;
  }

  #count(): void {
    const exchange = this.#exchange;
    exchange.usage = this.#usage ?? estimateUsage(filled(exchange.facts, 'facts'), this.#textBytes);
  }

  #pass(events: readonly Buffer[]): void {
    if (events.length === 0) return;
    if (this.#waiting !== undefined) {
      this.#waiting.push(...events);
      this.#flow.pause();
      return;
    }
    this.#write(events.length === 1 ? (events[0] as Buffer) : Buffer.concat(events));
  }

  #write(bytes: Buffer): void {
    const { response } = this.#exchange;
    if (response.destroyed) return;
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#exchange.status = 200;
      response.writeHead(200, baseHeaders(this.#exchange, 'text/event-stream; charset=utf-8'));
    }
    this.#exchange.responseBytes += bytes.length;
    if (response.write(bytes)) return;
    this.#exchange.stalledSinceMs = this.#exchange.gateway.deps.clock.monotonicMs();
    this.#flow.pause();
  }

  #close(): undefined {
    if (!this.#isStarted) this.#write(Buffer.alloc(0));
    this.#exchange.response.end();
    return undefined;
  }

  #awaitRecord(): void {
    void this.#exchange.recording?.then((failure) => {
      if (failure !== undefined) {
        this.#flow.abort(new Cancelled(failure));
        return;
      }
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      if (waiting.length > 0) this.#write(Buffer.concat(waiting));
      this.#flow.resume();
    });
  }
}

const parseEvent = (data: string): JsonObject | undefined => {
  try {
    const value = JSON.parse(data) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const eventBytes = (value: JsonObject): Buffer => {
  const type = value['type'];
  const name = typeof type === 'string' && /^[a-z_.]{1,64}$/.test(type) ? `event: ${type}\n` : '';
  return Buffer.from(`${name}data: ${JSON.stringify(value)}\n\n`);
};

/** The end of a stream that went wrong, as the SDKs of the protocol read it. */
const errorEvent = (exchange: Exchange, refusal: Refusal): Buffer => {
  if (exchange.match?.route.operation !== 'respond')
    return Buffer.from(`data: ${JSON.stringify(openAiError(refusal))}\n\n`);
  const { code, title } = refusal.error;
  const event = { type: 'error', code, message: `${title}: ${refusal.detail}`, param: null };
  return Buffer.from(`event: error\ndata: ${JSON.stringify(event)}\n\n`);
};
