/** From an invocation to a client: which server, which credential, which trust anchors. */
import { existsSync } from 'node:fs';
import { SallyportError } from '../../kernel/errors.ts';
import type { Secret } from '../../kernel/secret.ts';
import { toolEnvironment } from '../../platform/config/index.ts';
import { readFileBounded } from '../../platform/files/index.ts';
import { type Client, createClient, type Fetch } from './client.ts';
import type { Invocation } from './command.ts';
import {
  anyServer,
  dataDirectoryCredentials,
  readCredential,
  userCredentials,
} from './credentials.ts';
import { cliErrors } from './errors.ts';
import { findServer, serverBundleFile } from './server-address.ts';

const maxCaBytes = 1024 * 1024;

/**
 * A client with a credential.
 *
 * @throws SallyportError E_CREDENTIAL_MISSING when there is none for this server
 */
export const connect = async (invocation: Invocation): Promise<Client> => {
  const url = await serverOf(invocation);
  const token = await findToken(invocation, url);
  if (token === undefined)
    throw new SallyportError(cliErrors.E_CREDENTIAL_MISSING, `no credential for ${url}`);
  if (!isProtected(url))
    invocation.terminal.complain(`warning: the token crosses the network to ${url} in the clear`);
  return createClient({ url, token, fetch: await fetchFor(invocation, url) });
};

/** A client without a credential, for enrolment and join tokens. */
export const connectAnonymously = async (invocation: Invocation): Promise<Client> => {
  const url = await serverOf(invocation);
  return createClient({ url, fetch: await fetchFor(invocation, url) });
};

const serverOf = ({ options, env }: Invocation): Promise<string> =>
  findServer({
    flag: options.text('server'),
    environment: toolEnvironment(env).serverUrl,
    dataDir: options.text('dataDir'),
  });

const findToken = async (
  { options, env }: Invocation,
  url: string,
): Promise<Secret | undefined> => {
  const tool = toolEnvironment(env);
  if (tool.token !== undefined) return tool.token;
  const dataDir = options.text('dataDir');
  if (dataDir !== undefined) {
    const kept = await readCredential(dataDirectoryCredentials(dataDir), anyServer);
    if (kept !== undefined) return kept.token;
  }
  return (await readCredential(userCredentials(tool.configHome), url))?.token;
};

const isProtected = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return true;
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
};

const fetchFor = async (invocation: Invocation, url: string): Promise<Fetch> => {
  const caFile = url.startsWith('https:') ? findCaFile(invocation) : undefined;
  if (caFile === undefined) return (address, init) => fetch(address, init);
  const ca = Buffer.from(await readFileBounded(caFile, maxCaBytes)).toString('utf8');
  const undici = await import('undici');
  const dispatcher = new undici.Agent({ connect: { ca } });
  // undici's own types of the same standard objects; one implementation behind both.
  return (address, init) =>
    undici.fetch(address, { ...init, dispatcher } as object) as unknown as Promise<Response>;
};

/** Given with --ca, or left in the data directory by its server; else the public ones count. */
const findCaFile = ({ options }: Invocation): string | undefined => {
  const dataDir = options.text('dataDir');
  const left = dataDir === undefined ? undefined : serverBundleFile(dataDir);
  return options.text('ca') ?? (left !== undefined && existsSync(left) ? left : undefined);
};
