/**
 * Step 4: the body, whole, bounded in size and time. An upload is invited (100-continue) only here,
 * when it is known who sends it.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
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
const collect = (exchange: Exchange, maxBytes: number): Promise<Refusal | undefined> =>
  new Promise((resolve) => {
    const { request } = exchange;
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    const finish = (refusal: Refusal | undefined): void => {
      exchange.cancel = undefined;
      resolve(refusal);
    };
    request.on('data', (chunk: Buffer) => {
      exchange.requestBytes += chunk.length;
      if (exchange.requestBytes > maxBytes) return finish(tooLarge(maxBytes));
      if (first === undefined) first = chunk;
      else (more ??= [first]).push(chunk);
      return undefined;
    });
    request.on('end', () => {
      exchange.bytes = more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more);
      finish(undefined);
    });
    exchange.cancel = finish;
  });

export const readBody = (exchange: Exchange): StepResult => {
  const head = filled(exchange.head, 'head');
  const { maxBodyBytes } = exchange.gateway.deps.limits;
  const refusal = checkHead(head, maxBodyBytes);
  if (refusal !== undefined) return refusal;
  if (head.expectsContinue) exchange.response.writeContinue();
  return collect(exchange, maxBodyBytes);
};
