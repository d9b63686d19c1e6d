/** The writer in its own thread, fed by this thread and by another one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { connectProducer, verifyLedger } from '../../../src/domains/ledger/index.ts';
import { openCrashLedger } from './crash-ledger.ts';
import { decisionOf, decisive } from './events.ts';
import { rejectsWith } from './test-ledger.ts';

const producerThread = new URL('./producer-thread.ts', import.meta.url);

test('takes events from several threads into one order, and tells all of them to subscribers', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-threads-'));
  const { ledger, storage } = await openCrashLedger(directory);
  try {
    const heard: number[] = [];
    const all = Promise.withResolvers<void>();
    ledger.subscribe(({ index }) => {
      if (heard.push(index) === 2000) all.resolve();
    });
    const port = ledger.createProducerPort();
    const worker = new Worker(producerThread, { workerData: { port }, transferList: [port] });
    const mine = Array.from({ length: 1000 }, (_, n) => ledger.append(decisive(n)));
    const theirs = new Promise<readonly number[]>((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', reject);
    });
    const indexes = [...(await Promise.all(mine)).map(({ index }) => index), ...(await theirs)];
    assert.equal(new Set(indexes).size, 2000);
    assert.equal(ledger.size(), 2000);
    await all.promise;
    assert.deepEqual(
      heard,
      Array.from({ length: 2000 }, (_, i) => i),
    );
    assert.equal((await ledger.query({ principal: 'Service::thread', limit: 1000 })).length, 1000);
    const remote = connectProducer(ledger.createProducerPort());
    const personal = { subject: 'a', fields: {} };
    await rejectsWith(
      remote.append({ class: 'decisive', ocsf: decisionOf(1), personal }),
      'E_LEDGER_EVENT_INVALID',
    );
    await ledger.close();
    await rejectsWith(remote.append(decisive(1)), 'E_LEDGER_CLOSED');
    const verified = await verifyLedger({ directory: join(directory, 'ledger') });
    assert.deepEqual(verified.problems, []);
    assert.equal(verified.size, 2000);
  } finally {
    await ledger.close();
    await storage.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
