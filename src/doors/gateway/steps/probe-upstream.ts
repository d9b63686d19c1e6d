/** Asks the upstream of a V2 model whether it is ready, over the same guarded connections. */
import type { Dispatcher } from 'undici';
import { type Exchange, filled } from '../exchange.ts';
import { baseHeaders, sendWhole } from '../front/respond.ts';
import type { StepResult } from '../types.ts';

const probeMs = 2_000;

/** Resolves to the status, 0 when there was no answer. The body is not looked at. */
const probe = (exchange: Exchange): Promise<number> =>
  new Promise((resolve) => {
    const endpoint = filled(exchange.endpoint, 'endpoint');
    const { pool, credential } = exchange.gateway.pools.of(endpoint);
    let status = 0;
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (controller, code) => {
        status = code;
        if (code >= 300) controller.abort(new Error('enough'));
      },
      onResponseData: (controller) => controller.abort(new Error('enough')),
      onResponseEnd: () => resolve(status),
      onResponseError: () => resolve(status),
    };
    const { upstreamModel, upstream } = endpoint;
    const base = upstream.basePath.endsWith('/v2')
      ? upstream.basePath.slice(0, -'/v2'.length)
      : upstream.basePath;
    pool.dispatch(
      {
        method: 'GET',
        path: `${base}/v2/models/${encodeURIComponent(upstreamModel)}/ready`,
        headers: credential === undefined ? [] : [endpoint.credentialHeader, credential],
        headersTimeout: probeMs,
        bodyTimeout: probeMs,
      },
      handler,
    );
  });

export const probeUpstream = (exchange: Exchange): StepResult =>
  probe(exchange).then((status) => {
    const isReady = status >= 200 && status < 300;
    sendWhole(exchange, isReady ? 200 : 503, {
      headers: baseHeaders(exchange, 'application/json'),
      body: JSON.stringify({ name: filled(exchange.endpoint, 'endpoint').name, ready: isReady }),
    });
    return undefined;
  });
