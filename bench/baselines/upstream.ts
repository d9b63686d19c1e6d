/**
 * The model behind the gateways that are compared: answers every chat request with the same 600
 * bytes as fast as node:http can. Prints `{"port":…}`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_767_225_600,
    model: 'bench',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'All quiet at the gate. '.repeat(16) },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 200, completion_tokens: 80, total_tokens: 280 },
  }),
);
const headers = { 'content-type': 'application/json', 'content-length': String(answer.length) };

const server = createServer((request, response) => {
  request.on('end', () => response.writeHead(200, headers).end(answer)).resume();
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
