/** Failures are counted per peer and minute; what is written down is bounded, and nothing is lost silently. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAttemptLimit } from '../../../src/domains/identity/attempt-limit.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';

const bounds = { failuresPerMinute: 5, recordsPerPeer: 2, recordsInAll: 6, maxPeers: 4 };

describe('the limit on attempts', () => {
  it('exhausts a peer after its failures and forgives it a minute later', () => {
    const clock = fakeClock();
    const limit = createAttemptLimit(clock, bounds);
    for (let i = 0; i < 5; i++) {
      assert.equal(limit.isExhausted('a'), false);
      limit.fail('a');
    }
    assert.equal(limit.isExhausted('a'), true);
    assert.equal(limit.isExhausted('b'), false);
    clock.advance(60_000);
    assert.equal(limit.isExhausted('a'), false);
  });

  it('counts the same bad credential again as a record, not as an attempt', () => {
    const limit = createAttemptLimit(fakeClock(), bounds);
    for (let i = 0; i < 100; i++) limit.fail('a', true);
    assert.equal(limit.isExhausted('a'), false);
  });

  it('records a few failures of each peer and says how many were left out', () => {
    const clock = fakeClock();
    const limit = createAttemptLimit(clock, bounds);
    const recorded = Array.from({ length: 5 }, () => limit.fail('a').shouldRecord);
    assert.deepEqual(recorded, [true, true, false, false, false]);
    assert.deepEqual(limit.fail('b'), { shouldRecord: true, suppressed: 3 });
    assert.deepEqual(limit.fail('b'), { shouldRecord: true, suppressed: 0 });
  });

  it('records a bounded number of all peers together', () => {
    const limit = createAttemptLimit(fakeClock(), bounds);
    let recorded = 0;
    for (let peer = 0; peer < 100; peer++) if (limit.fail(`p${peer}`).shouldRecord) recorded += 1;
    assert.equal(recorded, 6);
  });
});
