/** Policy files and schemas from disk. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicySource } from '../../engines/authorization/index.ts';
import { SallyportError } from '../../kernel/errors.ts';
import type { Invocation } from './command.ts';
import { cliErrors } from './errors.ts';
import { readText } from './read-input.ts';

const maxFiles = 1000;

/** The policies named by --policies: files, and the `.cedar` files of directories, by name. */
export const readPolicies = async ({
  options,
  stdin,
}: Pick<Invocation, 'options' | 'stdin'>): Promise<readonly PolicySource[]> => {
  const files = (await Promise.all(options.list('policies').map(expand))).flat();
  if (files.length === 0) throw bad('there are no .cedar files in the directory given');
  if (files.length > maxFiles) throw bad(`there are more than ${maxFiles} policy files`);
  const sources: PolicySource[] = [];
  for (const file of files) sources.push({ file, text: await readText(file, stdin) });
  return sources;
};

/** The schema named by --schema, if any. */
export const readSchema = async ({
  options,
  stdin,
}: Pick<Invocation, 'options' | 'stdin'>): Promise<string | undefined> => {
  const file = options.text('schema');
  return file === undefined ? undefined : readText(file, stdin);
};

const expand = async (path: string): Promise<readonly string[]> => {
  if (path === '-' || !(await isDirectory(path))) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith('.cedar'))
    .sort()
    .map((name) => join(path, name));
};

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

const bad = (detail: string): SallyportError => new SallyportError(cliErrors.E_INPUT_FILE, detail);
