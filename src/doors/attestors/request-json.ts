/**
 * One question to a configured https address, on a connection of its own: bounded in time and bytes,
 * no redirects, the address judged after its name was resolved. Rejects with the reason.
 */
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import {
  allowedClasses,
  type EgressRules,
  parseUpstream,
  pinnedLookup,
  systemResolveAll,
  type Upstream,
} from '../../domains/endpoints/index.ts';
import { attestationErrors } from '../../engines/attestation/index.ts';
import { isRefusal, orThrow, type Refusal, refuse, SallyportError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';

export type JsonRequest = {
  readonly url: string;
  /** PEM authorities that the server must chain to; absent: the public ones. */
  readonly ca?: string;
  /** Sent by POST; absent: GET. */
  readonly post?: { readonly body: JsonObject; readonly authorization: string };
};

const maxBytes = 512 * 1024;
const timeoutMs = 5_000;
const jsonLimits = { maxBytes, maxDepth: 32, maxKeys: 4096, maxValues: 65_536 };
/** Whoever configures an address may name one in the own network; link-local is never allowed. */
const rules: EgressRules = { allowPrivate: true };

const unavailable = (why: string): SallyportError =>
  new SallyportError(attestationErrors.E_ATTESTOR_UNAVAILABLE, why);

/** What went wrong, for the operator; nobody else is told. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Where an https address leads, or why it may not be asked; also for the check at start. */
export const judgeAddress = (url: string): Upstream | Refusal => {
  const target = parseUpstream(url, rules);
  if (isRefusal(target) || target.isSecure) return target;
  return refuse(attestationErrors.E_ATTESTOR_UNAVAILABLE, 'the address is not https');
};

const send = (target: Upstream, { url, ca, post }: JsonRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const body = post === undefined ? undefined : JSON.stringify(post.body);
    const sent = httpsRequest(url, {
      agent: false,
      method: post === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        connection: 'close',
        ...(post === undefined ? {} : { authorization: post.authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      lookup: pinnedLookup(allowedClasses(target, rules.allowPrivate, rules), systemResolveAll),
      minVersion: 'TLSv1.2',
      maxHeaderSize: 16_384,
      signal: AbortSignal.timeout(timeoutMs),
      ...(ca === undefined ? {} : { ca }),
    });
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.end(body);
  });

const readBody = async (answer: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += chunk.length;
    if (size > maxBytes) throw unavailable(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

/** The answered JSON object. Rejects on anything but status 200 or 201. */
export const requestJson = async (request: JsonRequest): Promise<JsonObject> => {
  const answer = await send(orThrow(judgeAddress(request.url)), request);
  try {
    const { statusCode } = answer;
    if (statusCode !== 200 && statusCode !== 201) throw unavailable(`it answered ${statusCode}`);
    const value = parseJson(await readBody(answer), jsonLimits);
    if (isRefusal(value) || !isJsonObject(value)) throw unavailable('it answered no JSON object');
    return value;
  } finally {
    answer.destroy();
  }
};
