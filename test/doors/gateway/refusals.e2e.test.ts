/** Who is refused, with which code, in which shape, and what is written down about it. */
import assert from 'node:assert/strict';
import {
  allowWith,
  chat,
  codesOf,
  deny,
  gatewayTest,
  get,
  infer,
  post,
  until,
  type Answer,
  type World,
} from './harness.ts';

const chatUrl = ({ url }: World): string => `${url}/v1/chat/completions`;
const inferUrl = ({ url }: World): string => `${url}/v2/models/digits/infer`;

const codeOf = ({ json }: Answer): unknown => {
  const error = json['error'];
  return typeof error === 'object' && error !== null
    ? (error as Record<string, unknown>)['code']
    : json['code'];
};

gatewayTest('refuses a request without identity in the shape of each protocol', async (world) => {
  const openai = await post(chatUrl(world), chat(), {});
  assert.equal(openai.status, 401);
  assert.deepEqual(openai.json['error'], {
    message: 'No identity presented: no credential was presented',
    type: 'authentication_error',
    param: null,
    code: 'E_CREDENTIAL_MISSING',
  });
  assert.equal(openai.headers.get('www-authenticate'), 'Bearer realm="sallyport"');
  assert.ok(openai.headers.get('x-sallyport-request-id'));
  const v2 = await post(inferUrl(world), infer(), {});
  assert.equal(v2.status, 401);
  assert.equal(v2.json['code'], 'E_CREDENTIAL_MISSING');
  assert.equal(typeof v2.json['error'], 'string');
  assert.equal(world.openai.seen.length + world.v2.seen.length, 0);
});

gatewayTest('refuses a bad token and says so', async (world) => {
  const answer = await post(chatUrl(world), chat(), { authorization: 'Bearer wrong' });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
});

gatewayTest('reads nothing of a body before the sender is known', async (world) => {
  const answer = await post(chatUrl(world), '{"broken', { authorization: 'Bearer wrong' });
  assert.equal(answer.status, 401);
});

const malformed: readonly (readonly [string, string | object, number, string])[] = [
  ['a body that is not JSON', '{"model":', 400, 'E_REQUEST_INVALID'],
  ['a body that is an array', '[1]', 400, 'E_REQUEST_INVALID'],
  ['an empty body', '', 400, 'E_REQUEST_INVALID'],
  ['duplicate members', '{"model":"llm","model":"other","messages":[]}', 400, 'E_REQUEST_INVALID'],
  [
    'a number beyond a double',
    '{"model":"llm","messages":[],"seed":1e999}',
    400,
    'E_REQUEST_INVALID',
  ],
  ['no model', { messages: [] }, 400, 'E_REQUEST_INVALID'],
  ['an unknown model', chat({ model: 'gpt-99' }), 404, 'E_MODEL_NOT_FOUND'],
  ['a model of another protocol', chat({ model: 'digits' }), 404, 'E_MODEL_NOT_FOUND'],
  ['a model named __proto__', chat({ model: '__proto__' }), 404, 'E_MODEL_NOT_FOUND'],
  ['no messages', { model: 'llm' }, 400, 'E_REQUEST_INVALID'],
  ['messages that are text', chat({ messages: 'hi' }), 400, 'E_REQUEST_INVALID'],
  ['an empty list of messages', chat({ messages: [] }), 400, 'E_REQUEST_INVALID'],
  [
    'an unknown role',
    chat({ messages: [{ role: 'root', content: 'x' }] }),
    400,
    'E_REQUEST_INVALID',
  ],
  [
    'content that is a number',
    chat({ messages: [{ role: 'user', content: 1 }] }),
    400,
    'E_REQUEST_INVALID',
  ],
  ['a fractional token limit', chat({ max_tokens: 1.5 }), 400, 'E_REQUEST_INVALID'],
  ['two token limits', chat({ max_tokens: 1, max_completion_tokens: 2 }), 400, 'E_REQUEST_INVALID'],
  ['a stream flag that is text', chat({ stream: 'yes' }), 400, 'E_REQUEST_INVALID'],
  ['too many choices', chat({ n: 100_000 }), 400, 'E_REQUEST_INVALID'],
];
for (const [what, body, status, code] of malformed)
  gatewayTest(`refuses ${what}`, async (world) => {
    const answer = await post(chatUrl(world), body);
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text);
    assert.equal(world.openai.seen.length, 0);
    assert.deepEqual(codesOf(world, answer), ['gateway.attempt']);
  });

gatewayTest('names the field that is wrong', async (world) => {
  const answer = await post(chatUrl(world), chat({ temperature: 9 }));
  assert.equal((answer.json['error'] as Record<string, unknown>)['param'], 'temperature');
});

gatewayTest('refuses state kept by the upstream', async (world) => {
  for (const field of [
    { previous_response_id: 'resp_1' },
    { background: true },
    { conversation: 'c' },
  ]) {
    const answer = await post(`${world.url}/v1/responses`, { model: 'llm', input: 'x', ...field });
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'E_REQUEST_INVALID']);
  }
});

gatewayTest('refuses other content types and encodings', async (world) => {
  const bearer = { authorization: 'Bearer tok-alice' };
  const type = await post(chatUrl(world), chat(), { ...bearer, 'content-type': 'text/plain' });
  assert.deepEqual([type.status, codeOf(type)], [415, 'E_BODY_TYPE']);
  const coded = await post(chatUrl(world), chat(), { ...bearer, 'content-encoding': 'gzip' });
  assert.deepEqual([coded.status, codeOf(coded)], [415, 'E_BODY_TYPE']);
});

gatewayTest('refuses a large body, announced or not, and the caller can read it', async (world) => {
  const body = JSON.stringify(chat({ user: 'x'.repeat(2 * 1024 * 1024) }));
  const announced = await post(chatUrl(world), body);
  assert.deepEqual([announced.status, codeOf(announced)], [413, 'E_BODY_TOO_LARGE']);
  const response = await fetch(chatUrl(world), {
    method: 'POST',
    headers: { authorization: 'Bearer tok-alice', 'content-type': 'application/json' },
    body: new Blob([body]).stream(),
    duplex: 'half',
  });
  assert.equal(response.status, 413);
  await response.text();
});

gatewayTest('refuses unknown routes and wrong methods, known callers only', async (world) => {
  assert.equal((await get(`${world.url}/v1/nothing`, {})).status, 401);
  const unknown = await get(`${world.url}/v1/nothing`);
  assert.deepEqual([unknown.status, codeOf(unknown)], [404, 'E_ROUTE_NOT_FOUND']);
  const method = await get(chatUrl(world));
  assert.deepEqual([method.status, codeOf(method)], [405, 'E_HTTP_METHOD']);
  assert.equal(method.headers.get('allow'), 'POST');
});

gatewayTest('denies what policy denies, records it first, and tells no reason', async (world) => {
  world.access.answer = () => ({ ...deny, reasons: [{ policyId: 'secret-policy-name' }] });
  const answer = await post(chatUrl(world), chat());
  assert.deepEqual([answer.status, codeOf(answer)], [403, 'E_POLICY_DENIED']);
  assert.ok(!answer.text.includes('secret-policy-name'));
  assert.deepEqual(codesOf(world, answer), ['gateway.decision']);
  const event = world.ledger.events.find((entry) => entry.ocsf['action_id'] === 2);
  assert.equal(event?.class, 'decisive');
  assert.match(JSON.stringify(event?.ocsf), /secret-policy-name/);
  assert.equal(world.openai.seen.length, 0);
  assert.deepEqual(world.budgets.steps, []);
});

gatewayTest('asks policies with the facts of the call', async (world) => {
  await post(chatUrl(world), chat({ max_tokens: 50, stream: true }));
  const [asked] = world.access.asked;
  assert.deepEqual(
    [asked?.principal, asked?.action, asked?.resource],
    [{ type: 'Service', id: 'alice' }, 'chat', { type: 'Endpoint', id: 'llm' }],
  );
  const request = asked?.context['request'] as Record<string, unknown>;
  assert.equal(request['outputTokens'], 50);
  assert.equal(request['stream'], true);
  assert.deepEqual(asked?.context['network'], {
    encrypted: false,
    peer: { __extn: { fn: 'ip', arg: '127.0.0.1' } },
  });
});

gatewayTest(
  'keeps the address of the caller out of the plain part of every event',
  async (world) => {
    await post(chatUrl(world), chat());
    await post(chatUrl(world), '{');
    for (const { ocsf } of world.ledger.events)
      assert.ok(!JSON.stringify(ocsf).includes('127.0.0.1/'));
    const logon = world.ledger.events.find((event) => event.personal !== undefined);
    assert.equal(logon?.personal?.fields['address'], '127.0.0.1');
  },
);

gatewayTest('refuses over budget with 429 and Retry-After, after recording it', async (world) => {
  world.budgets.limitTokens = 10;
  const answer = await post(chatUrl(world), chat());
  assert.deepEqual([answer.status, codeOf(answer)], [429, 'E_BUDGET_EXCEEDED']);
  assert.equal(answer.headers.get('retry-after'), '7');
  assert.deepEqual(codesOf(world, answer), ['gateway.decision']);
  const decision = world.ledger.events.at(-1)?.ocsf;
  assert.equal(decision?.['action_id'], 2);
  const policy = decision?.unmapped?.['decision'] as Record<string, unknown>;
  assert.equal(policy['decision'], 'allow', 'what the policy said stands beside it');
  assert.equal(world.openai.seen.length, 0);
});

gatewayTest('refuses everything when the ledger cannot write', async (world) => {
  world.ledger.setState('refusing');
  const allowed = await post(chatUrl(world), chat());
  assert.deepEqual([allowed.status, codeOf(allowed)], [503, 'E_LEDGER_UNAVAILABLE']);
  world.access.answer = () => deny;
  const denied = await post(chatUrl(world), chat());
  assert.deepEqual([denied.status, codeOf(denied)], [503, 'E_LEDGER_UNAVAILABLE']);
  const stream = await post(chatUrl(world), chat({ stream: true }));
  assert.equal(stream.status, 503);
  assert.equal((await get(`${world.url}/v2/health/ready`, {})).status, 503);
});

gatewayTest(
  'calls no upstream of a strict endpoint before the decision is durable',
  async (world) => {
    world.ledger.setState('refusing');
    const answer = await post(chatUrl(world), chat());
    assert.equal(answer.status, 503);
    assert.equal(world.openai.seen.length, 0);
    assert.deepEqual(world.budgets.steps, ['reserve', 'cancel']);
  },
  { endpoint: { audit: 'strict' } },
);

gatewayTest('refuses an obligation it cannot carry out', async (world) => {
  world.access.answer = () => allowWith({ name: 'redact', argument: 'pii' });
  const answer = await post(chatUrl(world), chat());
  assert.deepEqual([answer.status, codeOf(answer)], [403, 'E_OBLIGATION_UNKNOWN']);
  assert.equal(world.openai.seen.length, 0);
});

gatewayTest('asks for a step-up in the words of RFC 9470', async (world) => {
  world.access.answer = () => allowWith({ name: 'step_up', argument: 'aal2' });
  const answer = await post(chatUrl(world), chat());
  assert.deepEqual([answer.status, codeOf(answer)], [401, 'E_STEP_UP_REQUIRED']);
  const challenge = answer.headers.get('www-authenticate') ?? '';
  assert.match(challenge, /insufficient_user_authentication.*acr_values="aal2"/);
});

gatewayTest('carries out obligations on tokens, logprobs and scores', async (world) => {
  world.access.answer = () =>
    allowWith(
      { name: 'max_tokens', argument: '3' },
      { name: 'drop_logprobs' },
      { name: 'round_scores', argument: '2' },
    );
  const answer = await post(chatUrl(world), chat({ logprobs: true, top_logprobs: 5 }));
  assert.equal(answer.status, 200);
  const sent = JSON.parse(world.openai.seen[0]?.body ?? '') as Record<string, unknown>;
  assert.equal(sent['max_completion_tokens'], 3);
  assert.equal('logprobs' in sent || 'top_logprobs' in sent, false);
  const scores = await post(inferUrl(world), infer());
  const outputs = scores.json['outputs'] as { name: string; data: number[] }[];
  assert.deepEqual(outputs[0]?.data, [0.12, 0.88]);
});

gatewayTest('drops log probabilities when scores are to be rounded', async (world) => {
  world.access.answer = () => allowWith({ name: 'round_scores', argument: '2' });
  await post(chatUrl(world), chat({ logprobs: true, top_logprobs: 5 }));
  const sent = JSON.parse(world.openai.seen[0]?.body ?? '') as Record<string, unknown>;
  assert.equal('logprobs' in sent || 'top_logprobs' in sent, false);
});

gatewayTest(
  'in shadow mode lets denials of policy and budget pass and writes down what it saw',
  async (world) => {
    world.access.answer = () => deny;
    world.budgets.limitTokens = 0;
    const answer = await post(chatUrl(world), chat());
    assert.equal(answer.status, 200);
    const decision = world.ledger.events.find(
      (event) => event.ocsf.metadata.event_code === 'gateway.decision',
    )?.ocsf;
    assert.deepEqual(decision?.unmapped?.['shadow'], 'E_POLICY_DENIED');
    assert.equal(decision?.['action_id'], 3);
    await until(() => codesOf(world, answer).length === 2, 'outcome');
    assert.equal((await post(chatUrl(world), chat(), {})).status, 401, 'identity is enforced');
    assert.equal((await post(chatUrl(world), '{')).status, 400, 'shape is enforced');
  },
  { endpoint: { mode: 'shadow' } },
);

gatewayTest('lists only the models the caller may use, and hides the others', async (world) => {
  world.access.answer = ({ resource }) => (resource.id === 'digits' ? deny : allowWith());
  const list = await get(`${world.url}/v1/models`);
  assert.deepEqual(
    (list.json['data'] as { id: string }[]).map(({ id }) => id),
    ['llm'],
  );
  assert.equal((await get(`${world.url}/v1/models/llm`)).json['id'], 'llm');
  assert.equal((await get(`${world.url}/v1/models/digits`)).status, 404);
  assert.equal((await get(`${world.url}/v2/models/digits`)).status, 404);
  assert.equal((await get(`${world.url}/v1/models`, {})).status, 401);
});

gatewayTest('answers waiting and cached credentials alike', async (world) => {
  const slow = await post(chatUrl(world), chat(), { authorization: 'bearer slow-bob' });
  assert.equal(slow.status, 200);
});

gatewayTest(
  'tells an address with too many failures to wait, and still serves its good callers',
  async (world) => {
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++)
      statuses.push((await post(chatUrl(world), chat(), { authorization: 'Bearer no' })).status);
    assert.equal(statuses[0], 401);
    assert.equal(statuses.at(-1), 429);
    assert.equal((await post(chatUrl(world), chat())).status, 200);
  },
  { limits: { maxAuthenticationFailures: 3 } },
);

gatewayTest(
  'refuses requests beyond its own limit of concurrency',
  async (world) => {
    world.openai.misbehave(() => undefined);
    const waiting = [post(chatUrl(world), chat()), post(chatUrl(world), chat())];
    await until(() => world.openai.seen.length === 2, 'two in flight');
    const answer = await post(chatUrl(world), chat());
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'E_GATEWAY_BUSY']);
    await world.gateway.close(0);
    await Promise.allSettled(waiting);
  },
  { limits: { maxConcurrentRequests: 2 } },
);
