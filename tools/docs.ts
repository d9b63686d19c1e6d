/**
 * Writes the generated pages of docs/reference: `npm run docs`. With `--check` it writes nothing
 * and fails when a page differs from what the source says.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderCliReference } from '../src/doors/cli/index.ts';
import { renderConfigReference } from '../src/platform/config/index.ts';
import { readRoomErrors, renderErrors } from './docs/errors.ts';

export type Page = { readonly path: string; readonly content: string };

/** All generated pages, in the state the source asks for. */
export const generatePages = async (root: string): Promise<readonly Page[]> => [
  { path: 'docs/reference/cli.md', content: renderCliReference() },
  { path: 'docs/reference/config.md', content: renderConfigReference() },
  { path: 'docs/reference/errors.md', content: renderErrors(await readRoomErrors(root)) },
];

/** Pages whose file is missing or says something else. */
export const findDrift = async (root: string): Promise<readonly string[]> =>
  (await generatePages(root))
    .filter(({ path, content }) => {
      const file = join(root, path);
      return !existsSync(file) || readFileSync(file, 'utf8') !== content;
    })
    .map(({ path }) => path);

const main = async (args: readonly string[]): Promise<number> => {
  const drifted = await findDrift('.');
  if (args.includes('--check')) {
    for (const path of drifted) process.stderr.write(`${path} is out of date: run npm run docs\n`);
    return drifted.length === 0 ? 0 : 1;
  }
  for (const { path, content } of await generatePages('.')) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    process.stdout.write(`${drifted.includes(path) ? 'wrote' : 'kept '} ${path}\n`);
  }
  return 0;
};

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
