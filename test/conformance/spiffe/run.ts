/**
 * Runs the suite against any implementation of the SPIFFE Workload API:
 * `node test/conformance/spiffe/run.ts --socket unix:/path [--trust-domain td] [--all] [--json]`,
 * with `--bundle-url https://… --bundle-ca file.pem` also its federation endpoint.
 * Checks of Sallyport's own validators run only with --all. Exit code 1 when a rule is broken.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { grpcClient } from './client/grpc.ts';
import { security } from './client/workload-messages.ts';
import { describeRun, runSuite } from './run-suite.ts';
import type { Target } from './types.ts';

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const readArguments = () =>
  parseArgs({
    options: {
      socket: { type: 'string' },
      'trust-domain': { type: 'string' },
      'bundle-url': { type: 'string' },
      'bundle-ca': { type: 'string' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  }).values;

const targetOf = (values: ReturnType<typeof readArguments>): Target => {
  const { socket: endpoint, 'trust-domain': trustDomain } = values;
  const { 'bundle-url': url, 'bundle-ca': file } = values;
  if (endpoint === undefined) throw new Error('usage: run.ts --socket unix:/path');
  const hasBundle = url !== undefined && file !== undefined && trustDomain !== undefined;
  if (url !== undefined && !hasBundle)
    throw new Error('--bundle-url needs --bundle-ca and --trust-domain');
  return {
    endpoint,
    connect: (metadata = security) => grpcClient(endpoint, metadata),
    ...(trustDomain === undefined ? {} : { trustDomain }),
    ...(hasBundle
      ? { federation: { url, trustDomain, authorities: readFileSync(file, 'utf8') } }
      : {}),
  };
};

const values = readArguments();
const run = await runSuite(targetOf(values), { library: values.all });
if (values.json) write(JSON.stringify(run.report, undefined, 2));
else describeRun(run).forEach(write);
process.exitCode = run.idsOf('failed').length === 0 ? 0 : 1;
