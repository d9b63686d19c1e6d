/** Streams: what passes, what is cut, who waits for whom, what is charged. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { ServerResponse } from 'node:http';
import OpenAI from 'openai';
import type { Inspection } from '../../../src/doors/gateway/index.ts';
import { refuse } from '../../../src/kernel/errors.ts';
import { type MemoryLedger, readEvent } from '../../../src/domains/ledger/index.ts';
import { chat, gatewayTest, post, testErrors, until, type World } from './harness.ts';

const chatUrl = ({ url }: World): string => `${url}/v1/chat/completions`;
const streaming = chat({ stream: true });

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

/** Answers with these bytes as an event stream, then ends (or keeps the connection open). */
const events =
  (pieces: readonly (string | Buffer)[], ends = true) =>
  (_request: unknown, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const step = (index: number): void => {
      const piece = pieces[index];
      if (piece !== undefined) response.write(piece, () => setImmediate(step, index + 1));
      else if (ends) response.end();
    };
    step(0);
  };

const clientOf = ({ url }: World): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'tok-alice', maxRetries: 0 });

const readText = async (world: World): Promise<string> => {
  const stream = await clientOf(world).chat.completions.create({
    model: 'llm',
    messages: [{ role: 'user', content: 'x' }],
    stream: true,
  });
  let text = '';
  for await (const part of stream) text += part.choices[0]?.delta.content ?? '';
  return text;
};

gatewayTest('delivers a stream whole however the upstream cuts it into pieces', async (world) => {
  const bytes = Buffer.from(`: hello\r\n\r\n${chunk('Grüße')}${chunk(' 👋')}data: [DONE]\n\n`);
  for (const size of [1, 2, 3, 7, 64]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    world.openai.misbehave(events(pieces) as never);
    assert.equal(await readText(world), 'Grüße 👋', `pieces of ${size}`);
  }
});

gatewayTest('takes a last mark without its empty line', async (world) => {
  world.openai.misbehave(events([chunk('a'), 'data: [DONE]']) as never);
  const answer = await post(chatUrl(world), streaming);
  assert.ok(answer.text.endsWith('data: [DONE]\n\n'));
});

const cut: readonly (readonly [string, readonly string[]])[] = [
  ['ends without its mark', [chunk('a')]],
  ['ends inside an event', [chunk('a'), 'data: {"choices"']],
  [
    'holds an event that is not JSON',
    [chunk('a'), 'data: oops\n\n', chunk('b'), 'data: [DONE]\n\n'],
  ],
  ['holds an event that is an array', [chunk('a'), 'data: []\n\n', 'data: [DONE]\n\n']],
];
for (const [what, pieces] of cut)
  gatewayTest(`ends a stream that ${what} with an error the client understands`, async (world) => {
    world.openai.misbehave(events(pieces) as never);
    const answer = await post(chatUrl(world), streaming);
    assert.equal(answer.status, 200);
    assert.match(answer.text, /^data: .*"content":"a"/);
    assert.match(answer.text, /data: \{"error":\{.*E_UPSTREAM_BROKEN.*\}\}\n\n$/);
    assert.ok(!answer.text.includes('[DONE]') && !answer.text.includes('"content":"b"'));
    await assert.rejects(readText(world), OpenAI.APIError);
    await until(() => world.budgets.steps.filter((step) => step === 'settle').length === 2, 'both');
    assert.ok(world.budgets.charged > 8000, 'an unfinished stream stays charged as reserved');
  });

gatewayTest(
  'cuts an event that never ends',
  async (world) => {
    world.openai.misbehave(events(['data: ', 'x'.repeat(100_000)], false) as never);
    const answer = await post(chatUrl(world), streaming);
    assert.deepEqual([answer.status, answer.json['error'] !== undefined], [502, true]);
    await until(() => world.openai.aborted() === 1, 'cancelled');
  },
  { limits: { maxAnswerBytes: 160_000 } },
);

gatewayTest('ends a responses stream in the words of that protocol', async (world) => {
  const created = 'event: response.created\ndata: {"type":"response.created","response":{}}\n\n';
  world.openai.misbehave(events([created]) as never);
  const body = { model: 'llm', input: 'x', stream: true };
  const answer = await post(`${world.url}/v1/responses`, body);
  assert.match(answer.text, /event: error\ndata: \{"type":"error","code":"E_UPSTREAM_BROKEN"/);
});

gatewayTest(
  'charges by the usage of the stream, and by its text when there is none',
  async (world) => {
    await readText(world);
    await until(() => world.budgets.steps.includes('settle'), 'settle');
    const sent = world.openai.seen[0]?.body ?? '';
    const estimated = Math.ceil(JSON.stringify(chat({ stream: true })).length / 3);
    assert.ok(sent.includes('"include_usage":true'));
    assert.ok(world.budgets.charged > 5, 'some output is charged');
    assert.ok(world.budgets.charged < estimated + 200, 'but not the whole reservation');
  },
  { openai: { reportsUsage: false } },
);

/** A ledger whose decisions become durable when told to. */
const heldLedger = () => {
  const waiting: (() => void)[] = [];
  return {
    wrap: (ledger: MemoryLedger) => ({
      ...ledger,
      append: (event: Parameters<MemoryLedger['append']>[0]) =>
        new Promise<Awaited<ReturnType<MemoryLedger['append']>>>((resolve) => {
          if (readEvent(event.ocsf).metadata.event_code !== 'gateway.decision')
            resolve(ledger.append(event));
          else waiting.push(() => resolve(ledger.append(event)));
        }),
    }),
    release: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
    count: () => waiting.length,
  };
};

const held = heldLedger();
gatewayTest(
  'lets no byte of an answer or a stream leave before the decision is durable',
  async (world) => {
    for (const body of [chat(), streaming]) {
      const seen = world.openai.seen.length;
      let isAnswered = false;
      const answer = post(chatUrl(world), body).then((value) => {
        isAnswered = true;
        return value;
      });
      await until(() => world.openai.seen.length === seen + 1, 'the call overlaps the commit');
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(isAnswered, false);
      held.release();
      assert.equal((await answer).status, 200);
    }
  },
  { wrapLedger: held.wrap },
);

gatewayTest(
  'slows the upstream down to the pace of a slow reader, and cuts one that stopped',
  async (world) => {
    const big = chunk('x'.repeat(50_000));
    let sent = 0;
    world.openai.misbehave((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const pump = (): void => {
        while (!response.destroyed && sent < 2_000) {
          sent += 1;
          if (!response.write(big)) {
            response.once('drain', pump);
            return;
          }
        }
      };
      pump();
    });
    const body = JSON.stringify(streaming);
    const socket = connect(world.listener.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer tok-alice\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => sent > 3, 'it flows');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stuck = sent;
    assert.ok(stuck < 1_000, `the gateway does not buffer ${stuck} events`);
    await until(() => world.gateway.inFlight() === 0, 'the stalled reader is cut off');
    await until(() => world.openai.aborted() === 1, 'the upstream is cancelled');
    socket.destroy();
  },
  { limits: { writeTimeoutMs: 500 } },
);

const inspection: Inspection = {
  request: (exchange) => {
    if (JSON.stringify(exchange.body).includes('forbidden'))
      return refuse(testErrors.E_TEST_TOKEN, 'no');
    return undefined;
  },
  answer: (_exchange, answer) => ({ ...answer, seen: true }),
  event: (_exchange, event) => {
    const text = JSON.stringify(event);
    if (text.includes('gate')) return 'drop';
    return text.includes('open') ? { replaceWith: { choices: [], note: 'replaced' } } : 'pass';
  },
};
gatewayTest(
  'gives inspection the request, the whole answer and each event',
  async (world) => {
    const refused = await post(chatUrl(world), chat({ user: 'forbidden' }));
    assert.equal(refused.status, 401);
    assert.deepEqual(world.budgets.steps, ['reserve', 'cancel']);
    assert.equal((await post(chatUrl(world), chat())).json['seen'], true);
    const { text } = await post(chatUrl(world), streaming);
    assert.ok(!text.includes('gate'));
    assert.match(text, /data: \{"choices":\[\],"note":"replaced"\}\n\n/);
  },
  { deps: { inspection } },
);

gatewayTest(
  'cuts off a reader that does not take a large answer',
  async (world) => {
    const text = 'x'.repeat(8 * 1024 * 1024);
    world.openai.misbehave((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ choices: [], text }));
    });
    const body = JSON.stringify(chat());
    const socket = connect(world.listener.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer tok-alice\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => world.metrics.render().includes('connections 1'), 'connected');
    await until(() => world.metrics.render().includes('connections 0'), 'cut off');
    socket.resume();
    await closed;
    assert.ok(socket.bytesRead < text.length);
  },
  { limits: { writeTimeoutMs: 50, maxAnswerBytes: 16 * 1024 * 1024 } },
);
