/** Policies from a directory: every `*.cedar` file, and `schema.cedarschema` when there is one. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicySource } from '../../engines/authorization/index.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { readFileBounded } from '../../platform/files/index.ts';
import { accessErrors } from './errors.ts';

export type PolicyFolder = {
  readonly source: 'default' | 'directory';
  readonly files: readonly PolicySource[];
  readonly schema: string;
};

const maxFiles = 1000;
const maxFileBytes = 1024 * 1024;
const schemaName = 'schema.cedarschema';
const shipped = join(import.meta.dirname, '../../../content/policies');

const readText = async (directory: string, name: string): Promise<string> => {
  const bytes = await readFileBounded(join(directory, name), maxFileBytes);
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
};

const unusable = (directory: string, cause: unknown): SallyportError =>
  new SallyportError(
    accessErrors.E_POLICY_FILES,
    `${directory}: ${cause instanceof Error ? cause.message : 'cannot be read'}`,
    { cause },
  );

const readFolder = async (
  directory: string,
): Promise<{ readonly files: readonly PolicySource[]; readonly schema: string | undefined }> => {
  const names = (await readdir(directory)).sort();
  const policyNames = names.filter((name) => name.endsWith('.cedar'));
  if (policyNames.length > maxFiles) throw new RangeError(`more than ${maxFiles} policy files`);
  const files: PolicySource[] = [];
  for (const file of policyNames) files.push({ file, text: await readText(directory, file) });
  const schema = names.includes(schemaName) ? await readText(directory, schemaName) : undefined;
  return { files, schema };
};

/**
 * Reads the policies that ship with Sallyport, or those of a directory. A directory without a
 * schema is held against the shipped one.
 *
 * @throws SallyportError E_POLICY_FILES when something cannot be read
 */
export const readPolicyFolder = async (directory?: string): Promise<PolicyFolder> => {
  const read = (from: string) =>
    readFolder(from).catch((cause: unknown) => {
      throw unusable(from, cause);
    });
  const base = await read(shipped);
  const schema = base.schema ?? '';
  if (directory === undefined) return { source: 'default', files: base.files, schema };
  const own = await read(directory);
  return { source: 'directory', files: own.files, schema: own.schema ?? schema };
};
