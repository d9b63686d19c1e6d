/** Entry of the writer's thread: `new Worker(writer-thread.ts, {workerData: ThreadStart})`. */
import { isMainThread, type MessagePort, workerData } from 'node:worker_threads';
import { nodeFileOperations } from './file-operations.ts';
import { serveWriter, type WriterStart } from './serve-writer.ts';

export type ThreadStart = WriterStart & { readonly control: MessagePort };

if (!isMainThread) {
  const { control, ...start } = workerData as ThreadStart;
  await serveWriter(start, control, nodeFileOperations);
}
