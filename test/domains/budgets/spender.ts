/** A process that spends until it is killed. It says what it dispatches before it does. */
import { writeSync } from 'node:fs';
import { createBudgets } from '../../../src/domains/budgets/index.ts';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { systemClock, systemRandom } from '../../../src/kernel/effects.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { createMemoryCache } from '../../../src/platform/cache/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import { openStorage } from '../../../src/platform/storage/index.ts';

const log = createMemoryLog();
const dataDir = process.argv[2] ?? '';
const storage = await openStorage({ url: 'sqlite:', dataDir, log });
const budgets = await createBudgets({
  storage,
  cache: createMemoryCache(),
  ledger: createMemoryLedger(),
  clock: systemClock,
  random: systemRandom,
  log,
  metrics: createMetrics(),
});

const spend = async (): Promise<boolean> => {
  const verdict = await budgets.reserve({
    tenant: 'default',
    principal: 'ann',
    teams: [],
    endpoint: 'digits',
    amounts: { requests: 1, tokens: 10, microUsd: 0 },
  });
  if (isRefusal(verdict)) return false;
  writeSync(1, '+10\n');
  verdict.dispatched();
  await new Promise(setImmediate);
  // The upstream answered: 4 were spent, 6 may go back.
  writeSync(1, '-6\n');
  verdict.settle({ tokens: 4 });
  return true;
};

const worker = async (): Promise<void> => {
  while (await spend());
};
await Promise.all(Array.from({ length: 8 }, worker));
writeSync(1, 'done\n');
setInterval(() => {}, 1000);
