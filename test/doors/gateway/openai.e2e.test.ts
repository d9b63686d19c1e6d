import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { type FakeUpstream, startFakeOpenAi } from '../../../src/doors/gateway/fake.ts';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { chat, type Harness, post, startHarness, until } from './harness.ts';

describe('OpenAI through the gateway', () => {
  let upstream: FakeUpstream;
  let harness: Harness;
  let client: OpenAI;

  before(async () => {
    upstream = await startFakeOpenAi();
    harness = await startHarness();
    await harness.addEndpoint({
      name: 'llm',
      protocol: 'openai',
      url: `${upstream.url}/v1`,
      upstreamModel: 'real-model',
      credential: 'sk-upstream-secret',
      limits: { maxOutputTokens: 100 },
    });
    client = new OpenAI({ baseURL: `${harness.url}/v1`, apiKey: 'tok-alice', maxRetries: 0 });
  });
  after(async () => {
    await harness.close();
    await upstream.close();
  });

  it('answers a chat completion of an unmodified client', async () => {
    const answer = await client.chat.completions.create({
      model: 'llm',
      messages: [{ role: 'user', content: 'hello' }],
    });
    assert.equal(answer.choices[0]?.message.content, 'The gate is open.');
    assert.equal(answer.usage?.completion_tokens, 5);
  });

  it('streams a chat completion of an unmodified client', async () => {
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

  it('passes the usage chunk to a client that asked for it', async () => {
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

  it('serves completions, embeddings and responses, streamed and whole', async () => {
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

  it('forwards what was judged: upstream model, capped output, own credential, no caller header', async () => {
    upstream.seen.length = 0;
    const answer = await post(`${harness.url}/v1/chat/completions`, chat({ max_tokens: 5000 }), {
      authorization: 'Bearer tok-alice',
      'x-forwarded-for': '10.0.0.1',
      'x-user-id': 'admin',
      'x-sallyport-context': 'forged',
      cookie: 'session=1',
    });
    assert.equal(answer.status, 200);
    const [request] = upstream.seen;
    assert.ok(request);
    const body = JSON.parse(request.body) as Record<string, unknown>;
    assert.equal(body['model'], 'real-model');
    assert.equal(body['max_tokens'], 100);
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
  });

  it('settles the tokens the upstream counted and records decision and outcome', async () => {
    harness.budgets.charged = 0;
    harness.budgets.steps.length = 0;
    const from = harness.ledger.events.length;
    const answer = await post(`${harness.url}/v1/chat/completions`, chat());
    await until(() => harness.budgets.steps.includes('settle'), 'settle');
    const usage = answer.json['usage'] as { total_tokens: number };
    assert.equal(harness.budgets.charged, usage.total_tokens);
    assert.deepEqual(harness.budgets.steps, ['reserve', 'dispatched', 'settle']);
    const events = harness.ledger.events.slice(from).map((event) => event.ocsf);
    const id = answer.headers.get('x-sallyport-request-id');
    const codes = events
      .filter((event) => event.metadata.correlation_uid === id)
      .map((event) => event.metadata.event_code);
    assert.deepEqual(codes, ['gateway.decision', 'gateway.outcome']);
    for (const event of events) assert.deepEqual(validateOcsf(event), []);
  });
});
