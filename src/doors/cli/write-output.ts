/** Output files of commands. */
import { access } from 'node:fs/promises';
import { SallyportError } from '../../kernel/errors.ts';
import { writeFileAtomic } from '../../platform/files/index.ts';
import { cliErrors } from './errors.ts';

/** Writes a secret to a file (0600) that does not exist yet. Throws E_INPUT_FILE if it does. */
export const writeNewFile = async (file: string, content: string): Promise<void> => {
  if (await exists(file))
    throw new SallyportError(cliErrors.E_INPUT_FILE, `${file} exists already; nothing was written`);
  await writeFileAtomic(file, content);
};

const exists = async (file: string): Promise<boolean> => {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
};
