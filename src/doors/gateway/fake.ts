/**
 * Upstreams for tests and benches: an OpenAI server and an Open Inference Protocol V2 server over
 * real sockets, that answer well or misbehave on request, and remember what they were sent.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the upstream saw it. */
export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** Takes the place of the ordinary answer; may do anything to the response or its socket. */
export type Misbehaviour = (request: SeenRequest, response: ServerResponse) => void;

export type FakeUpstream = {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Requests whose caller went away before the answer was complete. */
  readonly aborted: () => number;
  /** Replaces the answer until called with undefined. */
  readonly misbehave: (how: Misbehaviour | undefined) => void;
  readonly close: () => Promise<void>;
};

export type FakeOpenAiOptions = {
  /** Words of the answer; each is one token and, in a stream, one event. */
  readonly words?: readonly string[];
  /** False: never report usage. */
  readonly reportsUsage?: boolean;
  /** Milliseconds between two events of a stream. */
  readonly paceMs?: number;
  /** Remember requests; benches switch it off. */
  readonly remembers?: boolean;
};

type Answer = (request: SeenRequest, response: ServerResponse) => void;

const readAll = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const startUpstream = async (answer: Answer, remembers: boolean): Promise<FakeUpstream> => {
  const seen: SeenRequest[] = [];
  let aborted = 0;
  let misbehaviour: Misbehaviour | undefined;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.once('close', () => {
      if (!response.writableFinished) aborted += 1;
    });
    const body = await readAll(request);
    const { method = '', url = '', headers } = request;
    const facts: SeenRequest = { method, path: url, headers, body };
    if (remembers) seen.push(facts);
    (misbehaviour ?? answer)(facts, response);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  return {
    url: await listen(server),
    seen,
    aborted: () => aborted,
    misbehave: (how) => {
      misbehaviour = how;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  const body = JSON.stringify(value);
  response.writeHead(status, [
    'content-type',
    'application/json',
    'content-length',
    String(Buffer.byteLength(body)),
  ]);
  response.end(body);
};

type Ask = {
  readonly model: string;
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly max_output_tokens?: number;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly input?: unknown;
};

/** One token per four bytes of the request, as rough tokenizers do. */
const promptTokens = (request: SeenRequest): number => Math.ceil(request.body.length / 4);

const wordsFor = (ask: Ask, words: readonly string[]): readonly string[] =>
  words.slice(0, ask.max_completion_tokens ?? ask.max_tokens ?? ask.max_output_tokens);

/** Sends events one by one at a pace, stopping when the reader is gone. */
const stream = (response: ServerResponse, events: readonly string[], paceMs: number): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let next = 0;
  const step = (): void => {
    while (next < events.length && !response.destroyed) {
      response.write(events[next]);
      next += 1;
      if (paceMs > 0 && next < events.length) {
        setTimeout(step, paceMs);
        return;
      }
    }
    response.end();
  };
  step();
};

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const chatChunk = (ask: Ask, fields: object): string =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: ask.model,
    ...fields,
  });

const chatEvents = (ask: Ask, words: readonly string[], usage: object | undefined): string[] => {
  const deltas = words.map((content) =>
    chatChunk(ask, { choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  );
  const events = [
    chatChunk(ask, { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }),
    ...deltas,
    chatChunk(ask, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  ];
  if (usage !== undefined && ask.stream_options?.include_usage === true)
    events.push(chatChunk(ask, { choices: [], usage }));
  return [...events, 'data: [DONE]\n\n'];
};

const openAiUsage = (input: number, output: number): object => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
});

type Conversation = {
  readonly request: SeenRequest;
  readonly response: ServerResponse;
  readonly ask: Ask;
  readonly options: FakeOpenAiOptions;
  readonly words: readonly string[];
};

const answerChat = ({ request, response, ask, options, words }: Conversation): void => {
  const usage =
    options.reportsUsage === false ? undefined : openAiUsage(promptTokens(request), words.length);
  if (ask.stream === true) {
    stream(response, chatEvents(ask, words, usage), options.paceMs ?? 0);
    return;
  }
  const message = { role: 'assistant', content: words.join('') };
  sendJson(response, 200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: ask.model,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    ...(usage === undefined ? {} : { usage }),
  });
};

const answerCompletion = ({ request, response, ask, words }: Conversation): void =>
  sendJson(response, 200, {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: ask.model,
    choices: [{ index: 0, text: words.join(''), finish_reason: 'stop', logprobs: null }],
    usage: openAiUsage(promptTokens(request), words.length),
  });

const answerEmbedding = ({ request, response, ask }: Conversation): void => {
  const inputs = Array.isArray(ask.input) ? ask.input : [ask.input];
  const tokens = promptTokens(request);
  sendJson(response, 200, {
    object: 'list',
    model: ask.model,
    data: inputs.map((_input, index) => ({ object: 'embedding', index, embedding: [0.5, -0.25] })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
};

const responseObject = ({ request, ask, words }: Conversation): object => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: ask.model,
  status: 'completed',
  output: [
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: words.join(''), annotations: [] }],
    },
  ],
  usage: {
    input_tokens: promptTokens(request),
    output_tokens: words.length,
    total_tokens: promptTokens(request) + words.length,
  },
});

const answerResponse = (conversation: Conversation): void => {
  const { response, ask, words, options } = conversation;
  const whole = responseObject(conversation);
  if (ask.stream !== true) {
    sendJson(response, 200, whole);
    return;
  }
  const event = (type: string, fields: object, sequence: number): string =>
    `event: ${type}\n${data({ type, sequence_number: sequence, ...fields })}`;
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const events = [
    event('response.created', { response: { ...whole, status: 'in_progress', output: [] } }, 0),
    ...words.map((delta, index) =>
      event('response.output_text.delta', { ...place, delta }, index + 1),
    ),
    event('response.completed', { response: whole }, words.length + 1),
  ];
  stream(response, events, options.paceMs ?? 0);
};

const openAiRoutes: Readonly<Record<string, (conversation: Conversation) => void>> = {
  '/v1/chat/completions': answerChat,
  '/v1/completions': answerCompletion,
  '/v1/embeddings': answerEmbedding,
  '/v1/responses': answerResponse,
};

const defaultWords = ['The', ' gate', ' is', ' open', '.'];

/** Starts an OpenAI-compatible upstream on a free loopback port. */
export const startFakeOpenAi = (options: FakeOpenAiOptions = {}): Promise<FakeUpstream> =>
  startUpstream((request, response) => {
    const route = openAiRoutes[request.path];
    if (route === undefined) {
      sendJson(response, 404, { error: { message: 'no such path', type: 'x', code: null } });
      return;
    }
    const ask = JSON.parse(request.body) as Ask;
    const words = wordsFor(ask, options.words ?? defaultWords);
    route({ request, response, ask, options, words });
  }, options.remembers ?? true);

const answerInference = (request: SeenRequest, response: ServerResponse): void => {
  const { id } = JSON.parse(request.body) as { readonly id?: string };
  const model = request.path.split('/')[3] ?? '';
  const scores = [0.123_456_789, 0.876_543_211];
  sendJson(response, 200, {
    model_name: model,
    ...(id === undefined ? {} : { id }),
    outputs: [
      { name: 'scores', datatype: 'FP32', shape: [1, 2], data: scores },
      { name: 'label', datatype: 'INT64', shape: [1], data: [1] },
    ],
  });
};

/** Starts an Open Inference Protocol V2 upstream on a free loopback port. */
export const startFakeV2 = (
  options: { readonly remembers?: boolean } = {},
): Promise<FakeUpstream> =>
  startUpstream((request, response) => {
    if (request.method === 'POST' && request.path.endsWith('/infer'))
      answerInference(request, response);
    else if (request.path.endsWith('/ready')) sendJson(response, 200, { ready: true });
    else sendJson(response, 404, { error: 'no such path' });
  }, options.remembers ?? true);
