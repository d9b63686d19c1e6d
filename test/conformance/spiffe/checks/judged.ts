/** Checks of the form: these are accepted, those are refused. */
import assert from 'node:assert/strict';
import { isRefusal } from '../../../../src/kernel/errors.ts';
import type { Check } from '../types.ts';

export type Sample = readonly [what: string, verdict: () => unknown];

const describe = (verdict: unknown): string => (isRefusal(verdict) ? verdict.detail : 'accepted');

/** A check of our own validators with positive and negative samples. */
export const judged = (
  rule: string,
  title: string,
  samples: { readonly good: readonly Sample[]; readonly bad: readonly Sample[] },
): Check => ({
  rule,
  title,
  needs: 'library',
  run: () => {
    for (const [what, verdict] of samples.good) {
      const found = verdict();
      assert.ok(!isRefusal(found), `${what} is refused: ${describe(found)}`);
    }
    for (const [what, verdict] of samples.bad)
      assert.ok(isRefusal(verdict()), `${what} is accepted`);
  },
});
