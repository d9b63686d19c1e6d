/** Which server a command talks to, and the note a running server leaves for this. */
import { join } from 'node:path';
import { SallyportError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { readFileBounded } from '../../platform/files/index.ts';
import { cliErrors } from './errors.ts';

const defaultUrl = 'http://127.0.0.1:7700';
const maxNoteBytes = 4096;

export type ServerNote = { readonly url: string; readonly pid: number };

/** `<data-dir>/server.json`, written when a server is ready and removed when it stops. */
export const serverNoteFile = (dataDir: string): string => join(dataDir, 'server.json');

/** `<data-dir>/bundle.pem`: trust anchors of the server's own certificate. */
export const serverBundleFile = (dataDir: string): string => join(dataDir, 'bundle.pem');

/** What the running (or crashed) server of a data directory left; undefined when there is none. */
export const readServerNote = async (dataDir: string): Promise<ServerNote | undefined> => {
  try {
    const note = parseJson(await readFileBounded(serverNoteFile(dataDir), maxNoteBytes));
    if (!isJsonObject(note)) return undefined;
    const { url, pid } = note;
    return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : undefined;
  } catch {
    return undefined;
  }
};

export type AddressInput = {
  readonly flag?: string | undefined;
  readonly environment?: string | undefined;
  readonly dataDir?: string | undefined;
};

/** The server's base URL without a final slash: flag, data directory, environment, default. */
export const findServer = async (input: AddressInput): Promise<string> => {
  if (input.flag !== undefined) return checkUrl(input.flag);
  if (input.dataDir !== undefined) {
    const note = await readServerNote(input.dataDir);
    if (note === undefined)
      throw new SallyportError(
        cliErrors.E_SERVER_ADDRESS,
        `no server is running on ${input.dataDir}`,
      );
    return checkUrl(note.url);
  }
  return checkUrl(input.environment ?? defaultUrl);
};

const checkUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw badUrl(`${text} is no http:// or https:// URL`);
  if (url.username !== '' || url.password !== '')
    throw badUrl('the URL holds a user name or password');
  return url.origin;
};

const badUrl = (detail: string): SallyportError =>
  new SallyportError(cliErrors.E_SERVER_ADDRESS, detail);
