/** A run of the suite from end to end, and its report as lines for people. */
import { styleText } from 'node:util';
import { checks, type Outcome, reportRules, type RuleReport, runCheck } from './suite.ts';
import type { Target } from './types.ts';

export type Run = {
  readonly report: readonly RuleReport[];
  /** Rules of one result, by id. */
  readonly idsOf: (result: RuleReport['result']) => readonly string[];
};

/** Runs all checks that look at a target, one after the other; with `library` also the others. */
export const runSuite = async (
  target: Target,
  { library = false }: { readonly library?: boolean } = {},
): Promise<Run> => {
  const chosen = checks.filter(({ needs }) => library || needs !== 'library');
  const outcomes: Outcome[] = [];
  for (const check of chosen) outcomes.push(await runCheck(check, target));
  const report = reportRules(outcomes);
  const idsOf = (result: RuleReport['result']): readonly string[] =>
    report.filter((rule) => rule.result === result).map(({ id }) => id);
  return { report, idsOf };
};

const colours = {
  passed: 'green',
  failed: 'red',
  skipped: 'yellow',
  'not observable': 'gray',
  'no test': 'gray',
} as const;

const linesOf = ({ id, result, statement, tests, reason }: RuleReport): readonly string[] => [
  `${id.padEnd(8)} ${styleText(colours[result], result.padEnd(14))} ${statement}`,
  ...(reason === undefined ? [] : [`         ${reason}`]),
  ...tests.flatMap((test) =>
    test.reason === undefined ? [] : [`         ${test.title}: ${test.reason}`],
  ),
];

/** Every rule with its result and why, and a line that counts. */
export const describeRun = ({ report, idsOf }: Run): readonly string[] => [
  ...report.flatMap(linesOf),
  `${report.length} rules: ${idsOf('passed').length} passed, ${idsOf('failed').length} failed, ` +
    `${idsOf('skipped').length} skipped, ${idsOf('not observable').length} not observable, ` +
    `${idsOf('no test').length} without a test for this target`,
];
