/**
 * The program that a crash sweep kills: opens the ledger of a directory and appends as fast as it is
 * acknowledged. Prints `ready`, then `<index> <number>` for every acknowledged event.
 * Usage: crash-program.ts <directory> <first number>
 */
import { writeSync } from 'node:fs';
import { openCrashLedger } from './crash-ledger.ts';
import { decisive } from './events.ts';

const [directory, first] = process.argv.slice(2);
if (directory === undefined || first === undefined) throw new Error('directory and number needed');

const { ledger } = await openCrashLedger(directory);
writeSync(1, 'ready\n');
let next = Number(first);
const drive = async (): Promise<void> => {
  for (;;) {
    const number = next++;
    const { index } = await ledger.append(decisive(number));
    writeSync(1, `${index} ${number}\n`);
  }
};
await Promise.all(Array.from({ length: 32 }, drive));
