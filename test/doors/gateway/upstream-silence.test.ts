/** How long an upstream may be silent, at every point of its answer, without a timer of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatcher } from 'undici';
import type { GatewayContext } from '../../../src/doors/gateway/context.ts';
import type { Exchange } from '../../../src/doors/gateway/exchange.ts';
import { sweep } from '../../../src/doors/gateway/sweep.ts';
import { UpstreamAnswer } from '../../../src/doors/gateway/upstream/answer.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';

const timeouts = { headersMs: 1_000, idleMs: 100, totalMs: 60_000, connectMs: 10 };
const controller = {
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
} as unknown as Dispatcher.DispatchController;

/** An exchange with what the answer and the sweep look at, and nothing else. */
const setUp = (upstreamTimeoutMs = 60_000) => {
  const clock = fakeClock();
  const refused: string[] = [];
  const deps = { clock, limits: { upstreamTimeoutMs, writeTimeoutMs: 1e9, maxAnswerBytes: 1e6 } };
  const exchange = {
    gateway: { deps },
    endpoint: { timeouts },
    stalledSinceMs: Number.POSITIVE_INFINITY,
    deadlineMs: Number.POSITIVE_INFINITY,
    upstreamDueMs: Number.POSITIVE_INFINITY,
    waiting: {
      cancel: (refusal: { error: { code: string } }) => refused.push(refusal.error.code),
    },
  } as unknown as Exchange;
  const gateway = { inFlight: [exchange], draining: new Map(), deps };
  const answer = new UpstreamAnswer(exchange);
  const after = (ms: number): readonly string[] => {
    clock.advance(ms);
    sweep(gateway as unknown as GatewayContext);
    return refused;
  };
  return { answer, after };
};

const head = { 'content-type': 'application/json' };

test('expects nothing before the request was sent', () => {
  const { after } = setUp();
  assert.deepEqual(after(1e6), []);
});

test('gives the head its time and no more', () => {
  const { answer, after } = setUp();
  answer.onRequestStart(controller);
  assert.deepEqual(after(999), []);
  assert.deepEqual(after(1), ['E_UPSTREAM_TIMEOUT']);
});

test('begins anew with every interim head', () => {
  const { answer, after } = setUp();
  answer.onRequestStart(controller);
  after(900);
  answer.onResponseStart(controller, 103, {});
  assert.deepEqual(after(900), []);
  assert.deepEqual(after(100), ['E_UPSTREAM_TIMEOUT']);
});

test('begins anew with every piece of the body', () => {
  const { answer, after } = setUp();
  answer.onRequestStart(controller);
  answer.onResponseStart(controller, 200, head);
  assert.deepEqual(after(99), []);
  answer.onResponseData(controller, Buffer.from('{'));
  assert.deepEqual(after(99), []);
  assert.deepEqual(after(1), ['E_UPSTREAM_TIMEOUT']);
});

test('does not blame an upstream that is held back for a slow reader', () => {
  const { answer, after } = setUp();
  answer.onRequestStart(controller);
  answer.onResponseStart(controller, 200, head);
  answer.pause();
  assert.deepEqual(after(1e6), []);
  answer.resume();
  assert.deepEqual(after(99), []);
  assert.deepEqual(after(1), ['E_UPSTREAM_TIMEOUT']);
});

test('expects nothing more when the answer is complete', () => {
  const { answer, after } = setUp();
  answer.onRequestStart(controller);
  answer.onResponseEnd();
  assert.deepEqual(after(1e6), []);
});

test('the limit of the gateway caps the times of an endpoint', () => {
  const { answer, after } = setUp(50);
  answer.onRequestStart(controller);
  assert.deepEqual(after(50), ['E_UPSTREAM_TIMEOUT']);
});
