/** The guarded clock: set back, jumped ahead, behind what was recorded. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guardClock } from '../../../../src/domains/identity/clock/guarded-clock.ts';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import { fakeClock } from '../../../../src/kernel/effects.ts';
import { actor, addService, newWorkloadKey, openHarness } from '../harness.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');

/** A clock whose wall can be set by itself. */
const settable = () => {
  const hands = fakeClock();
  let offsetMs = 0;
  return {
    clock: { nowMs: () => hands.nowMs() + offsetMs, monotonicMs: hands.monotonicMs },
    advance: hands.advance,
    setWall: (ms: number) => {
      offsetMs += ms;
    },
  };
};

describe('the guarded clock', () => {
  it('follows small steps of a time daemon and never shows an earlier time', () => {
    const { clock, advance, setWall } = settable();
    const guarded = guardClock(clock);
    let last = guarded.nowMs();
    for (const step of [200, -300, 1500, -2000, 4000]) {
      setWall(step);
      advance(1000);
      const nowMs = guarded.nowMs();
      assert.ok(nowMs >= last);
      assert.equal(guarded.problem(), undefined);
      last = nowMs;
    }
  });

  it('set back by an hour lets nothing be valid again and signs nothing until it has caught up', () => {
    const { clock, advance, setWall } = settable();
    const guarded = guardClock(clock);
    const startMs = guarded.nowMs();
    setWall(-3_600_000);
    advance(1000);
    assert.equal(guarded.nowMs(), startMs + 1000);
    assert.equal(guarded.problem()?.error.code, 'E_IDENTITY_CLOCK');
    setWall(3_600_000);
    assert.equal(guarded.problem(), undefined);
  });

  it('jumped ahead expires things at once and signs nothing until it has stood for a minute', () => {
    const { clock, advance, setWall } = settable();
    const guarded = guardClock(clock);
    const startMs = guarded.nowMs();
    setWall(86_400_000);
    assert.equal(guarded.nowMs(), startMs + 86_400_000);
    assert.equal(guarded.problem()?.error.code, 'E_IDENTITY_CLOCK');
    advance(30_000);
    assert.ok(guarded.problem());
    advance(31_000);
    assert.equal(guarded.problem(), undefined);
  });

  it('that jumped ahead and came back was never believed', () => {
    const { clock, advance, setWall } = settable();
    const guarded = guardClock(clock);
    const startMs = guarded.nowMs();
    setWall(86_400_000);
    guarded.nowMs();
    setWall(-86_400_000);
    advance(1000);
    assert.equal(guarded.problem(), undefined);
    assert.equal(guarded.nowMs(), startMs + 1000);
  });
});

describe('a server without a clock of its own', () => {
  it('that starts before what it has recorded goes on from there and signs nothing', async () => {
    await using harness = await openHarness();
    harness.clock.advance(86_400_000);
    const { spiffeId } = await addService(harness, 'trainer');
    const svid = orThrow(
      await harness.identity.mintX509Svid(actor, { spiffeId, csrPem: newWorkloadKey().csrPem }),
    );
    harness.clock.advance(3_700_000);
    await addService(harness, 'other');
    // Restarted with the date of a year ago.
    const clock = fakeClock(Date.UTC(2025, 0, 1));
    const restarted = await harness.openReplica({ clock });
    assert.equal(codeOf(await restarted.authenticateCertificate(svid.chain)), 'E_SVID_EXPIRED');
    const wish = { spiffeId, csrPem: newWorkloadKey().csrPem };
    assert.equal(codeOf(await restarted.mintX509Svid(actor, wish)), 'E_IDENTITY_CLOCK');
  });
});
