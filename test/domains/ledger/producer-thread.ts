/** A thread that appends a thousand events and answers with their indexes. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { connectProducer } from '../../../src/domains/ledger/index.ts';
import { decisive } from './events.ts';

const { port } = workerData as { readonly port: MessagePort };
const producer = connectProducer(port);
const receipts = await Promise.all(
  Array.from({ length: 1000 }, (_, n) => producer.append(decisive(n, { principal: 'thread' }))),
);
parentPort?.postMessage(receipts.map(({ index }) => index));
await producer.close();
