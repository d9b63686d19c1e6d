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

const overriding: readonly (readonly [string, unknown])[] = [
  ['Model', 'other'],
  ['MODEL', 'other'],
  ['Max_Completion_Tokens', 9],
  ['\u017ftream', true], // folds to "stream"
  ['max_to\u212Aens', 9], // Kelvin sign
  ['models', ['other']],
  ['fallbacks', ['other']],
  ['n_predict', 100_000],
  ['best_of', 50],
  ['Best_Of', 50],
  ['api_base', 'http://elsewhere'],
];

gatewayTest(
  'refuses fields that say something else to the upstream than was judged',
  async (world) => {
    for (const [param, value] of overriding) {
      const answer = await post(`${world.url}/v1/chat/completions`, chat({ [param]: value }));
      const { error } = answer.json as { readonly error?: { readonly param?: string } };
      assert.deepEqual([answer.status, error?.param], [400, param]);
    }
    assert.equal(world.openai.seen.length, 0);
    const harmless = chat({ best_of: null, 'X-Note': 'kept', seed: 1 });
    assert.equal((await post(`${world.url}/v1/chat/completions`, harmless)).status, 200);
    const judged = { model: 'llm', prompt: 'x', best_of: 2 };
    assert.equal((await post(`${world.url}/v1/completions`, judged)).status, 200);
  },
);

gatewayTest('holds at least one token for every token id of a prompt', async (world) => {
  const ids = Array.from({ length: 3000 }, () => 7);
  const asks: readonly (readonly [string, object])[] = [
    ['completions', { model: 'llm', prompt: ids }],
    ['completions', { model: 'llm', prompt: [ids.slice(0, 1000), ids.slice(0, 2000)] }],
    ['embeddings', { model: 'llm', input: ids }],
  ];
  for (const [path, body] of asks) {
    await post(`${world.url}/v1/${path}`, body);
    assert.ok((world.budgets.asked.at(-1)?.amounts.tokens ?? 0) >= 3000, path);
  }
});
