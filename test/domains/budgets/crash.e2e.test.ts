/** `kill -9` at any moment gives nothing back that was dispatched. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { budgetMigrations } from '../../../src/domains/budgets/index.ts';
import { activeLimit } from '../../../src/domains/budgets/limit-book.ts';
import type { BudgetTables } from '../../../src/domains/budgets/schema.ts';
import { writeLimit } from '../../../src/domains/budgets/store.ts';
import { openStorage } from '../../../src/platform/storage/index.ts';
import { limitTo, tenant } from './world.ts';

const limit = 200_000;
const kills = 5;

/** Runs the spender until it has said `lines` lines, kills it, and adds up what it said. */
const spendAndDie = async (dataDir: string, lines: number): Promise<number> => {
  const spender = fileURLToPath(import.meta.resolve('./spender.ts'));
  const child = spawn(process.execPath, [spender, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.length > lines * 4 || said.includes('done')) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const amounts = said.split('\n').slice(0, -1).map(Number);
  return amounts.filter(Number.isFinite).reduce((sum, amount) => sum + amount, 0);
};

it('keeps what was dispatched charged when the process is killed', {
  timeout: 60_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sallyport-budgets-'));
  const open = () => openStorage({ url: 'sqlite:', dataDir, log: { warn: () => {} } });
  try {
    const storage = await open();
    await storage.migrate(budgetMigrations);
    const db = storage.database<BudgetTables>();
    await writeLimit(db, activeLimit(tenant, limitTo(limit, 'tokens', 'month')), Date.now());
    await storage.close();
    let dispatched = 0;
    for (let i = 0; i < kills; i++) {
      dispatched += await spendAndDie(dataDir, 200 + i * 700);
      const later = await open();
      const accounts = later.database<BudgetTables>().selectFrom('budget_accounts');
      const { charged } = await accounts.select('charged').executeTakeFirstOrThrow();
      await later.close();
      assert.ok(charged >= dispatched, `${dispatched} dispatched, ${charged} charged`);
      assert.ok(charged <= limit, `${charged} charged of ${limit}`);
    }
    assert.ok(dispatched > 0);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
