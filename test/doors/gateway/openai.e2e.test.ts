/** The OpenAI protocol through the gateway, with the unmodified `openai` client. */
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { chat, codesOf, gatewayTest, post, until, type World } from './harness.ts';

const clientOf = ({ url }: World): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'tok-alice', maxRetries: 0 });

gatewayTest('answers a chat completion of an unmodified client', async (world) => {
  const client = clientOf(world);
  const answer = await client.chat.completions.create({
    model: 'llm',
    messages: [{ role: 'user', content: 'hello' }],
  });
  assert.equal(answer.choices[0]?.message.content, 'The gate is open.');
  assert.equal(answer.usage?.completion_tokens, 5);
});

gatewayTest('streams a chat completion of an unmodified client', async (world) => {
  const client = clientOf(world);
  const stream = await client.chat.completions.create({
    model: 'llm',
    messages: [{ role: 'user', content: 'hello' }],
    stream: true,
  });
  let text = '';
  let chunks = 0;
  for await (const chunk of stream) {
    chunks += 1;
    text += chunk.choices[0]?.delta.content ?? '';
    assert.ok(chunk.choices.length > 0, 'the usage chunk nobody asked for is stripped');
  }
  assert.equal(text, 'The gate is open.');
  assert.equal(chunks, 7);
});

gatewayTest('passes the usage chunk to a client that asked for it', async (world) => {
  const client = clientOf(world);
  const stream = await client.chat.completions.create({
    model: 'llm',
    messages: [{ role: 'user', content: 'hello' }],
    stream: true,
    stream_options: { include_usage: true },
  });
  let usage = 0;
  for await (const chunk of stream) usage += chunk.usage?.completion_tokens ?? 0;
  assert.equal(usage, 5);
});

gatewayTest('serves completions, embeddings and responses, streamed and whole', async (world) => {
  const client = clientOf(world);
  const completion = await client.completions.create({ model: 'llm', prompt: 'hi' });
  assert.equal(completion.choices[0]?.text, 'The gate is open.');
  const embedding = await client.embeddings.create({
    model: 'llm',
    input: ['a', 'b'],
    encoding_format: 'float',
  });
  assert.equal(embedding.data.length, 2);
  const response = await client.responses.create({ model: 'llm', input: 'hi' });
  assert.equal(response.output_text, 'The gate is open.');
  const stream = await client.responses.create({ model: 'llm', input: 'hi', stream: true });
  let text = '';
  for await (const event of stream)
    if (event.type === 'response.output_text.delta') text += event.delta;
  assert.equal(text, 'The gate is open.');
});

gatewayTest(
  'forwards what was judged: upstream model, capped output, own credential, no caller header',
  async (world) => {
    const answer = await post(`${world.url}/v1/chat/completions`, chat({ max_tokens: 9000 }), {
      authorization: 'Bearer tok-alice',
      'x-forwarded-for': '10.0.0.1',
      'x-user-id': 'admin',
      'x-sallyport-context': 'forged',
      cookie: 'session=1',
    });
    assert.equal(answer.status, 200);
    const [request] = world.openai.seen;
    assert.ok(request);
    const body = JSON.parse(request.body) as Record<string, unknown>;
    assert.equal(body['model'], 'real-model');
    assert.equal(body['max_tokens'], 4096);
    assert.equal(request.headers['authorization'], 'Bearer sk-upstream-secret');
    assert.equal(request.headers['x-forwarded-for'], undefined);
    assert.equal(request.headers['x-user-id'], undefined);
    assert.equal(request.headers['cookie'], undefined);
    const context = String(request.headers['x-sallyport-context']).split('.');
    assert.equal(context.length, 3);
    const claims = JSON.parse(Buffer.from(context[1] ?? '', 'base64url').toString()) as Record<
      string,
      number | string
    >;
    assert.equal(claims['sub'], 'Service::alice');
    assert.equal(claims['aud'], 'llm');
    assert.ok(Number(claims['exp']) - Number(claims['iat']) <= 60);
  },
);

gatewayTest(
  'settles the tokens the upstream counted and records decision and outcome',
  async (world) => {
    const answer = await post(`${world.url}/v1/chat/completions`, chat());
    await until(() => world.budgets.steps.includes('settle'), 'settle');
    const usage = answer.json['usage'] as { total_tokens: number };
    assert.equal(world.budgets.charged, usage.total_tokens);
    assert.deepEqual(world.budgets.steps, ['reserve', 'dispatched', 'settle']);
    await until(() => codesOf(world, answer).length === 2, 'decision and outcome');
    assert.deepEqual(codesOf(world, answer), ['gateway.decision', 'gateway.outcome']);
    for (const event of world.ledger.events) assert.deepEqual(validateOcsf(event.ocsf), []);
  },
);
