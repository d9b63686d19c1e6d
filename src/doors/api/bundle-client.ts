/**
 * GETs a bundle from its endpoint: one bounded request on a connection of its own, whose address is
 * judged like an upstream's and whose peer is proven before anything is sent. A redirect is followed
 * to https only, by the same rules, and not remembered (FE-12).
 */
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import {
  allowedClasses,
  type EgressRules,
  parseUpstream,
  pinnedLookup,
  systemResolveAll,
  type Upstream,
} from '../../domains/endpoints/index.ts';
import { certificateChain } from '../../platform/http/index.ts';
import {
  type BundleClient,
  type BundleRequest,
  identityErrors,
} from '../../domains/identity/index.ts';

const maxBytes = 1 << 20;
const timeoutMs = 10_000;
const maxRedirects = 3;
const redirects: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

const failed = (detail: string): Refusal => refuse(identityErrors.E_FEDERATION_FETCH, detail);

/** A connection whose peer was proven; nothing was sent yet. */
const dial = (
  upstream: Upstream,
  { check }: BundleRequest,
  rules: EgressRules,
): Promise<TLSSocket | Refusal> =>
  new Promise((resolve) => {
    const isNamed = upstream.literal === undefined;
    const socket = connect({
      host: upstream.hostname,
      port: upstream.port,
      lookup: pinnedLookup(allowedClasses(upstream, rules.allowPrivate, rules), systemResolveAll),
      ...(isNamed ? { servername: upstream.hostname } : {}),
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      // https_spiffe: names and paths are judged by SPIFFE, below.
      rejectUnauthorized: check === undefined,
      timeout: timeoutMs,
    });
    const end = (answer: TLSSocket | Refusal): void => {
      if (isRefusal(answer)) socket.destroy();
      resolve(answer);
    };
    socket.once('timeout', () => end(failed('the endpoint did not answer in time')));
    socket.once('error', (error) => end(failed(`${upstream.hostname}: ${error.message}`)));
    socket.once('secureConnect', () => {
      const problem = check?.(certificateChain(socket));
      end(problem === undefined ? socket : failed(problem.detail));
    });
  });

const readBody = async (answer: IncomingMessage): Promise<Uint8Array | Refusal> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream: AsyncIterable<Uint8Array> = answer;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) return failed(`the bundle is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

const exchange = (url: string, socket: TLSSocket): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = httpsRequest(url, {
      createConnection: () => socket,
      headers: { accept: 'application/json', connection: 'close' },
      maxHeaderSize: 16_384,
      signal: AbortSignal.timeout(timeoutMs),
    });
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.end();
  });

type Step = { readonly body: Uint8Array } | { readonly location: string };

const step = async (
  url: string,
  request: BundleRequest,
  rules: EgressRules,
): Promise<Step | Refusal> => {
  const upstream = parseUpstream(url, rules);
  if (isRefusal(upstream)) return upstream;
  if (!upstream.isSecure) return failed('a bundle endpoint is https (FE-06, FE-12)');
  const socket = await dial(upstream, request, rules);
  if (isRefusal(socket)) return socket;
  try {
    const answer = await exchange(url, socket);
    const { statusCode, headers } = answer;
    if (redirects.has(statusCode) && headers.location !== undefined)
      return { location: new URL(headers.location, url).href };
    if (statusCode !== 200) return failed(`the endpoint answered ${statusCode}`);
    const body = await readBody(answer);
    return isRefusal(body) ? body : { body };
  } finally {
    socket.destroy();
  }
};

const follow = async (
  request: BundleRequest,
  rules: EgressRules,
): Promise<Uint8Array | Refusal> => {
  let { url } = request.source;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const answer = await step(url, request, rules);
    if (isRefusal(answer)) return answer;
    if ('body' in answer) return answer.body;
    url = answer.location;
  }
  return failed('too many redirects');
};

/** The client that identity federates with; every redirect obeys the rules of the first address. */
export const createBundleClient = (rules: EgressRules): BundleClient => ({
  check: (url) => {
    const upstream = parseUpstream(url, rules);
    if (isRefusal(upstream)) return upstream;
    return upstream.isSecure ? undefined : failed('a bundle endpoint is https (FE-06)');
  },
  fetch: async (request) => {
    try {
      return await follow(request, rules);
    } catch (error) {
      return failed(error instanceof Error ? error.message : 'the connection failed');
    }
  },
});
