/**
 * Tokens kept for later commands: `credentials.json`, mode 0600, in the data directory or under the
 * user's configuration. A token is bound to the server it came from and sent to no other.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SallyportError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json-value.ts';
import { Secret } from '../../kernel/secret.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { readPrivateFile, writeFileAtomic } from '../../platform/files/index.ts';
import { cliErrors } from './errors.ts';

export type Credential = {
  readonly token: Secret;
  readonly principal: string;
  readonly expiresAtMs: number;
};

const maxFileBytes = 64 * 1024;
const fileName = 'credentials.json';

/** Key of the one server of a data directory, whose port may change from start to start. */
export const anyServer = '*';

export const dataDirectoryCredentials = (dataDir: string): string => join(dataDir, fileName);
export const userCredentials = (configHome: string): string =>
  join(configHome, 'sallyport', fileName);

/**
 * The credential kept for a server.
 *
 * @throws SallyportError E_CREDENTIAL_FILE or E_FILE_NOT_PRIVATE; a missing file is just undefined
 */
export const readCredential = async (
  file: string,
  server: string,
): Promise<Credential | undefined> => {
  const entry = (await readEntries(file))[server];
  if (!isJsonObject(entry)) return undefined;
  const { token, principal, expiresAtMs } = entry;
  if (typeof token !== 'string' || typeof principal !== 'string' || typeof expiresAtMs !== 'number')
    throw badFile(file);
  return { token: new Secret(token), principal, expiresAtMs };
};

/** Adds or replaces the credential of one server; the others in the file stay. */
export const keepCredential = async (
  file: string,
  server: string,
  credential: Credential,
): Promise<void> => {
  const entries = await readEntries(file);
  const entry = { ...credential, token: credential.token.reveal() };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const content = { version: 1, servers: { ...entries, [server]: entry } };
  await writeFileAtomic(file, `${JSON.stringify(content, null, 2)}\n`);
};

type Entries = Readonly<Record<string, unknown>>;

const readEntries = async (file: string): Promise<Entries> => {
  const bytes = await readIfThere(file);
  if (bytes === undefined) return {};
  const content = parseJson(bytes);
  if (!isJsonObject(content) || content['version'] !== 1 || !isJsonObject(content['servers']))
    throw badFile(file);
  return content['servers'];
};

const readIfThere = async (file: string): Promise<Uint8Array | undefined> => {
  try {
    return await readPrivateFile(file, maxFileBytes);
  } catch (error) {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code === 'ENOENT' || cause?.code === 'ENOTDIR') return undefined;
    throw error;
  }
};

const badFile = (file: string): SallyportError =>
  new SallyportError(cliErrors.E_CREDENTIAL_FILE, `${file} does not hold credentials`);
