/**
 * An answer that is read to its end before anything of it leaves: parsed, counted, changed as the
 * policy asks, and sent when the decision is durable.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled, type Usage } from '../exchange.ts';
import { baseHeaders, sendWhole } from '../front/respond.ts';
import { estimateUsage, usageOf } from '../protocols/openai-usage.ts';
import { roundOutputs } from '../protocols/v2-answer.ts';
import type { AnswerBody } from './answer.ts';
import { refusedUpstream } from './upstream-status.ts';

type Head = { readonly status: number; readonly headers: IncomingHttpHeaders };

/** Facts an upstream may tell the caller. */
const passedHeaders = ['openai-processing-ms', 'openai-version', 'openai-model'] as const;

const nothingUsed: Usage = { inputTokens: 0, outputTokens: 0, isEstimate: false };

export class WholeAnswer implements AnswerBody {
  readonly #exchange: Exchange;
  readonly #head: Head;
  #first: Buffer | undefined = undefined;
  #more: Buffer[] | undefined = undefined;
  #size = 0;

  constructor(exchange: Exchange, head: Head) {
    this.#exchange = exchange;
    this.#head = head;
  }

  data(chunk: Buffer): Refusal | undefined {
    this.#size += chunk.length;
    const { maxAnswerBytes } = this.#exchange.gateway.deps.limits;
    if (this.#size > maxAnswerBytes)
      return refuse(gatewayErrors.E_UPSTREAM_BROKEN, `the answer exceeds ${maxAnswerBytes} bytes`);
    if (this.#first === undefined) this.#first = chunk;
    else (this.#more ??= [this.#first]).push(chunk);
    return undefined;
  }

  end(): Refusal | undefined | Promise<Refusal | undefined> {
    // As text: one string with the head is one write, and it had to be decoded anyway.
    const body = this.#text();
    const answer = parseAnswer(body);
    const { status } = this.#head;
    if (status >= 400) return this.#endRefused(body, answer);
    if (answer === undefined)
      return refuse(gatewayErrors.E_UPSTREAM_BROKEN, 'the answer is not a JSON object');
    this.#count(answer);
    const changed = this.#change(answer);
    if (isRefusal(changed)) return changed;
    return this.#send(changed === answer ? body : JSON.stringify(changed));
  }

  fail(refusal: Refusal): Refusal {
    return refusal;
  }

  #text(): string {
    const bytes = this.#more === undefined ? this.#first : Buffer.concat(this.#more, this.#size);
    return bytes?.toString('utf8') ?? '';
  }

  #count(answer: JsonObject): void {
    const exchange = this.#exchange;
    const isOpenAi = filled(exchange.match, 'route').route.protocol === 'openai';
    if (!isOpenAi) exchange.usage = nothingUsed;
    else
      exchange.usage =
        usageOf(answer) ?? estimateUsage(filled(exchange.facts, 'facts'), this.#size);
  }

  /** The same object when nothing has to change. */
  #change(answer: JsonObject): JsonObject | Refusal {
    const { duties, gateway } = this.#exchange;
    const rounded = duties.scoreDecimals >= 0 ? roundOutputs(answer, duties.scoreDecimals) : answer;
    return gateway.deps.inspection?.answer(this.#exchange, rounded) ?? rounded;
  }

  /** An upstream that says no: its own words for the caller's faults, ours for everything else. */
  #endRefused(body: string, answer: JsonObject | undefined): StepEnd {
    const { status, headers } = this.#head;
    const refusal = refusedUpstream(status, headers);
    // What was rejected was not computed; a failure inside may have been, and stays charged.
    if (status < 500 || status === 503) {
      this.#exchange.usage = nothingUsed;
      this.#exchange.wasRejected = true;
    }
    if (refusal !== undefined) return refusal;
    if (answer === undefined)
      return refuse(gatewayErrors.E_UPSTREAM_BROKEN, `status ${status} without a JSON object`);
    return this.#send(body);
  }

  #send(body: string): StepEnd {
    const { recording, record } = this.#exchange;
    if (record === 'durable' || recording === undefined) return this.#write(body);
    return recording.then((failure) => failure ?? this.#write(body));
  }

  #write(body: string): undefined {
    const { status, headers: given } = this.#head;
    const headers = baseHeaders(this.#exchange, 'application/json');
    for (const name of passedHeaders) {
      const value = given[name];
      if (typeof value === 'string') headers.push(name, value);
    }
    sendWhole(this.#exchange, status, { headers, body });
    return undefined;
  }
}

type StepEnd = Refusal | undefined | Promise<Refusal | undefined>;

const parseAnswer = (body: string): JsonObject | undefined => {
  try {
    const value = JSON.parse(body) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
