/** Windows are the same for every node. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { windowAt } from '../../../src/domains/budgets/windows.ts';

const cases = [
  ['minute', '2026-03-04T12:30:30.500Z', '2026-03-04T12:30:00Z', '2026-03-04T12:31:00Z'],
  ['hour', '2026-03-04T12:30:30Z', '2026-03-04T12:00:00Z', '2026-03-04T13:00:00Z'],
  ['day', '2026-03-04T23:59:59.999Z', '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'],
  ['month', '2026-02-28T23:59:59.999Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['month', '2026-12-31T00:00:00Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
] as const;

describe('windows', () => {
  for (const [window, now, start, end] of cases) {
    it(`puts ${now} into the ${window} from ${start}`, () => {
      const span = windowAt(window, Date.parse(now));
      assert.deepEqual(span, { startMs: Date.parse(start), endMs: Date.parse(end) });
      assert.deepEqual(windowAt(window, span.startMs), span);
      assert.equal(windowAt(window, span.endMs).startMs, span.endMs);
    });
  }
});
