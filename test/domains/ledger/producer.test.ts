/** When the producer hands its batches over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import type { EntryParts } from '../../../src/domains/ledger/entry.ts';
import { Producer } from '../../../src/domains/ledger/producer/producer.ts';
import type { BatchMessage } from '../../../src/domains/ledger/writer/protocol.ts';
import { systemClock } from '../../../src/kernel/effects.ts';
import { decisionOf } from './events.ts';

const parts = (n: number): EntryParts => ({ class: 'forensic', ocsf: decisionOf(n) });

/** A producer and a writer that acknowledges every batch and remembers how many it held. */
const withProducer = async (
  work: (producer: Producer, counts: readonly number[]) => Promise<void>,
  lingerMs = 60_000,
): Promise<void> => {
  const { port1, port2 } = new MessageChannel();
  const counts: number[] = [];
  port2.on('message', ({ id, count }: BatchMessage) => {
    counts.push(count);
    port2.postMessage({ id, first: 0 });
  });
  const producer = new Producer({ port: port1, clock: systemClock, timeoutMs: 5_000, lingerMs });
  try {
    await work(producer, counts);
  } finally {
    port2.close();
  }
};

const answered = (producer: Producer, n: number, isPatient: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    producer.submit(parts(n), { accepted: resolve, refused: reject, isPatient });
  });

test('what nobody waits for goes with what somebody waits for', () =>
  withProducer(async (producer, counts) => {
    const patient = answered(producer, 1, true);
    await turn();
    await turn();
    assert.deepEqual(counts, [], 'no batch of its own');
    await Promise.all([patient, answered(producer, 2, false)]);
    assert.deepEqual(counts, [2]);
  }));

test('what nobody waits for goes a little later when nothing else comes', () =>
  withProducer(async (producer, counts) => {
    await answered(producer, 1, true);
    assert.deepEqual(counts, [1]);
  }, 1));

test('sends at once what still lingers when everything is to be settled', () =>
  withProducer(async (producer, counts) => {
    let isAnswered = false;
    void answered(producer, 1, true).then(() => {
      isAnswered = true;
    });
    await producer.settled();
    await turn();
    assert.ok(isAnswered);
    assert.deepEqual(counts, [1]);
  }));

test('goes on after an event that cannot be an entry', () =>
  withProducer(async (producer, counts) => {
    const actor = { user: { uid: 'u'.repeat(70_000) } };
    const bad: EntryParts = { class: 'decisive', ocsf: { ...decisionOf(1), actor } };
    const item = { accepted: () => undefined, refused: () => undefined };
    assert.throws(() => producer.submit(bad, item), { code: 'E_LEDGER_EVENT_INVALID' });
    await turn();
    await answered(producer, 2, false);
    assert.deepEqual(counts, [1]);
  }));

test('refuses what lingers when it is ended', () =>
  withProducer(async (producer) => {
    const patient = answered(producer, 1, true);
    producer.end(new Error('over') as never);
    await assert.rejects(patient, /over/);
    assert.equal(producer.inFlightBytes, 0);
  }));
