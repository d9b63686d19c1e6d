/** A proxy of its own process: it knows when the agent has lost its server, or is gone itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { watchKnowledge } from '../../../src/doors/agent/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';

const told = (code: Code, cause?: unknown) => (): Error =>
  new ConnectError('told', code, undefined, undefined, cause);
const refused = new Error('connect ECONNREFUSED');

/** An agent that answers like this, and a way to let seconds pass with a look in each. */
const answering = (first: () => Error) => {
  const held = { answer: first };
  const clock = fakeClock();
  const watch = watchKnowledge({
    client: { validateJWTSVID: () => Promise.reject(held.answer()) },
    effects: { clock, every: () => () => undefined },
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(1_000);
      await watch.look();
    }
  };
  return { held, pass, watch };
};

describe('the knowledge of the agent', () => {
  for (const code of [Code.InvalidArgument, Code.PermissionDenied, Code.Unimplemented])
    it(`is fresh while the agent judges: ${Code[code]}`, async () => {
      const { pass, watch } = answering(told(code));
      await pass(60);
      assert.equal(watch.isStale(), false);
    });

  it('is stale as soon as the agent judges nobody, and fresh again when it does', async () => {
    const { held, pass, watch } = answering(told(Code.InvalidArgument));
    await pass(1);
    held.answer = told(Code.Unavailable);
    await pass(1);
    assert.equal(watch.isStale(), true);
    held.answer = told(Code.InvalidArgument);
    await pass(1);
    assert.equal(watch.isStale(), false);
  });

  for (const [what, answer] of [
    ['refuses connections', told(Code.Unavailable, refused)],
    ['has no socket any more', told(Code.Internal, refused)],
    ['does not answer in time', told(Code.DeadlineExceeded)],
  ] as const)
    it(`is stale after the lease when the agent ${what}`, async () => {
      const { held, pass, watch } = answering(told(Code.InvalidArgument));
      await pass(1);
      held.answer = answer;
      await pass(30);
      assert.equal(watch.isStale(), false);
      await pass(1);
      assert.equal(watch.isStale(), true);
    });

  it('stays stale when an agent that judged nobody falls silent', async () => {
    const { held, pass, watch } = answering(told(Code.Unavailable));
    await pass(1);
    held.answer = told(Code.DeadlineExceeded);
    await pass(1);
    assert.equal(watch.isStale(), true);
  });
});
