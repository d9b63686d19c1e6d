/** The server over HTTPS (seam 2). The own SVID is looked at for every call: renewals need no restart. */
import { Agent, type Dispatcher } from 'undici';
import { encodeBase64 } from '../../../kernel/base64url.ts';
import type { Clock } from '../../../kernel/effects.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import { isJsonObject } from '../../../kernel/json-value.ts';
import { Secret } from '../../../kernel/secret.ts';
import { parseJson } from '../../../kernel/strict-json.ts';
import { agentErrors } from '../errors.ts';
import type { AttestRequest, News, OwnIdentity, ServerApi, SvidRequest } from '../types.ts';
import { createDialler } from './dial.ts';
import { exchange, readProblem, reasonOf } from './exchange.ts';
import { createLineSplitter } from './ndjson.ts';
import {
  readAttestation,
  readCredentials,
  reading,
  readNews,
  readSvids,
  readToken,
} from './reading.ts';
import type { ServerTrust } from './trust.ts';

export type ServerApiOptions = {
  /** `https://host:port`. */
  readonly url: string;
  readonly trust: ServerTrust;
  readonly own: () => OwnIdentity | undefined;
  readonly clock: Clock;
};

const connectMs = 5_000;
/** The server says that it is alive at least every five seconds. */
const silenceMs = 15_000;
const maxLineBytes = 64 << 20;
const lineLimits = { maxBytes: maxLineBytes, maxDepth: 32, maxKeys: 4096, maxValues: 8_000_000 };
const base = '/api/v1/agents';

type Connections = { readonly current: () => Agent; readonly close: () => Promise<void> };

/** One pool per own SVID; the old one ends when its last exchange has. */
const createConnections = ({ own, trust, clock }: ServerApiOptions): Connections => {
  let made: { readonly for: OwnIdentity | undefined; readonly agent: Agent } | undefined;
  const make = (identity: OwnIdentity | undefined): Agent => {
    const check = (chain: readonly Uint8Array[]) => trust.check(chain, clock.nowMs());
    return new Agent({
      connect: createDialler({ own: identity, check, connectMs }),
      connections: 8,
      pipelining: 1,
      keepAliveTimeout: 30_000,
    });
  };
  return {
    current: () => {
      const identity = own();
      if (made?.for === identity && made !== undefined) return made.agent;
      void made?.agent.close().catch(() => undefined);
      made = { for: identity, agent: make(identity) };
      return made.agent;
    },
    close: async () => made?.agent.destroy(),
  };
};

const readLine = (line: Uint8Array): News | undefined | Refusal => {
  const value = parseJson(line, lineLimits);
  if (isRefusal(value) || !isJsonObject(value))
    return refuse(agentErrors.E_AGENT_ANSWER, 'a line of the stream is no JSON object');
  return reading(() => readNews(value));
};

const readLines = async (
  body: AsyncIterable<Uint8Array>,
  onNews: (news: News) => void,
): Promise<Refusal> => {
  const splitter = createLineSplitter(maxLineBytes);
  for await (const chunk of body)
    for (const line of splitter.push(chunk)) {
      const news = readLine(line);
      if (isRefusal(news)) return news;
      if (news !== undefined) onNews(news);
    }
  return refuse(agentErrors.E_AGENT_SERVER, 'the server ended the stream');
};

const listenOn =
  ({ url }: ServerApiOptions, connections: Connections): ServerApi['listen'] =>
  async (revision, onNews, signal) => {
    try {
      const answer: Dispatcher.ResponseData = await connections.current().request({
        origin: url,
        path: `${base}/stream?revision=${revision}`,
        method: 'GET',
        headers: { accept: 'application/x-ndjson' },
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
        signal,
      });
      if (answer.statusCode !== 200) return await readProblem(answer);
      return await readLines(answer.body as AsyncIterable<Uint8Array>, onNews);
    } catch (error) {
      return reasonOf(error);
    }
  };

const svidRequest = ({ entryId, csr, instance }: SvidRequest): JsonObject => ({
  entryId,
  csr: encodeBase64(csr),
  ...(instance === undefined ? {} : { instance }),
});

const attestBody = ({ attestor, evidence, csr, challengeResponse }: AttestRequest): JsonObject => ({
  attestor,
  evidence,
  csr: encodeBase64(csr),
  ...(challengeResponse === undefined ? {} : { challengeResponse }),
});

/** The agent's own id, which a renewal does not repeat. */
const nobody = refuse(agentErrors.E_AGENT_UNATTESTED, 'the agent has no SVID to renew');

const createCalls = (options: ServerApiOptions, connections: Connections) => {
  const post = (path: string, body: JsonObject) =>
    exchange({
      dispatcher: connections.current(),
      origin: options.url,
      path: `${base}/${path}`,
      body,
    });
  const token = async (path: string, body: JsonObject) => {
    const answer = await post(path, body);
    const found = isRefusal(answer) ? answer : reading(() => readToken(answer.value));
    return isRefusal(found) ? found : { ...found, token: new Secret(found.token) };
  };
  return { post, token };
};

/** A client of one server. */
export const createServerApi = (options: ServerApiOptions): ServerApi => {
  const connections = createConnections(options);
  const { post, token } = createCalls(options, connections);
  return {
    attest: async (request) => {
      const answer = await post('attest', attestBody(request));
      if (isRefusal(answer)) return answer;
      if (answer.status !== 202) return reading(() => readAttestation(answer.value));
      const { challenge } = answer.value;
      return isJsonObject(challenge)
        ? { kind: 'challenge', challenge }
        : refuse(agentErrors.E_AGENT_ANSWER, 'the challenge is no object');
    },
    renew: async (csr) => {
      const own = options.own();
      if (own === undefined) return nobody;
      const answer = await post('renew', { csr: encodeBase64(csr) });
      return isRefusal(answer) ? answer : reading(() => readCredentials(answer.value, own.agentId));
    },
    issueSvids: async (requests) => {
      const answer = await post('svids', { requests: requests.map(svidRequest) });
      const ids = requests.map(({ entryId }) => entryId);
      return isRefusal(answer) ? answer : reading(() => readSvids(answer.value, ids));
    },
    issueJwt: (request) => token('jwt-svids', { ...request }),
    issueWit: (request) => token('wit-svids', { ...request }),
    listen: listenOn(options, connections),
    close: connections.close,
  };
};

/** The bundle of a server nobody has proven yet; worth what a pin makes of it. */
export const fetchUnprovenBundle = async (url: string): Promise<JsonObject | Refusal> => {
  const dispatcher = new Agent({
    connect: createDialler({ own: undefined, check: undefined, connectMs }),
  });
  try {
    const answer = await exchange({ dispatcher, origin: url, path: '/api/v1/bundle' });
    return isRefusal(answer) ? answer : answer.value;
  } finally {
    await dispatcher.destroy();
  }
};
