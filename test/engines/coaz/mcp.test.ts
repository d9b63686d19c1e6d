/** COAZ-MCP: the default mapping, what tools declare, the anchored subject, answers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  mapMcpRequest,
  mcpAnswer,
  type McpMapping,
  type McpRequest,
} from '../../../src/engines/coaz/index.ts';
import type { JsonObject, JsonValue } from '../../../src/kernel/json-value.ts';

const token: JsonObject = { sub: 'alice', client_id: 'app', aud: 'https://mcp.example' };
const map = (method: string, params?: JsonValue, more: Partial<McpRequest> = {}) =>
  mapMcpRequest({ method, token, ...(params === undefined ? {} : { params }), ...more });
const messageOf = (mapped: McpMapping): string =>
  mapped.kind === 'error' ? `${mapped.code} ${mapped.message}` : mapped.kind;

describe('the default mapping', () => {
  const cases: readonly (readonly [string, JsonObject | undefined, string, string])[] = [
    ['tools/call', { name: 'pay' }, 'tool', 'pay'],
    ['resources/read', { uri: 'file:///a' }, 'resource', 'file:///a'],
    ['resources/subscribe', { uri: 'file:///a' }, 'resource', 'file:///a'],
    ['resources/unsubscribe', { uri: 'file:///a' }, 'resource', 'file:///a'],
    ['prompts/get', { name: 'hello' }, 'prompt', 'hello'],
    ['tasks/get', { taskId: 't-1' }, 'task', 't-1'],
    ['tasks/result', { taskId: 't-1' }, 'task', 't-1'],
    ['tasks/update', { taskId: 't-1' }, 'task', 't-1'],
    ['tasks/cancel', { taskId: 't-1' }, 'task', 't-1'],
    ...[
      'initialize',
      'server/discover',
      'tools/list',
      'resources/list',
      'resources/templates/list',
      'prompts/list',
      'completion/complete',
      'logging/setLevel',
      'subscriptions/listen',
      'tasks/list',
    ].map((method) => [method, undefined, 'mcp_server', 'https://mcp.example'] as const),
  ];
  for (const [method, params, type, id] of cases)
    it(`${method} acts on ${type}`, () => {
      assert.deepEqual(map(method, params), {
        kind: 'evaluation',
        request: {
          subject: { type: 'identity', id: 'alice' },
          action: { name: method },
          resource: { type, id },
          context: { agent: 'app' },
        },
      });
    });

  it('names no agent when the token names no client', () => {
    const mapped = map('tools/call', { name: 'pay' }, { token: { sub: 'alice' } });
    assert.ok(mapped.kind === 'evaluation' && !('context' in mapped.request));
  });

  for (const method of ['ping', 'notifications/initialized', 'notifications/progress'])
    it(`lets ${method} pass`, () => assert.deepEqual(map(method), { kind: 'pass' }));

  for (const method of ['', 'tools', 'tools/Call', 'sampling/createMessage', 'toString', 'Ping'])
    it(`denies the unknown method ${JSON.stringify(method)}`, () => {
      assert.match(messageOf(map(method)), /^-32001 /);
    });
});

describe('a mapping error of the default mapping', () => {
  const two = ['https://mcp.example', 'https://other.example'];
  const cases: readonly (readonly [string, Partial<McpRequest> & { readonly method: string }])[] = [
    ['params.name', { method: 'tools/call' }],
    ['params.name', { method: 'tools/call', params: { name: 7 } }],
    ['params.name', { method: 'prompts/get', params: { name: '' } }],
    ['params.uri', { method: 'resources/read', params: null }],
    ['params.taskId', { method: 'tasks/get', params: ['t'] }],
    ['token.sub', { method: 'tools/list', token: { aud: 'https://mcp.example' } }],
    ['token.sub', { method: 'tools/list', token: { sub: 1, aud: 'https://mcp.example' } }],
    ['token.aud', { method: 'tools/list', token: { sub: 'alice' } }],
    ['token.aud', { method: 'tools/list', token: { sub: 'alice', aud: [] } }],
    ['token.aud', { method: 'tools/list', token: { sub: 'alice', aud: two } }],
    ['token.aud', { method: 'tools/list', server: 'https://third.example' }],
  ];
  for (const [place, request] of cases)
    it(`names ${place}: ${JSON.stringify(request)}`, () => {
      const message = messageOf(mapMcpRequest({ token, ...request }));
      assert.ok(message.startsWith(`-32602 ${place}: `), message);
    });

  it('is not made for several audiences of which one is the server', () => {
    const mapped = map('tools/list', {}, { token: { sub: 'a', aud: two }, server: two[1] ?? '' });
    assert.ok(mapped.kind === 'evaluation');
    assert.equal(mapped.request.resource.id, 'https://other.example');
  });
});

const envelope = {
  subject: { type: 'user', id: '$token.sub' },
  action: { name: 'transfer' },
  resource: { type: 'account', id: '$params.arguments.account' },
};
const params = { name: 'pay', arguments: { account: 'acc-1', who: 'mallory' } };
const declare = (mapping: JsonValue, name?: string): Partial<McpRequest> => ({
  tool: {
    inputSchema: { type: 'object', 'x-authzen-mapping': mapping },
    ...(name === undefined ? {} : { name }),
  },
});

describe('a tool that declares a mapping', () => {
  it('is asked about by it', () => {
    assert.deepEqual(map('tools/call', params, declare({ evaluation: envelope }, 'pay')), {
      kind: 'evaluation',
      request: {
        subject: { type: 'user', id: 'alice' },
        action: { name: 'transfer' },
        resource: { type: 'account', id: 'acc-1' },
        context: { agent: 'app' },
      },
    });
  });

  it('keeps its own context, its own agent first', () => {
    const context = { agent: '$token.?azp.orValue("none")', tool: '$params.name' };
    const mapped = map('tools/call', params, declare({ evaluation: { ...envelope, context } }));
    assert.ok(mapped.kind === 'evaluation');
    assert.deepEqual(mapped.request.context, { agent: 'none', tool: 'pay' });
  });

  it('gets the agent into every context of a batch', () => {
    const entries = [{ context: { a: 1 } }, {}];
    const mapped = map(
      'tools/call',
      params,
      declare({ evaluations: { ...envelope, evaluations: entries } }),
    );
    assert.ok(mapped.kind === 'evaluations');
    assert.deepEqual(mapped.request.context, { agent: 'app' });
    assert.deepEqual(mapped.request.evaluations, [{ context: { agent: 'app', a: 1 } }, {}]);
  });
});

describe('a declared mapping', () => {
  const foreign = ['mallory', '$params.arguments.who', '$token.sub + "x"', '$token.aud'];
  for (const id of foreign)
    it(`cannot speak for ${id}`, () => {
      for (const mapping of [
        { evaluation: { ...envelope, subject: { type: 'user', id } } },
        { evaluations: { ...envelope, subject: { type: 'user', id }, evaluations: [{}] } },
      ])
        assert.match(
          messageOf(map('tools/call', params, declare(mapping))),
          /^-32602 evaluations?.subject.id: is not the subject of the token/,
        );
    });

  it('speaks for itself only', () => {
    const message = messageOf(
      map('tools/call', params, declare({ evaluation: envelope }, 'other')),
    );
    assert.match(message, /^-32602 tool.name: /);
  });

  it('is not asked about by it in other methods', () => {
    const mapped = map('prompts/get', params, declare({ evaluation: envelope }));
    assert.ok(mapped.kind === 'evaluation' && mapped.request.resource.type === 'prompt');
  });

  for (const broken of [null, {}, 'x', { evaluation: { ...envelope, action: { name: '$(' } } }])
    it(`is an error with the mapping ${JSON.stringify(broken).slice(0, 40)}`, () => {
      assert.match(messageOf(map('tools/call', params, declare(broken))), /^-32602 /);
    });

  it('does not show what the caller sent', () => {
    const secret = { ...params, arguments: { account: { card: '4111' } } };
    const message = messageOf(map('tools/call', secret, declare({ evaluation: envelope })));
    assert.match(message, /^-32602 evaluation.resource.id: must be text/);
    assert.ok(!message.includes('4111'));
  });
});

describe('an answer', () => {
  const one = map('tools/call', { name: 'pay' });
  const entry = { action: { name: 'x' }, resource: { type: 't', id: 'i' } };
  const batch: McpMapping = {
    kind: 'evaluations',
    request: { subject: { type: 'identity', id: 'alice' }, evaluations: [entry, entry] },
  };
  const yes = (id: string) => ({
    decision: true,
    context: { obligations: [{ id, type: 'custom' }] },
  });
  const no = (id: string) => ({ ...yes(id), decision: false });

  it('to what passes is a permit', () => {
    assert.deepEqual(mcpAnswer({ kind: 'pass' }, undefined), { decision: true });
  });

  it('to what cannot be mapped is its error', () => {
    const { decision, error } = mcpAnswer(map('resources/read'), { decision: true });
    assert.deepEqual([decision, error?.code], [false, -32602]);
  });

  it('carries the context of permit and denial', () => {
    assert.deepEqual(mcpAnswer(one, yes('a')), yes('a'));
    assert.deepEqual(mcpAnswer(one, no('a')), {
      ...no('a'),
      error: { code: -32001, message: 'access denied' },
    });
  });

  for (const silence of [undefined, { evaluations: [yes('a')] }])
    it(`is closed when the decision point says ${JSON.stringify(silence)}`, () => {
      const { decision, error } = mcpAnswer(one, silence);
      assert.deepEqual([decision, error?.code], [false, -32603]);
    });

  it('to a batch permits when every entry is permitted, with all obligations once', () => {
    const answer = mcpAnswer(batch, { evaluations: [yes('a'), yes('a')] });
    assert.equal(answer.decision, true);
    assert.deepEqual(answer.context?.['obligations'], [{ id: 'a', type: 'custom' }]);
  });

  it('to a batch is a denial when one entry is denied or not answered', () => {
    const answer = mcpAnswer(batch, { evaluations: [yes('a'), no('b')] });
    assert.deepEqual([answer.decision, answer.error?.code], [false, -32001]);
    assert.deepEqual(answer.context?.['obligations'], [{ id: 'b', type: 'custom' }]);
    assert.equal(mcpAnswer(batch, { evaluations: [yes('a')] }).decision, false);
    assert.equal(mcpAnswer(batch, { evaluations: [] }).decision, false);
    assert.equal(mcpAnswer(batch, { evaluations: [yes('a'), yes('a'), yes('a')] }).decision, false);
    assert.equal(mcpAnswer(batch, yes('a')).error?.code, -32603);
  });
});
