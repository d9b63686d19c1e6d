/** Events nobody waits for: direct, spilled, dropped and counted. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntryParts } from '../../../src/domains/ledger/entry.ts';
import { ForensicQueue } from '../../../src/domains/ledger/producer/forensic-queue.ts';
import { type Item, unavailable } from '../../../src/domains/ledger/producer/producer.ts';
import { createSampler } from '../../../src/domains/ledger/producer/sampler.ts';
import { Spill } from '../../../src/domains/ledger/producer/spill.ts';
import { fakeClock, systemClock } from '../../../src/kernel/effects.ts';
import { decisionOf, decisive } from './events.ts';
import { createFaultyFiles } from './faults.ts';
import { withLedger } from './test-ledger.ts';

const inDirectory = async (work: (directory: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-spill-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
};

/** A writer that takes entries only when told to. */
const slowProducer = () => {
  const items: { readonly text: string; readonly item: Item }[] = [];
  const submitText = (text: string, item: Item): void => void items.push({ text, item });
  return {
    items,
    producer: {
      submitText,
      submit: (parts: EntryParts, item: Item): void =>
        submitText(JSON.stringify(parts), { ...item, parts }),
    },
  };
};

const big = (n: number): EntryParts => ({
  class: 'forensic',
  ocsf: { ...decisionOf(n), unmapped: { n, pad: 'x'.repeat(50_000) } },
});

const numberIn = (text: string): number => Number(/"n":(\d+)/.exec(text)?.[1]);

test('spills to disk while the writer is behind and delivers in order afterwards', () =>
  inDirectory(async (directory) => {
    const { items, producer } = slowProducer();
    const lost: number[] = [];
    const spill = new Spill({
      path: join(directory, 'spill'),
      maxBytes: 64 * 1024 * 1024,
      onLost: (_, count) => lost.push(count),
    });
    await spill.open();
    const queue = new ForensicQueue({
      producer,
      spill,
      clock: systemClock,
      isRefusing: () => false,
    });
    for (let n = 0; n < 200; n++) queue.offer(big(n));
    assert.ok(items.length < 100, 'the rest went to disk');
    const seen: number[] = [];
    for (let turn = 0; turn < 400 && seen.length < 200; turn++) {
      for (const { text, item } of items.splice(0)) {
        seen.push(numberIn(text));
        item.accepted(seen.length - 1);
      }
      await sleep(1);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 200 }, (_, n) => n),
    );
    assert.deepEqual(lost, []);
    await queue.close();
    await spill.close();
  }));

test('counts what no longer fits and appends the count', () =>
  inDirectory(async (directory) => {
    const { items, producer } = slowProducer();
    let isRefusing = true;
    const spill = new Spill({
      path: join(directory, 'spill'),
      maxBytes: 120_000,
      onLost: (eventClass, count) => queue.lose(eventClass, count),
    });
    await spill.open();
    const queue = new ForensicQueue({
      producer,
      spill,
      clock: systemClock,
      isRefusing: () => isRefusing,
    });
    for (let n = 0; n < 5; n++) queue.offer(big(n));
    queue.lose('telemetry', 2);
    assert.deepEqual(queue.dropped, { forensic: 3, telemetry: 2 });
    queue.reportLosses();
    assert.equal(items.length, 0);
    isRefusing = false;
    queue.reportLosses();
    const report = items.find(({ text }) => text.includes('ledger.dropped'));
    assert.match(report?.text ?? '', /"dropped_forensic":3,"dropped_telemetry":2/);
    report?.item.refused(unavailable('not yet'));
    queue.reportLosses();
    assert.equal(items.filter(({ text }) => text.includes('ledger.dropped')).length, 2);
    await queue.close();
    await spill.close();
  }));

test('delivers at the next start what was spilled before, and survives a damaged spill', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'spill');
    const open = async (): Promise<Spill> => {
      const spill = new Spill({ path, maxBytes: 1_000_000, onLost: assert.fail });
      await spill.open();
      return spill;
    };
    const first = await open();
    first.add('{"n":1}', 'forensic');
    first.add('{"n":2}', 'forensic');
    await first.close();
    const second = await open();
    assert.equal(second.isEmpty, false);
    assert.deepEqual(await second.take(), ['{"n":1}', '{"n":2}']);
    assert.equal(second.isEmpty, true);
    await second.close();
    writeFileSync(path, Buffer.alloc(100, 7));
    const third = await open();
    assert.deepEqual(await third.take(), []);
    assert.equal(third.isEmpty, true);
    await third.close();
  }));

test('keeps forensic events of a refusing ledger and writes them when it resumes', () =>
  withLedger(async ({ open }) => {
    const { files, fail } = createFaultyFiles();
    const ledger = await open({ files });
    fail('write', 'ENOSPC');
    fail('allocate', 'ENOSPC');
    await ledger.append(decisive(1)).catch(() => undefined);
    for (let n = 2; n < 6; n++) ledger.record({ class: 'forensic', ocsf: decisionOf(n) });
    fail('write', undefined);
    fail('allocate', undefined);
    const found = async (): Promise<number> =>
      (await ledger.query({ eventCode: 'gateway.decision', limit: 10 })).length;
    for (let i = 0; (await found()) < 4 && i < 100; i++) await sleep(10);
    assert.equal(await found(), 4);
    assert.deepEqual(ledger.dropped(), { forensic: 0, telemetry: 0 });
  }));

test('keeps everything below the rate and thins out above it without bias', () => {
  const clock = fakeClock();
  const sampler = createSampler(clock, 100);
  let kept = 0;
  let stands = 0;
  for (let n = 0; n < 50; n++) {
    assert.equal(sampler.weigh(600301), 1);
    clock.advance(20);
  }
  for (let second = 0; second < 5; second++) {
    for (let n = 0; n < 5000; n++) {
      const weight = sampler.weigh(600301);
      kept += weight > 0 ? 1 : 0;
      stands += weight;
      clock.advance(0.2);
    }
  }
  assert.ok(kept < 1500, `${kept}`);
  assert.ok(Math.abs(stands - 25_000) < 100, `${stands}`);
  assert.equal(sampler.weigh(300201), 1, 'other types are not affected');
});
