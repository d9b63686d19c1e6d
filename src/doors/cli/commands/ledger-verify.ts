/**
 * `sallyport ledger verify`: the whole log on disk, offline, with the verifier that shares no code
 * with the writer beyond hashing. Exit code 6 when anything is wrong.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LedgerVerification, verifyLedger } from '../../../domains/ledger/index.ts';
import { type ExitName, SallyportError } from '../../../kernel/errors.ts';
import { isDataDirectoryLocked } from '../../../platform/files/index.ts';
import type { Invocation } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { readText } from '../read-input.ts';

/** Prints `{ok, size, root, checkpoints, problems}`. */
export const run = async (invocation: Invocation): Promise<ExitName> => {
  const { options, terminal, stdin } = invocation;
  const dataDir = options.required('dataDir');
  const checkpointFile = options.text('checkpoint');
  const keyFile = options.text('key');
  const vkeys = keyFile === undefined ? undefined : linesOf(await readText(keyFile, stdin));
  const live = isDataDirectoryLocked(dataDir);
  if (live) terminal.say('a server is writing this log; what is not signed yet counts as pending');
  const result = await verifyLedger({
    directory: await findLedger(dataDir),
    live,
    ...(checkpointFile === undefined ? {} : { checkpoint: await readText(checkpointFile, stdin) }),
    ...(vkeys === undefined ? {} : { vkeys }),
  });
  if (result.keySource === 'log')
    terminal.say('the keys came from the log itself; give --key to know who wrote it');
  terminal.show(result, describe);
  return result.ok ? 'ok' : 'verificationFailed';
};

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** The ledger inside a data directory, or the directory itself when it is a copy of a ledger. */
const findLedger = async (dataDir: string): Promise<string> => {
  const inside = join(dataDir, 'ledger');
  if (await isDirectory(inside)) return inside;
  if (await isDirectory(join(dataDir, 'log'))) return dataDir;
  throw new SallyportError(cliErrors.E_INPUT_FILE, `${dataDir} holds no ledger`);
};

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

const describe = (result: LedgerVerification): string => {
  const { ok, size, root, checkpoints, problems } = result;
  const head = `${ok ? 'ok' : 'NOT OK'}: ${size} entries, root ${root}, ${checkpoints} checkpoints verified`;
  const lines = problems.map(({ index, what }) =>
    index === undefined ? `  ${what}` : `  entry ${index}: ${what}`,
  );
  return [head, ...lines].join('\n');
};
