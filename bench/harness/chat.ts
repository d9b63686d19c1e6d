/** The chat request of 1 KB that every gateway in the benches is asked to pass on. */
import { encodeRequest } from './raw-client.ts';

export const chatPath = '/v1/chat/completions';

const promptLength = 924;

/** The JSON body, 1,024 bytes or a few more. */
export const chatBody = JSON.stringify({
  model: 'bench',
  max_tokens: 80,
  messages: [{ role: 'user', content: 'All quiet? '.repeat(100).slice(0, promptLength) }],
});

/** Headers of the request with a bearer credential, or without. */
export const chatHeaders = (bearer?: string): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
});

/** The whole request as bytes, for the raw client. */
export const chatRequest = (bearer?: string): Uint8Array =>
  encodeRequest({ method: 'POST', path: chatPath, headers: chatHeaders(bearer), body: chatBody });
