/** Entry of the thread behind checkpoints.ts: moves what it finds once, stopping nobody, and ends. */
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, workerData } from 'node:worker_threads';

if (!isMainThread) {
  const database = new DatabaseSync(workerData as string);
  try {
    database.exec('pragma wal_checkpoint(passive)');
  } finally {
    database.close();
  }
}
