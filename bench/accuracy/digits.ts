/** The example classifier reads at least 92 % of digits it never saw; the baseline is guessing. */
import { train } from '../../examples/factory/train.ts';
import { report } from '../harness/report.ts';

const { accuracy, seconds, heldOut } = train(() => undefined);
const mostFrequent = Math.max(
  ...Array.from(
    { length: 10 },
    (_, digit) => heldOut.filter(({ label }) => label === digit).length,
  ),
);

report({
  name: 'digits: held-out accuracy',
  value: accuracy,
  unit: 'share',
  baseline: mostFrequent / heldOut.length,
  bound: { of: 'value', atLeast: 0.92 },
});
report({
  name: 'digits: training time',
  value: seconds,
  unit: 's',
  bound: { of: 'value', atMost: 20 },
});
