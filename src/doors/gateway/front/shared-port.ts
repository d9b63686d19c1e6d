/**
 * One port for data plane and control plane. Both get only requests whose framing has one meaning;
 * the path prefix decides who answers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import { problemContentType, toProblem } from '../../../kernel/problem.ts';
import { isGatewayPath } from '../route.ts';
import type { RequestListener } from '../types.ts';
import { parseHead } from './head.ts';

const refuseHead = (response: ServerResponse, refusal: Refusal): void => {
  const body = JSON.stringify(toProblem(refusal));
  response.writeHead(refusal.error.status, [
    'content-type',
    problemContentType,
    'content-length',
    String(Buffer.byteLength(body)),
    'cache-control',
    'no-store',
    'connection',
    'close',
  ]);
  response.end(body);
};

/** The data plane alone when there is no fallback. */
export const sharedPort = (
  gateway: RequestListener,
  fallback: RequestListener | undefined,
): RequestListener => {
  if (fallback === undefined) return gateway;
  return (request: IncomingMessage, response: ServerResponse) => {
    if (isGatewayPath(request.url ?? '')) {
      gateway(request, response);
      return;
    }
    const head = parseHead(request, 'harmless');
    if (isRefusal(head)) {
      refuseHead(response, head);
      return;
    }
    if (head.expectsContinue) response.writeContinue();
    fallback(request, response);
  };
};
