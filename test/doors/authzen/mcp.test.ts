/** MCP requests over HTTP: mapped by COAZ-MCP, decided by policies, recorded, hostile bodies. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openDecisionPoint } from './decision-point.ts';

const point = await openDecisionPoint({
  types: { identity: 'User', tool: 'Tool', account: 'Account', mcp_server: 'Server' },
  schema: `entity User; entity Tool; entity Server; entity Account { owner?: User };
    action "tools/call" appliesTo { principal: [User], resource: [Tool], context: { agent?: String } };
    action "tools/list" appliesTo { principal: [User], resource: [Server], context: { agent?: String } };
    action withdraw, deposit appliesTo { principal: [User], resource: [Account],
      context: { amount?: Long, agent?: String } };`,
  policies: `
    @id("weather-by-app") permit (principal, action == Action::"tools/call", resource == Tool::"weather")
      when { context has agent && context.agent == "app" };
    @id("list") permit (principal == User::"alice", action == Action::"tools/list", resource);
    @id("own-account") @obligations("audit:strict")
    permit (principal, action == Action::"withdraw", resource)
      when { resource has owner && resource.owner == principal && context has amount && context.amount <= 100 };
    @id("deposit") permit (principal, action == Action::"deposit", resource);`,
  entities: [
    { uid: { type: 'User', id: 'alice' }, attrs: {}, parents: [] },
    { uid: { type: 'User', id: 'bob' }, attrs: {}, parents: [] },
    {
      uid: { type: 'Account', id: 'a-1' },
      attrs: { owner: { __entity: { type: 'User', id: 'alice' } } },
      parents: [],
    },
  ],
});
after(() => point.close());

type Answer = {
  readonly decision: boolean;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
};
const alice = { sub: 'alice', client_id: 'app', aud: 'https://mcp.example' };
const ask = async (body: object): Promise<Answer> =>
  (await point.post('mcp', { token: alice, ...body })) as Answer;
const summary = ({ decision, error }: Answer) => [decision, error?.code];

const subject = { type: 'identity', id: '$token.sub' };
const account = { type: 'account', id: '$params.arguments.from' };
const withdraw = {
  subject,
  action: { name: 'withdraw' },
  resource: account,
  context: { amount: '$int(params.arguments.amount)' },
};
const transfer = {
  subject,
  evaluations: [
    { action: withdraw.action, resource: account, context: withdraw.context },
    { action: { name: 'deposit' }, resource: { ...account, id: '$params.arguments.to' } },
  ],
};
const call = (name: string, args: object, mapping?: object) => ({
  method: 'tools/call',
  params: { name, arguments: args },
  ...(mapping === undefined
    ? {}
    : { tool: { name, inputSchema: { 'x-authzen-mapping': mapping } } }),
});

const small = { from: 'a-1', to: 'a-2', amount: 50 };
const large = { ...small, amount: 500 };
const bob = { ...alice, sub: 'bob' };
const cases: readonly (readonly [string, object, boolean, number?])[] = [
  ['ping', { method: 'ping' }, true],
  ['a notification', { method: 'notifications/initialized' }, true],
  ['an unknown method', { method: 'tools/destroy' }, false, -32001],
  ['a list', { method: 'tools/list' }, true],
  ['a list for somebody else', { method: 'tools/list', token: bob }, false, -32001],
  ['a list without audience', { method: 'tools/list', token: { sub: 'alice' } }, false, -32602],
  ['a permitted tool', call('weather', {}), true],
  ['another tool', call('rm', {}), false, -32001],
  [
    'a tool by another agent',
    { ...call('weather', {}), token: { ...alice, client_id: 'x' } },
    false,
    -32001,
  ],
  ['a tool by no agent', { ...call('weather', {}), token: { sub: 'alice' } }, false, -32001],
  ['a call without name', { method: 'tools/call', params: {} }, false, -32602],
  ['a mapped call', call('pay', small, { evaluation: withdraw }), true],
  ['a mapped call beyond policy', call('pay', large, { evaluation: withdraw }), false, -32001],
  [
    'a mapped call by bob',
    { ...call('pay', small, { evaluation: withdraw }), token: bob },
    false,
    -32001,
  ],
  ['a mapped call without argument', call('pay', {}, { evaluation: withdraw }), false, -32602],
  ['a call of two parts', call('move', small, { evaluations: transfer }), true],
  [
    'a call of two parts, one denied',
    call('move', large, { evaluations: transfer }),
    false,
    -32001,
  ],
  ['a call with a broken mapping', call('pay', small, {}), false, -32602],
  [
    'a mapped call whose subject is an argument that names the caller',
    call(
      'pay',
      { ...small, who: 'alice' },
      {
        evaluation: { ...withdraw, subject: { ...subject, id: '$params.arguments.who + ""' } },
      },
    ),
    true,
  ],
];

describe('an MCP request', () => {
  for (const [what, body, decision, code] of cases)
    it(`${what}: ${decision} ${code ?? ''}`, async () => {
      assert.deepEqual(summary(await ask(body)), [decision, code]);
    });
});

describe('a mapped MCP request', () => {
  it('of somebody else in the name of the owner is an error', async () => {
    const mapping = { evaluation: { ...withdraw, subject: { ...subject, id: 'alice' } } };
    const answer = await ask({ ...call('pay', small, mapping), token: bob });
    assert.deepEqual(summary(answer), [false, -32602]);
  });

  it('gets reasons and obligations, of a batch together', async () => {
    const one = await ask(call('pay', small, { evaluation: withdraw }));
    const obligations = [
      { id: 'audit:strict', type: 'custom', properties: { name: 'audit', argument: 'strict' } },
    ];
    assert.deepEqual(one.context?.['obligations'], obligations);
    const both = await ask(call('move', small, { evaluations: transfer }));
    assert.deepEqual(both.context?.['obligations'], obligations);
    assert.equal((both.context['evaluations'] as object[]).length, 2);
  });

  it('is recorded question by question; what is not asked is not', async () => {
    const recordsOf = async (body: object): Promise<number> => {
      const before = point.ledger.size();
      await ask(body);
      return point.ledger.size() - before;
    };
    assert.equal(await recordsOf(call('weather', {})), 1);
    assert.equal(await recordsOf(call('move', small, { evaluations: transfer })), 2);
    assert.equal(await recordsOf({ method: 'ping' }), 0);
    assert.equal(await recordsOf({ method: 'nonsense' }), 0);
  });
});

describe('a body that is no MCP request', () => {
  const good = { method: 'ping', token: alice };
  for (const body of [
    {},
    [],
    { ...good, method: undefined },
    { ...good, method: '' },
    { ...good, method: 7 },
    { ...good, method: 'm'.repeat(300) },
    { ...good, token: undefined },
    { ...good, token: [] },
    { ...good, token: 'ey' },
    { ...good, tool: 'x' },
    { ...good, tool: { name: 7 } },
    { ...good, server: 7 },
  ])
    it(`is a 400 problem: ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const answer = await point.raw('mcp', JSON.stringify(body));
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
    });

  it('comes from somebody unknown: 401', async () => {
    const answer = await point.raw('mcp', JSON.stringify(good), { authorization: 'none' });
    assert.equal(answer.statusCode, 401);
  });
});
