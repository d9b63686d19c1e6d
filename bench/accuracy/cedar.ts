/**
 * Our own Cedar answers random questions as Cedar's WebAssembly build does: 200,000 of them, over
 * thousands of random worlds; decision, determining policies and policies that fail must agree.
 */
import { compareWithCedar } from '../../test/engines/cedar/differential/compare.ts';
import { isShort, report } from '../harness/report.ts';

const requests = isShort() ? 5_000 : 200_000;
const comparison = compareWithCedar({ requests, seed: 1, perSet: 25 });
for (const { seed, ours, theirs, request } of comparison.disagreements)
  process.stderr.write(`seed ${seed}: ${JSON.stringify({ request, ours, theirs })}\n`);

report({
  name: `cedar: agreement with cedar-wasm on ${requests.toLocaleString('en')} random requests`,
  value: 1 - comparison.disagreements.length / comparison.requests,
  unit: 'share',
  bound: { of: 'value', atLeast: 1 },
});
report({
  name: 'cedar: share of those requests in which a policy failed',
  value: comparison.withErrors / comparison.requests,
  unit: 'share',
});
