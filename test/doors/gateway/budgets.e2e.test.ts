/** Budgets at the gateway: held before dispatch, hard under concurrency, settled once. */
import assert from 'node:assert/strict';
import { chat, gatewayTest, post, until, type World } from './harness.ts';

const chatUrl = ({ url }: World): string => `${url}/v1/chat/completions`;

for (const isSlow of [false, true])
  gatewayTest(
    `64 parallel requests never spend more than the budget (${isSlow ? 'waiting' : 'immediate'} reservations)`,
    async (world) => {
      world.budgets.limitTokens = 600;
      world.budgets.isSlow = isSlow;
      const statuses = await Promise.all(
        Array.from({ length: 64 }, async () => {
          const answer = await post(chatUrl(world), chat({ max_tokens: 10 }));
          return answer.status;
        }),
      );
      await until(() => world.gateway.inFlight() === 0, 'all ended');
      assert.ok(statuses.includes(200) && statuses.includes(429));
      assert.ok(statuses.every((status) => status === 200 || status === 429));
      assert.ok(world.budgets.highest <= 600, `${world.budgets.highest} held at most`);
      const served = statuses.filter((status) => status === 200).length;
      assert.equal(world.openai.seen.length, served);
      const count = (step: string): number =>
        world.budgets.steps.filter((taken) => taken === step).length;
      assert.deepEqual(
        [count('reserve'), count('dispatched'), count('settle'), count('cancel')],
        [served, served, served, 0],
      );
    },
  );

gatewayTest(
  'reserves for every choice and prompt, and caps what the upstream may produce',
  async (world) => {
    await post(chatUrl(world), chat({ max_tokens: 100, n: 3 }));
    await post(`${world.url}/v1/completions`, {
      model: 'llm',
      prompt: ['a', 'b'],
      n: 2,
      best_of: 4,
    });
    const [first, second] = world.budgets.asked.map(({ amounts }) => amounts.tokens);
    const inputOf = (index: number): number => {
      const bytes = [
        chat({ max_tokens: 100, n: 3 }),
        { model: 'llm', prompt: ['a', 'b'], n: 2, best_of: 4 },
      ];
      return Math.ceil(JSON.stringify(bytes[index]).length / 3);
    };
    assert.equal(first, inputOf(0) + 300);
    assert.equal(second, inputOf(1) + 2 * 4 * 16);
  },
);

gatewayTest(
  'prices what it reserves and names principal, teams and endpoint',
  async (world) => {
    const put = (uid: { type: string; id: string }, parents: { type: string; id: string }[]) =>
      world.access.putEntity({ uid, attrs: {}, parents });
    await put({ type: 'Service', id: 'alice' }, [
      { type: 'Team', id: 'vision' },
      { type: 'Role', id: 'r' },
    ]);
    await put({ type: 'Team', id: 'vision' }, [{ type: 'Team', id: 'research' }]);
    await put({ type: 'Team', id: 'research' }, [{ type: 'Team', id: 'vision' }]);
    await post(chatUrl(world), chat({ max_tokens: 1000 }));
    const [asked] = world.budgets.asked;
    assert.ok(asked);
    assert.deepEqual([asked.principal, asked.endpoint], ['alice', 'llm']);
    assert.deepEqual([...asked.teams].sort(), ['research', 'vision']);
    const input = asked.amounts.tokens - 1000;
    assert.equal(asked.amounts.microUsd, Math.ceil(7 + (input * 150) / 1000 + (1000 * 600) / 1000));
  },
  {
    endpoint: { prices: { inputPer1kMicroUsd: 150, outputPer1kMicroUsd: 600, requestMicroUsd: 7 } },
  },
);

gatewayTest(
  'refuses more requests to an endpoint than it may carry at once, before reserving',
  async (world) => {
    world.openai.misbehave(() => undefined);
    const first = post(chatUrl(world), chat());
    await until(() => world.openai.seen.length === 1, 'in flight');
    const second = await post(chatUrl(world), chat());
    assert.deepEqual([second.status, second.headers.get('retry-after')], [429, '1']);
    assert.deepEqual(world.budgets.steps, ['reserve', 'dispatched']);
    await world.openai.close();
    await first;
  },
  { endpoint: { limits: { maxConcurrent: 1 } } },
);
