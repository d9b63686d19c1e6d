/** A thread that appends decisions through its own port, so many at a time, until told to stop. */
import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import { connectProducer } from '../../src/domains/ledger/index.ts';
import { decisionEvent } from './ledger-events.ts';

export type ProducerWork = {
  readonly port: MessagePort;
  readonly producer: number;
  /** Events handed over together; the next batch waits until all are durable. */
  readonly batchSize: number;
  /** Batches under way at the same time. */
  readonly batches: number;
  readonly seconds: number;
};
export type ProducerResult = { readonly durable: number; readonly elapsedMs: number };

const produce = async (work: ProducerWork): Promise<ProducerResult> => {
  const { port, producer, batchSize, batches, seconds } = work;
  const ledger = connectProducer(port);
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  let next = 0;
  let durable = 0;
  const drive = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const batch = Array.from({ length: batchSize }, () =>
        ledger.append(decisionEvent(producer, next++)),
      );
      await Promise.all(batch);
      durable += batchSize;
    }
  };
  await Promise.all(Array.from({ length: batches }, drive));
  const elapsedMs = performance.now() - startMs;
  await ledger.close();
  return { durable, elapsedMs };
};

parentPort?.postMessage(await produce(workerData as ProducerWork));
