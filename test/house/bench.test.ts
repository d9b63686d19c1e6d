/** The bench harness judges what it measures as it says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findRegressions } from '../../bench/harness/page.ts';
import { judge, percentile } from '../../bench/harness/report.ts';

describe('judging a figure', () => {
  const figure = { name: 'speed', value: 60, unit: '1/s', baseline: 100 };

  it('compares the ratio or the value, whichever the bound names', () => {
    assert.equal(judge({ ...figure, bound: { of: 'ratio', atLeast: 0.6 } }).ok, true);
    assert.equal(judge({ ...figure, bound: { of: 'ratio', atLeast: 0.61 } }).ok, false);
    assert.equal(judge({ ...figure, bound: { of: 'value', atMost: 59 } }).ok, false);
  });

  it('writes the bound in words', () => {
    const { bound, ratio } = judge({ ...figure, bound: { of: 'ratio', atLeast: 0.6 } });
    assert.equal(bound, 'ratio ≥ 0.6');
    assert.equal(ratio, 0.6);
  });

  it('never calls a figure kept that is no number', () => {
    assert.equal(judge({ ...figure, value: Number.NaN }).ok, false);
    const bound = { of: 'ratio', atLeast: 0.1 } as const;
    assert.equal(judge({ name: 'x', value: 1, unit: 's', bound }).ok, false);
  });
});

describe('percentiles', () => {
  it('takes the nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
    assert.equal(percentile(samples, 0.5), 50);
    assert.equal(percentile(samples, 0.99), 99);
    assert.equal(percentile([7], 0.99), 7);
  });
});

describe('regressions', () => {
  const stored = new Map([['t', ['', 't', '10', 'ms', '', '', 'value ≤ 20', 'yes']]]);
  const now = (value: number) =>
    judge({ name: 't', value, unit: 'ms', bound: { of: 'value', atMost: 20 } });

  it('reports what got worse by more than 15 %', () => {
    assert.equal(findRegressions(stored, [now(11.6)]).length, 1);
  });

  it('accepts what stayed within 15 % or got better', () => {
    assert.deepEqual(findRegressions(stored, [now(11.4), now(1)]), []);
  });
});
