/**
 * Step 4: the body, whole, bounded in size and time. An upload is invited (100-continue) only here,
 * when it is known who sends it.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled, type Waiting } from '../exchange.ts';
import type { Head } from '../front/head.ts';
import type { StepResult } from '../types.ts';

const isJson = (contentType: string | undefined): boolean => {
  if (contentType === undefined) return false;
  if (contentType === 'application/json') return true;
  const semicolon = contentType.indexOf(';');
  const type = semicolon < 0 ? contentType : contentType.slice(0, semicolon);
  if (type.trim().toLowerCase() !== 'application/json') return false;
  const parameter = contentType
    .slice(semicolon + 1)
    .trim()
    .toLowerCase();
  return semicolon < 0 || parameter === 'charset=utf-8' || parameter === 'charset="utf-8"';
};

const checkHead = (head: Head, maxBytes: number): Refusal | undefined => {
  if (head.hasBinaryTensors)
    return refuse(gatewayErrors.E_BINARY_TENSORS, 'Inference-Header-Content-Length was sent');
  if (!isJson(head.contentType))
    return refuse(gatewayErrors.E_BODY_TYPE, 'Content-Type must be application/json');
  if (head.contentEncoding !== undefined && head.contentEncoding.toLowerCase() !== 'identity')
    return refuse(gatewayErrors.E_BODY_TYPE, 'Content-Encoding is not supported');
  if (head.contentLength > maxBytes) return tooLarge(maxBytes);
  return undefined;
};

const tooLarge = (maxBytes: number): Refusal =>
  refuse(gatewayErrors.E_BODY_TOO_LARGE, `the body exceeds ${maxBytes} bytes`);

/**
 * Collects the body; resolves once. A caller that goes away ends it through `cancel`. What comes
 * after a refusal is read and dropped, so that the caller can read the refusal.
 */
class BodyCollector implements Waiting {
  readonly #exchange: Exchange;
  readonly #maxBytes: number;
  readonly #done = Promise.withResolvers<Refusal | undefined>();
  #first: Buffer | undefined = undefined;
  #more: Buffer[] | undefined = undefined;

  constructor(exchange: Exchange, maxBytes: number) {
    this.#exchange = exchange;
    this.#maxBytes = maxBytes;
  }

  collect(): Promise<Refusal | undefined> {
    this.#exchange.waiting = this;
    this.#exchange.request
      .on('data', (chunk: Buffer) => this.#take(chunk))
      .on('end', () => this.#end());
    return this.#done.promise;
  }

  cancel(refusal: Refusal | undefined): void {
    this.#exchange.waiting = undefined;
    this.#done.resolve(refusal);
  }

  #take(chunk: Buffer): void {
    const exchange = this.#exchange;
    exchange.requestBytes += chunk.length;
    if (exchange.requestBytes > this.#maxBytes) this.cancel(tooLarge(this.#maxBytes));
    else if (this.#first === undefined) this.#first = chunk;
    else (this.#more ??= [this.#first]).push(chunk);
  }

  #end(): void {
    const first = this.#first ?? Buffer.alloc(0);
    this.#exchange.bytes = this.#more === undefined ? first : Buffer.concat(this.#more);
    this.cancel(undefined);
  }
}

export const readBody = (exchange: Exchange): StepResult => {
  const head = filled(exchange.head, 'head');
  const { maxBodyBytes } = exchange.gateway.deps.limits;
  const refusal = checkHead(head, maxBodyBytes);
  if (refusal !== undefined) return refusal;
  if (head.expectsContinue) exchange.response.writeContinue();
  return new BodyCollector(exchange, maxBodyBytes).collect();
};
