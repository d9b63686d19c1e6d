/**
 * Runs the suite against any implementation of the SPIFFE Workload API:
 * `node test/conformance/spiffe/run.ts --socket unix:/path [--trust-domain td] [--all] [--json]`.
 * Checks of Sallyport's own validators run only with --all. Exit code 1 when a rule is broken.
 */
import { parseArgs, styleText } from 'node:util';
import { grpcClient } from './client/grpc.ts';
import { security } from './client/workload-messages.ts';
import { checks, type Outcome, reportRules, type RuleReport, runCheck } from './suite.ts';
import type { Target } from './types.ts';

const colours = {
  passed: 'green',
  failed: 'red',
  skipped: 'yellow',
  'not observable': 'gray',
  'no test': 'gray',
} as const;

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const print = ({ id, result, statement, tests, reason }: RuleReport): void => {
  write(`${id.padEnd(8)} ${styleText(colours[result], result.padEnd(14))} ${statement}`);
  if (reason !== undefined) write(`         ${reason}`);
  for (const test of tests)
    if (test.reason !== undefined) write(`         ${test.title}: ${test.reason}`);
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      socket: { type: 'string' },
      'trust-domain': { type: 'string' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const endpoint = values.socket;
  if (endpoint === undefined) throw new Error('usage: run.ts --socket unix:/path');
  const target: Target = {
    endpoint,
    connect: (metadata = security) => grpcClient(endpoint, metadata),
    ...(values['trust-domain'] === undefined ? {} : { trustDomain: values['trust-domain'] }),
  };
  const chosen = checks.filter(({ needs }) => values.all || needs !== 'library');
  const outcomes: Outcome[] = [];
  for (const check of chosen) outcomes.push(await runCheck(check, target));
  const report = reportRules(outcomes);
  if (values.json) write(JSON.stringify(report, undefined, 2));
  else report.forEach(print);
  const count = (result: RuleReport['result']): number =>
    report.filter((rule) => rule.result === result).length;
  if (!values.json)
    write(
      `${report.length} rules: ${count('passed')} passed, ${count('failed')} failed, ` +
        `${count('skipped')} skipped, ${count('not observable')} not observable, ` +
        `${count('no test')} without a test for this target`,
    );
  return count('failed') === 0 ? 0 : 1;
};

process.exitCode = await main();
