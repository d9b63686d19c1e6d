/** What every storage engine must do alike. Each engine's test file runs this one suite. */
import { describe } from 'node:test';
import { derivedContract, failuresContract, transactionsContract } from './contract-changes.ts';
import { migrationsContract } from './contract-migrations.ts';
import { type ContractEngine, itemsMigration, type Tables, type Use } from './contract-tables.ts';
import { refusedValuesContract, valuesContract } from './contract-values.ts';

export const storageContract = (name: string, engine: ContractEngine): void => {
  const withItems = async (use: Use): Promise<void> => {
    const { reopen, dispose } = await engine.fresh();
    const storage = await reopen();
    try {
      await storage.migrate([itemsMigration]);
      await use(storage.database<Tables>(), storage);
    } finally {
      await storage.close();
      await dispose();
    }
  };
  describe(`storage on ${name}`, { skip: engine.skip ?? false }, () => {
    valuesContract(withItems);
    refusedValuesContract(withItems);
    failuresContract(withItems);
    transactionsContract(withItems);
    derivedContract(withItems);
    migrationsContract(engine);
  });
};
