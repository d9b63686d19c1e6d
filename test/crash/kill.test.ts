/**
 * The server is killed (SIGKILL) at random moments under load, every fourth time while it is still
 * starting. No acknowledged decision may be missing, and the ledger must verify after each restart.
 * 200 kills; 20 with SALLYPORT_TEST_SHORT.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { chatRequest } from '../../bench/harness/chat.ts';
import { type Child, startChild } from '../../bench/harness/child.ts';
import { type RunningGateway, startGateway } from '../../bench/harness/running-gateway.ts';
import { startLoad } from './acknowledged.ts';
import { proveLast, readDecisions, verifyLedger } from './recorded.ts';

const kills = process.env['SALLYPORT_TEST_SHORT'] === '1' ? 20 : 200;
const connections = 8;
const longestLifeMs = 900;
const upstreamProgram = join(import.meta.dirname, '../../bench/baselines/upstream.ts');

describe(`a server killed ${kills} times under load`, () => {
  let upstream: Child;
  let gateway: RunningGateway;
  let verifiedSize = 0;
  let acknowledgedInAll = 0;

  before(async () => {
    upstream = startChild([process.execPath, upstreamProgram]);
    const { port } = JSON.parse(await upstream.line((line) => line.startsWith('{'))) as {
      readonly port: number;
    };
    gateway = await startGateway(port);
  });

  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await upstream?.stop();
  });

  /** Loads the running server, kills it at a random moment, returns what it had acknowledged. */
  const killUnderLoad = async (): Promise<ReadonlySet<string>> => {
    const request = chatRequest(gateway.credentials.apiToken);
    const load = startLoad(gateway.port, request, connections);
    await wait(Math.random() * longestLifeMs);
    await gateway.server().stop('SIGKILL');
    await load.stop();
    assert.deepEqual([...load.unexpected], [], 'a healthy server refused');
    return load.acknowledged;
  };

  for (let round = 1; round <= kills; round++) {
    it(`kill ${round}: keeps every acknowledged decision and verifies`, async () => {
      const acknowledged = await killUnderLoad();
      acknowledgedInAll += acknowledged.size;
      if (round % 4 === 0) await gateway.killWhileStarting(Math.random() * longestLifeMs);
      await gateway.restart();
      const { size, allowed } = await readDecisions(gateway.dataDir, verifiedSize);
      const missing = [...acknowledged].filter((id) => !allowed.has(id));
      assert.deepEqual(missing, [], `${missing.length} of ${acknowledged.size} are missing`);
      await proveLast(gateway.dataDir, size);
      const verified = await verifyLedger(
        gateway.dataDir,
        join(gateway.directory, 'kept-checkpoint'),
      );
      assert.ok(verified.size >= size, `verified ${verified.size} of ${size} entries`);
      assert.ok(verified.size > verifiedSize, 'the ledger did not grow');
      verifiedSize = verified.size;
    });
  }

  it('acknowledged enough for the sweep to mean something', () => {
    assert.ok(acknowledgedInAll > kills * 20, `only ${acknowledgedInAll} acknowledged`);
  });
});
