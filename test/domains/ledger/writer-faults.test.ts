/** What happens when the disk is full or broken: refuse, say so, never acknowledge what may be lost. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ledger, verifyLedger } from '../../../src/domains/ledger/index.ts';
import { nodeFileOperations } from '../../../src/domains/ledger/writer/file-operations.ts';
import { decisive } from './events.ts';
import { createFaultyFiles, systemError } from './faults.ts';
import { rejectsWith, withLedger } from './test-ledger.ts';

const codesOf = async (ledger: Ledger): Promise<readonly (string | null)[]> => {
  const rows = await ledger.query({ limit: 100 });
  return rows.map(({ eventCode }) => eventCode).toReversed();
};

/** The writer looks for space every 20 ms; nothing else in these tests takes time. */
const untilOpen = async (ledger: Ledger): Promise<void> => {
  for (let i = 0; ledger.state() === 'refusing' && i < 100; i++) await sleep(10);
  assert.equal(ledger.state(), 'open');
};

test('refuses on a full disk, records that in the reserve, and resumes when space is back', () =>
  withLedger(async ({ open, directory }) => {
    let isFull = false;
    const reserve = join(directory, 'reserve');
    const ledger = await open({
      files: {
        // Full for everything but what the released reserve makes room for.
        write: (fd, buffers, position) => {
          if (isFull && existsSync(reserve)) throw systemError('ENOSPC');
          return nodeFileOperations.write(fd, buffers, position);
        },
        allocate: (path, size) => {
          if (isFull) throw systemError('ENOSPC');
          nodeFileOperations.allocate(path, size);
        },
      },
    });
    assert.equal(statSync(reserve).size, 4096);
    await ledger.append(decisive(1));
    isFull = true;
    await rejectsWith(ledger.append(decisive(2)), 'E_LEDGER_UNAVAILABLE');
    assert.equal(ledger.state(), 'refusing');
    await rejectsWith(ledger.append(decisive(3)), 'E_LEDGER_UNAVAILABLE');
    assert.deepEqual(await codesOf(ledger), ['gateway.decision', 'ledger.refusing']);
    isFull = false;
    await untilOpen(ledger);
    assert.equal((await ledger.append(decisive(4))).index, 3);
    assert.deepEqual(await codesOf(ledger), [
      'gateway.decision',
      'ledger.refusing',
      'ledger.resumed',
      'gateway.decision',
    ]);
    assert.equal(statSync(reserve).size, 4096);
    await ledger.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

for (const code of ['EIO', 'ENOSPC', 'EROFS']) {
  test(`stops for good when a sync fails with ${code}, until the process is started again`, () =>
    withLedger(async ({ open, directory }) => {
      const { files, fail } = createFaultyFiles();
      const ledger = await open({ files });
      await ledger.append(decisive(1));
      fail('dataSync', code);
      await rejectsWith(ledger.append(decisive(2)), 'E_LEDGER_UNAVAILABLE');
      fail('dataSync', undefined);
      await sleep(60);
      assert.equal(ledger.state(), 'refusing');
      await rejectsWith(ledger.append(decisive(3)), 'E_LEDGER_UNAVAILABLE');
      await ledger.close();
      const again = await open();
      assert.deepEqual((await again.read(0)).ocsf, decisive(1).ocsf);
      assert.equal(again.state(), 'open');
      await again.append(decisive(4));
      await again.close();
      assert.deepEqual((await verifyLedger({ directory })).problems, []);
    }));
}

test('stops for good when a write fails for another reason than space', () =>
  withLedger(async ({ open }) => {
    const { files, fail } = createFaultyFiles();
    const ledger = await open({ files });
    fail('write', 'EIO');
    await rejectsWith(ledger.append(decisive(1)), 'E_LEDGER_UNAVAILABLE');
    fail('write', undefined);
    await rejectsWith(ledger.append(decisive(2)), 'E_LEDGER_UNAVAILABLE');
    assert.equal(ledger.size(), 0);
  }));

test('acknowledges nothing of a batch that was only written in part', () =>
  withLedger(async ({ open, directory }) => {
    let left = Number.POSITIVE_INFINITY;
    const ledger = await open({
      files: {
        write: (fd, buffers, position) => {
          if (left <= 0) throw systemError('EIO');
          const part = buffers[0]?.subarray(0, Math.min(left, 100)) ?? new Uint8Array(0);
          left -= part.length;
          return nodeFileOperations.write(fd, [part], position);
        },
      },
    });
    // Short writes alone are no failure.
    await ledger.append(decisive(1));
    left = 150;
    await rejectsWith(ledger.append(decisive(2)), 'E_LEDGER_UNAVAILABLE');
    await ledger.close();
    const again = await open();
    assert.equal(again.size(), 1);
    await again.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('refuses while tiles meet a full disk and writes them when space is back', () =>
  withLedger(async ({ open, directory }) => {
    const { files, fail } = createFaultyFiles();
    const ledger = await open({ files });
    fail('replace', 'ENOSPC');
    fail('allocate', 'ENOSPC');
    const appended = Array.from({ length: 300 }, (_, n) => ledger.append(decisive(n)));
    await Promise.allSettled(appended);
    await ledger.checkpoint().then(assert.fail, () => undefined);
    assert.equal(ledger.state(), 'refusing');
    fail('replace', undefined);
    fail('allocate', undefined);
    await untilOpen(ledger);
    await ledger.append(decisive(999));
    const [, size] = (await ledger.checkpoint()).split('\n');
    assert.equal(size, String(ledger.size()));
    await ledger.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('stops for good when a checkpoint cannot be written, and loses nothing', () =>
  withLedger(async ({ open, directory }) => {
    const { files, fail } = createFaultyFiles();
    const ledger = await open({ files });
    await ledger.append(decisive(1));
    fail('replace', 'EIO');
    await rejectsWith(ledger.checkpoint(), 'E_LEDGER_UNAVAILABLE');
    assert.equal(ledger.state(), 'refusing');
    await ledger.close();
    const again = await open();
    assert.equal(again.size(), 1);
    await again.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('begins by refusing when there is no room for the reserve', () =>
  withLedger(async ({ open }) => {
    const { files, fail } = createFaultyFiles();
    fail('allocate', 'ENOSPC');
    const ledger = await open({ files });
    assert.equal(ledger.state(), 'refusing');
    fail('allocate', undefined);
    await untilOpen(ledger);
  }));

test('opens on a full disk, refusing, and keeps the reserve of the last run', () =>
  withLedger(async ({ open, directory }) => {
    const first = await open();
    await first.append(decisive(1));
    await first.close();
    const { files, fail, calls } = createFaultyFiles();
    for (const operation of ['allocate', 'replace', 'write'] as const) fail(operation, 'ENOSPC');
    const second = await open({ files });
    await rejectsWith(second.append(decisive(2)), 'E_LEDGER_UNAVAILABLE');
    assert.equal(calls('allocate'), 0);
    assert.equal(second.state(), 'refusing');
    for (const operation of ['allocate', 'replace', 'write'] as const) fail(operation, undefined);
    await untilOpen(second);
    await second.append(decisive(3));
    await second.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('gives up waiting for a disk that does not answer', () =>
  withLedger(async ({ open }) => {
    let isStuck = true;
    const ledger = await open({
      config: { appendTimeoutMs: 50 },
      files: {
        dataSync: (fd) => {
          // Not a real hang, which would stop this thread: the answer only comes too late.
          const end = performance.now() + (isStuck ? 120 : 0);
          while (performance.now() < end);
          nodeFileOperations.dataSync(fd);
        },
      },
    });
    const pending = ledger.append(decisive(1));
    await pending.catch(() => undefined);
    isStuck = false;
    await ledger.append(decisive(2));
    assert.equal(ledger.size(), 2);
  }));
