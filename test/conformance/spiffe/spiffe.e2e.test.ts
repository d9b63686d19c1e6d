/** The conformance suite against our own Workload API, and that no rule is forgotten. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serveWorkloadApi, type WorkloadApi } from '../../../src/doors/workload-api/index.ts';
import { createFakeWorkloadSource } from '../../../src/doors/workload-api/fake.ts';
import { workloadErrors } from '../../../src/doors/workload-api/errors.ts';
import { refuse } from '../../../src/kernel/errors.ts';
import { createMemoryLog } from '../../../src/platform/log/fake.ts';
import { peerErrors } from '../../../src/platform/peer-credentials/index.ts';
import { startRealServer } from '../../journeys/real-server.ts';
import { grpcClient } from './client/grpc.ts';
import { security } from './client/workload-messages.ts';
import { startBroker } from './start-broker.ts';
import { rules } from './rules.ts';
import { checks, reportRules, runCheck, type Outcome, whySkipped } from './suite.ts';
import type { Target } from './types.ts';

const directory: string = mkdtempSync(join(tmpdir(), 'spiffe-'));
const path: string = join(directory, 'api.sock');
const source = createFakeWorkloadSource({ domain: 'conformance.test' });
const outcomes: Outcome[] = [];
let api: WorkloadApi | undefined;

const broker = await startBroker(source, join(directory, 'broker.sock'));
const server = await startRealServer({ directory });

const during = async (refusal: ReturnType<typeof refuse>, run: () => Promise<void>) => {
  source.refuseWith(refusal);
  await run().finally(() => source.refuseWith(undefined));
};

const target: Target = {
  endpoint: `unix:${path}`,
  trustDomain: 'conformance.test',
  connect: (metadata: Readonly<Record<string, string>> = security) =>
    grpcClient(`unix:${path}`, metadata),
  control: {
    rotate: source.rotate,
    whileDenied: (run) => during(refuse(workloadErrors.E_WORKLOAD_IDENTITY, 'nobody'), run),
    whileStarting: (run) => during(refuse(peerErrors.E_PEER_UNSUPPORTED, 'starting'), run),
  },
  broker: broker.target,
  federation: {
    url: `${server.url}/.well-known/spiffe-bundle`,
    trustDomain: 'sallyport.local',
    authorities: server.trustPem,
  },
};

describe('SPIFFE conformance', () => {
  before(async () => {
    api = await serveWorkloadApi({
      source,
      places: [{ kind: 'unix', path }],
      identify: () => ({ uid: 1000, gid: 1000, pid: 4242, socket: path }),
      log: createMemoryLog(),
    });
  });
  after(async () => {
    await api?.close();
    await broker.close();
    await server.stop();
    rmSync(directory, { recursive: true });
    const report = reportRules(outcomes);
    for (const { id, result, reason = '' } of report)
      if (result !== 'passed') process.stdout.write(`${id} ${result} ${reason}\n`);
  });

  for (const check of checks) {
    const skip: string | false = whySkipped(check, target) ?? false;
    it(`${check.rule} ${check.title}`, { skip }, async () => {
      const outcome = await runCheck(check, target);
      outcomes.push(outcome);
      assert.equal(outcome.result, 'passed', outcome.reason ?? outcome.title);
    });
  }

  it('names only rules that exist, each once', () => {
    const ids = rules.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const { rule } of checks) assert.ok(ids.includes(rule), rule);
  });

  it('skips nothing, and has a test or a reason for every rule', () => {
    const untested = reportRules(outcomes).filter(
      ({ result }) => result === 'no test' || result === 'skipped',
    );
    assert.deepEqual(
      untested.map(({ id }) => id),
      [],
    );
  });
});
