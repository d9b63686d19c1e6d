/** The Open Inference Protocol V2 through the gateway. */
import assert from 'node:assert/strict';
import { gatewayTest, get, infer, post, type World } from './harness.ts';

const inferUrl = ({ url }: World): string => `${url}/v2/models/digits/infer`;

gatewayTest('answers an inference request with the answer of the model', async (world) => {
  const answer = await post(inferUrl(world), infer({ id: 'r1' }));
  assert.equal(answer.status, 200);
  assert.equal(answer.json['id'], 'r1');
  assert.equal(world.v2.seen[0]?.path, '/v2/models/digits/infer');
  assert.deepEqual(JSON.parse(world.v2.seen[0]?.body ?? ''), infer({ id: 'r1' }));
  assert.equal(world.access.asked.at(-1)?.action, 'infer');
});

gatewayTest('passes a version on', async (world) => {
  const answer = await post(`${world.url}/v2/models/digits/versions/7/infer`, infer());
  assert.equal(answer.status, 200);
  assert.equal(world.v2.seen[0]?.path, '/v2/models/digits/versions/7/infer');
});

gatewayTest('tells about itself and its models without asking an upstream', async (world) => {
  const server = await get(`${world.url}/v2`);
  assert.equal(server.json['name'], 'sallyport');
  const model = await get(`${world.url}/v2/models/digits`);
  assert.deepEqual(model.json['inputs'], [{ name: 'image', datatype: 'FP32', shape: [-1, 4] }]);
  assert.deepEqual((await get(`${world.url}/v2/health/live`, {})).json, { live: true });
  assert.equal((await get(`${world.url}/v2/health/ready`, {})).status, 200);
  assert.equal(world.v2.seen.length, 0);
});

gatewayTest('asks the upstream whether a model is ready', async (world) => {
  const ready = await get(`${world.url}/v2/models/digits/ready`);
  assert.deepEqual([ready.status, ready.json], [200, { name: 'digits', ready: true }]);
  world.v2.misbehave((_request, response) => response.writeHead(500).end());
  assert.equal((await get(`${world.url}/v2/models/digits/ready`)).status, 503);
  await world.v2.close();
  assert.equal((await get(`${world.url}/v2/models/digits/ready`)).status, 503);
});

const input = (fields: object): object => ({
  inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 4], data: [0, 0, 0, 0], ...fields }],
});

const refused: readonly (readonly [string, object, string])[] = [
  ['no inputs', {}, 'E_REQUEST_INVALID'],
  ['an empty list of inputs', { inputs: [] }, 'E_REQUEST_INVALID'],
  ['an undeclared name', input({ name: 'pixels' }), 'E_TENSOR_INVALID'],
  ['another datatype', input({ datatype: 'FP64' }), 'E_TENSOR_INVALID'],
  ['an unknown datatype', input({ datatype: 'BF16' }), 'E_TENSOR_INVALID'],
  ['a shape of other rank', input({ shape: [4] }), 'E_TENSOR_INVALID'],
  ['a shape of other size', input({ shape: [1, 5], data: [0, 0, 0, 0, 0] }), 'E_TENSOR_INVALID'],
  ['a negative size', input({ shape: [-1, 4] }), 'E_TENSOR_INVALID'],
  ['a size of zero', input({ shape: [0, 4], data: [] }), 'E_TENSOR_INVALID'],
  ['too few elements', input({ data: [0, 0, 0] }), 'E_TENSOR_INVALID'],
  ['too many elements', input({ data: [0, 0, 0, 0, 0] }), 'E_TENSOR_INVALID'],
  ['a value above the declared range', input({ data: [0, 0, 0, 1.01] }), 'E_TENSOR_INVALID'],
  ['a value below the declared range', input({ data: [0, 0, 0, -0.01] }), 'E_TENSOR_INVALID'],
  ['text among numbers', input({ data: [0, 0, 0, '1'] }), 'E_TENSOR_INVALID'],
  ['null among numbers', input({ data: [0, 0, 0, null] }), 'E_TENSOR_INVALID'],
  [
    'nested data of another shape',
    input({
      data: [
        [0, 0],
        [0, 0],
      ],
    }),
    'E_TENSOR_INVALID',
  ],
  ['data that is text', input({ data: 'AAAA' }), 'E_TENSOR_INVALID'],
  ['a huge shape', input({ shape: [1e9, 1e9] }), 'E_TENSOR_INVALID'],
  [
    'a repeated input',
    {
      inputs: [0, 1].map(() => ({
        name: 'image',
        datatype: 'FP32',
        shape: [1, 4],
        data: [0, 0, 0, 0],
      })),
    },
    'E_REQUEST_INVALID',
  ],
  ['an undeclared output', { ...infer(), outputs: [{ name: 'gradient' }] }, 'E_TENSOR_INVALID'],
  ['binary data', input({ parameters: { binary_data_size: 16 } }), 'E_BINARY_TENSORS'],
  ['binary outputs', { ...infer(), parameters: { binary_data_output: true } }, 'E_BINARY_TENSORS'],
  ['nested parameters', { ...infer(), parameters: { a: { b: 1 } } }, 'E_REQUEST_INVALID'],
];

gatewayTest('refuses tensors that are not what the endpoint declares', async (world) => {
  for (const [what, body, code] of refused) {
    const answer = await post(inferUrl(world), body);
    assert.equal(answer.json['code'], code, `${what}: ${answer.text}`);
    assert.ok(answer.status === 400 || answer.status === 415, what);
    assert.equal(typeof answer.json['error'], 'string');
  }
  assert.equal(world.v2.seen.length, 0);
});

gatewayTest('refuses the header of the binary tensor extension', async (world) => {
  const answer = await post(inferUrl(world), infer(), {
    authorization: 'Bearer tok-alice',
    'inference-header-content-length': '10',
  });
  assert.deepEqual([answer.status, answer.json['code']], [415, 'E_BINARY_TENSORS']);
});

gatewayTest('accepts nested data of the declared shape', async (world) => {
  const body = input({
    shape: [2, 4],
    data: [
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ],
  });
  assert.equal((await post(inferUrl(world), body)).status, 200);
});

gatewayTest(
  'charges a request by its price, without tokens',
  async (world) => {
    await post(inferUrl(world), infer());
    assert.deepEqual(world.budgets.asked[0]?.amounts, { requests: 1, tokens: 0, microUsd: 250 });
  },
  { endpoint: { prices: { requestMicroUsd: 250 } } },
);

gatewayTest(
  'passes the words of the model about a bad request on, and no other error',
  async (world) => {
    world.v2.misbehave((_request, response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"bad id"}'),
    );
    const passed = await post(inferUrl(world), infer());
    assert.deepEqual([passed.status, passed.json], [400, { error: 'bad id' }]);
    world.v2.misbehave((_request, response) =>
      response.writeHead(500).end('stack trace at line 7'),
    );
    const hidden = await post(inferUrl(world), infer());
    assert.deepEqual([hidden.status, hidden.json['code']], [502, 'E_UPSTREAM_BROKEN']);
    assert.ok(!hidden.text.includes('stack trace'));
  },
);
