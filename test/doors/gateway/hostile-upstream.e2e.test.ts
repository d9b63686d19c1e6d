/** Upstreams that try to get around what the policy asked for, or to leave a caller hanging. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { MemoryLedger } from '../../../src/domains/ledger/index.ts';
import { allowWith, chat, gatewayTest, infer, post, until } from './harness.ts';

const goodEvent = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';

/** A ledger that needs longer than the upstream takes to fail. */
const slowLedger = (ledger: MemoryLedger) => ({
  ...ledger,
  append: async (event: Parameters<MemoryLedger['append']>[0]) => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return ledger.append(event);
  },
});

gatewayTest(
  'answers a stream that breaks before its decision is durable with an error, and ends it',
  async (world) => {
    world.openai.misbehave((_request, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${goodEvent}data: oops\n\n`);
    });
    const answer = await post(`${world.url}/v1/chat/completions`, chat({ stream: true }));
    assert.equal(answer.status, 502);
    assert.match(answer.text, /E_UPSTREAM_BROKEN/);
    assert.equal(world.gateway.inFlight(), 0);
  },
  { wrapLedger: slowLedger },
);

const roundedTo = (argument: string) => () => allowWith({ name: 'round_scores', argument });

gatewayTest('lets nobody answer with a stream that was not asked for', async (world) => {
  world.access.answer = roundedTo('1');
  world.v2.misbehave((_request, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(
      'data: {"type":"response.completed","outputs":[{"datatype":"FP32","data":[0.123456]}]}\n\n',
    );
  });
  const answer = await post(`${world.url}/v2/models/digits/infer`, infer());
  assert.equal(answer.status, 502);
  assert.ok(!answer.text.includes('0.123456'), 'scores leave rounded or not at all');
});

gatewayTest('rounds no score out of the range of numbers', async (world) => {
  world.access.answer = roundedTo('15');
  world.v2.misbehave((_request, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"outputs":[{"name":"s","datatype":"FP64","shape":[2],"data":[1e300,0.25]}]}');
  });
  const answer = await post(`${world.url}/v2/models/digits/infer`, infer());
  const [scores] = answer.json['outputs'] as readonly { readonly data: readonly unknown[] }[];
  assert.deepEqual(scores?.data, [1e300, 0.25]);
});

gatewayTest('charges by the size of an answer whose usage is nonsense', async (world) => {
  for (const completion_tokens of [-3, 1e300, '0', 0.5]) {
    world.openai.misbehave((_request, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const usage = { prompt_tokens: 5, completion_tokens };
      response.end(JSON.stringify({ choices: [{ text: 'x'.repeat(600) }], usage }));
    });
    const before = world.budgets.charged;
    await post(`${world.url}/v1/chat/completions`, chat());
    await until(() => world.budgets.steps.at(-1) === 'settle', 'settled');
    assert.ok(world.budgets.charged - before > 200, `${completion_tokens} is not believed`);
  }
});
