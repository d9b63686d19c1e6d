/** Small parts of the gateway: routes, peers, ids, usage, the signed context header. */
import assert from 'node:assert/strict';
import { createPublicKey, verify, type webcrypto } from 'node:crypto';
import { describe, it } from 'node:test';
import { Peers, peerKeyOf } from '../../../src/doors/gateway/front/peers.ts';
import { estimateUsage, usageOf } from '../../../src/doors/gateway/protocols/openai-usage.ts';
import { requestIds } from '../../../src/doors/gateway/request-ids.ts';
import { findRoute, isGatewayPath } from '../../../src/doors/gateway/route.ts';
import {
  contextKeyName,
  contextKeySet,
  createContextHeaders,
} from '../../../src/doors/gateway/upstream/context-header.ts';
import type { Endpoint } from '../../../src/domains/endpoints/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { createMemoryKeyStore } from '../../../src/platform/keys/index.ts';
import { identityOf } from './harness.ts';

describe('routes', () => {
  const cases: readonly (readonly [string, string, string, string?, string?])[] = [
    ['POST', '/v1/chat/completions', 'inference'],
    ['GET', '/v1/chat/completions', 'wrong-method'],
    ['POST', '/v1/chat/completions/', 'unknown'],
    ['GET', '/v1/models', 'list-models'],
    ['GET', '/v1/models/m', 'show-model', 'm'],
    ['GET', '/v1/models/', 'unknown'],
    ['GET', '/v1/models/a/b', 'unknown'],
    ['DELETE', '/v1/models/m', 'wrong-method'],
    ['GET', '/v2', 'server-metadata'],
    ['GET', '/v2/health/live', 'health'],
    ['GET', '/v2/models/m', 'model-metadata', 'm'],
    ['GET', '/v2/models/m/ready', 'model-ready', 'm'],
    ['GET', '/v2/models/m/versions/3/ready', 'model-ready', 'm', '3'],
    ['POST', '/v2/models/m/versions/3/infer', 'inference', 'm', '3'],
    ['POST', '/v2/models/m/infer/x', 'unknown'],
    ['POST', '/v2/models/m/versions//infer', 'unknown'],
    ['POST', '/v2/models//infer', 'unknown'],
    ['GET', '/v2/models', 'unknown'],
    ['PUT', '/v2', 'wrong-method'],
  ];
  for (const [method, path, kind, model, version] of cases)
    it(`makes ${kind} of ${method} ${path}`, () => {
      const match = findRoute(method, path);
      assert.deepEqual([match.route.kind, match.model, match.version], [kind, model, version]);
    });

  it('leave every path of the control plane alone', () => {
    for (const path of ['/api/v1/x', '/v1x', '/v22', '/', '/access/v1/evaluation', '/openapi.json'])
      assert.equal(isGatewayPath(path), false, path);
    for (const path of ['/v1/x', '/v2', '/v2?x=1', '/v2/models/m']) assert.ok(isGatewayPath(path));
  });
});

describe('peers', () => {
  it('are one IPv4 address or one IPv6 subscriber', () => {
    assert.equal(peerKeyOf('::ffff:10.0.0.1'), '10.0.0.1');
    assert.equal(peerKeyOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
    assert.equal(peerKeyOf('2001:db8:1:2::9'), '2001:db8:1:2::/64');
    assert.equal(peerKeyOf('2001:db8::9'), '2001:db8:0:0::/64');
  });

  it('are forgiven their failures with time', () => {
    const clock = fakeClock();
    const limits = { maxConnectionsPerPeer: 2, maxFailures: 3, failureWindowMs: 3_000 };
    const peers = new Peers(clock, limits);
    const peer = peers.of('10.0.0.1');
    for (let i = 0; i < 100; i++) peers.failed(peer);
    assert.ok(peers.isBlocked(peer));
    assert.equal(peers.blockedForMs(peer), 1_000);
    clock.advance(1_001);
    assert.equal(peers.isBlocked(peer), false);
    peers.failed(peer);
    assert.ok(peers.isBlocked(peer));
  });

  it('hold no more connections than allowed and are remembered while they failed', () => {
    const clock = fakeClock();
    const peers = new Peers(clock, {
      maxConnectionsPerPeer: 1,
      maxFailures: 3,
      failureWindowMs: 3_000,
    });
    const peer = peers.of('10.0.0.1');
    assert.deepEqual([peers.enter(peer), peers.enter(peer)], [true, false]);
    peers.failed(peer);
    peers.leave(peer);
    assert.equal(peers.of('10.0.0.1'), peer);
    for (let i = 0; i < 20_000; i++) peers.of(`10.1.${i >> 8}.${i & 255}`);
    assert.ok(peers.size <= 10_000);
  });
});

describe('request ids', () => {
  it('differ between processes and grow within one', () => {
    const next = requestIds(fakeClock(), systemRandom);
    const ids = [next(), next(), next()];
    assert.deepEqual([...ids].sort(), ids);
    assert.notEqual(requestIds(fakeClock(), systemRandom)(), ids[0]);
  });
});

describe('usage', () => {
  it('is read from every kind of answer', () => {
    const expected = { inputTokens: 3, outputTokens: 4, isEstimate: false };
    assert.deepEqual(usageOf({ usage: { prompt_tokens: 3, completion_tokens: 4 } }), expected);
    assert.deepEqual(usageOf({ usage: { input_tokens: 3, output_tokens: 4 } }), expected);
    assert.deepEqual(
      usageOf({ response: { usage: { input_tokens: 3, output_tokens: 4 } } }),
      expected,
    );
    assert.deepEqual(usageOf({ usage: { prompt_tokens: 3, total_tokens: 7 } }), expected);
  });
  it('is not believed when it is nonsense', () => {
    for (const prompt_tokens of [-1, 1.5, 1e300, '3', null])
      assert.equal(usageOf({ usage: { prompt_tokens } }), undefined);
    assert.equal(usageOf({ usage: [] }), undefined);
  });
  it('is estimated from bytes, never above what was reserved', () => {
    const facts = {
      inputTokens: 10,
      outputField: 'max_tokens',
      outputPerChoice: 5,
      choices: 2,
      isStream: true,
      isTool: false,
      messages: 1,
      elements: 0,
    };
    assert.equal(estimateUsage(facts, 9).outputTokens, 3);
    assert.equal(estimateUsage(facts, 9_000).outputTokens, 10);
  });
});

describe('the context header', () => {
  const endpoint = { name: 'llm' } as Endpoint;

  it('is signed, short-lived, and made once for a caller and an endpoint', async () => {
    const clock = fakeClock();
    const keys = createMemoryKeyStore();
    await keys.ensureSigningKey(contextKeyName, 'ed25519');
    const headers = createContextHeaders({ keys, clock, trustDomain: 'test.local' });
    const identity = { ...identityOf('alice'), expiresAtMs: clock.nowMs() + 3_600_000 };
    const [first, second] = await Promise.all([
      headers.of(identity, endpoint),
      headers.of(identity, endpoint),
    ]);
    assert.equal(first, second);
    assert.equal(headers.of(identity, endpoint), first, 'at once when at hand');
    const [head = '', claims = '', signature = ''] = first.split('.');
    const [jwk] = (await contextKeySet(keys)).keys;
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    assert.equal(kid, jwk?.['kid']);
    const key = createPublicKey({ key: jwk as webcrypto.JsonWebKey, format: 'jwk' });
    assert.ok(
      verify(null, Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url')),
    );
    const { exp, iat, sub, aud } = JSON.parse(
      Buffer.from(claims, 'base64url').toString(),
    ) as Record<string, unknown>;
    assert.deepEqual([Number(exp) - Number(iat), sub, aud], [60, 'Service::alice', 'llm']);
    clock.advance(30_001);
    assert.notEqual(await headers.of(identity, endpoint), first);
    await keys.close();
  });
});
