/**
 * The whole story in one command: `npm run factory [-- --keep DIR]`. A real classifier, trained here
 * on real handwritten digits, is served behind the gateway; callers come and are let in or refused;
 * what was decided is proven. Exit code 1 when an act does not end as told.
 * `--keep DIR` leaves everything in DIR; `--full` is reserved for the long acts.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { playActs } from './act.ts';
import { gateActs } from './gate-acts.ts';
import { identityActs } from './identity-acts.ts';
import { ledgerActs } from './ledger-acts.ts';
import { type ActResult, createNarrator, type Narrator } from './narrator.ts';
import { setStage } from './stage.ts';

const play = async (directory: string, narrator: Narrator): Promise<readonly ActResult[]> => {
  const stage = await setStage(directory, narrator);
  try {
    narrator.chapter('At the gate');
    const gate = await playActs(stage, gateActs, narrator);
    narrator.chapter('While everything runs');
    const identity = await playActs(stage, identityActs, narrator);
    narrator.chapter('In the ledger');
    return [...gate, ...identity, ...(await playActs(stage, ledgerActs, narrator))];
  } finally {
    await stage.close();
  }
};

/** The directory to play in: the one to keep, which must be new or empty, or a temporary one. */
const chooseDirectory = (keep: string | undefined): string => {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), 'sallyport-factory-'));
  const directory = resolve(keep);
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new Error(`${directory} is not empty`);
  return directory;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { keep: { type: 'string' }, full: { type: 'boolean', default: false } },
  });
  const startMs = performance.now();
  const narrator = createNarrator(
    (line) => process.stdout.write(`${line}\n`),
    process.stdout.isTTY === true,
  );
  const directory = chooseDirectory(values.keep);
  try {
    const results = await play(directory, narrator);
    narrator.summary(results, (performance.now() - startMs) / 1000);
    if (values.keep !== undefined) {
      narrator.say(`everything is kept in ${directory}; look yourself:`);
      narrator.command(`npx sallyport ledger verify --data-dir ${join(directory, 'data')}`);
    }
    return results.every(({ ok }) => ok) ? 0 : 1;
  } finally {
    if (values.keep === undefined) rmSync(directory, { recursive: true, force: true });
  }
};

process.exitCode = await main();
