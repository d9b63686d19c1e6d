/**
 * Step 16: the request goes to its one upstream, nowhere else, and the answer comes back. What is
 * sent is the value that was judged, serialised anew.
 */
import { type Exchange, filled } from '../exchange.ts';
import type { StepResult } from '../types.ts';
import { UpstreamAnswer } from '../upstream/answer.ts';
import { requestHeaders } from '../upstream/request-headers.ts';

/** A base path that already ends in the version segment does not get a second one. */
const pathOf = (exchange: Exchange): string => {
  const { route, version } = filled(exchange.match, 'route');
  const endpoint = filled(exchange.endpoint, 'endpoint');
  const { basePath } = endpoint.upstream;
  const prefix = route.upstreamPath.slice(0, 3);
  const base = basePath.endsWith(prefix) ? basePath.slice(0, -prefix.length) : basePath;
  if (route.operation !== 'infer') return base + route.upstreamPath;
  const model = encodeURIComponent(endpoint.upstreamModel);
  const part = version === undefined ? '' : `/versions/${version}`;
  return `${base}${route.upstreamPath}${model}${part}/infer`;
};

export const forward = (exchange: Exchange): StepResult => {
  const upstream = filled(exchange.upstream, 'upstream');
  const options = {
    method: 'POST' as const,
    path: pathOf(exchange),
    headers: requestHeaders(exchange, upstream),
    body: JSON.stringify(filled(exchange.body, 'body')),
  };
  // Held no longer than needed: a stream may live for minutes.
  exchange.body = undefined;
  const answer = new UpstreamAnswer(exchange);
  exchange.waiting = answer;
  upstream.pool.dispatch(options, answer);
  return answer.done;
};
