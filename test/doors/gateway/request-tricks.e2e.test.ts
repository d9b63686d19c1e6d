/** Requests that say one thing to the gateway and another to the upstream. */
import assert from 'node:assert/strict';
import { allowWith, chat, gatewayTest, post } from './harness.ts';

gatewayTest(
  'asks for no log probabilities by any name when they are to be dropped',
  async (world) => {
    world.access.answer = () => allowWith({ name: 'drop_logprobs' });
    const include = ['message.output_text.logprobs', 'reasoning.encrypted_content'];
    const body = { model: 'llm', input: 'x', include, top_logprobs: 5 };
    assert.equal((await post(`${world.url}/v1/responses`, body)).status, 200);
    const sent = JSON.parse(world.openai.seen[0]?.body ?? '') as Record<string, unknown>;
    assert.deepEqual(sent['include'], ['reasoning.encrypted_content']);
    const text = { ...body, include: 'message.output_text.logprobs' };
    assert.equal((await post(`${world.url}/v1/responses`, text)).status, 200);
    assert.ok(!world.openai.seen[1]?.body.includes('logprobs'));
  },
);
