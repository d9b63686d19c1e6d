/**
 * A model that says what you said, for the guides: `node examples/echo-upstream.ts [PORT]`.
 * Speaks OpenAI chat completions, streamed or whole, and Open Inference Protocol V2 `infer`,
 * where it returns every input as an output. Plain HTTP on loopback; no limits, no identity.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

type Chat = {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly { readonly content: string }[];
};
type Inference = { readonly inputs: readonly unknown[] };

const answerJson = (response: ServerResponse, body: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const answerChat = (response: ServerResponse, { model, stream, messages }: Chat): void => {
  const words = `You said: ${messages.at(-1)?.content ?? ''}`.split(/(?<= )/);
  const inputTokens = messages.reduce((sum, { content }) => sum + content.split(' ').length, 0);
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: words.length,
    total_tokens: inputTokens + words.length,
  };
  const common = { id: 'chatcmpl-echo', created: Math.floor(Date.now() / 1000), model };
  if (stream !== true) {
    const message = { role: 'assistant', content: words.join('') };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    return answerJson(response, { ...common, object: 'chat.completion', choices, usage });
  }
  const send = (chunk: object): boolean =>
    response.write(
      `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', ...chunk })}\n\n`,
    );
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const content of words)
    send({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  send({ choices: [], usage });
  response.end('data: [DONE]\n\n');
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body: unknown = await json(request);
  if (request.url === '/v1/chat/completions') return answerChat(response, body as Chat);
  const model = /^\/v2\/models\/([^/]+)\/infer$/.exec(request.url ?? '')?.[1];
  if (model === undefined) return void response.writeHead(404).end();
  answerJson(response, { model_name: model, outputs: (body as Inference).inputs });
};

const port = Number(process.argv[2] ?? 9000);
createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(400).end());
}).listen(port, '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
