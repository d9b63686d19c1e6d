/** Checks of what a server needs from the configuration: port, storage, cache, passphrase. */
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Config, Environment } from '../../../platform/config/index.ts';
import { findPassphraseFile } from '../../../platform/config/index.ts';
import { readPrivateFile } from '../../../platform/files/index.ts';
import { readServerNote } from '../server-address.ts';
import { type Check, failed, type Finding, ok, warning } from './check.ts';

const maxPassphraseBytes = 4096;

/** The checks of one configuration. */
export const serviceChecks = (config: Config, env: Environment): readonly Check[] => [
  { name: 'port', run: () => checkPort(config) },
  { name: 'passphrase', run: () => checkPassphrase(config, env) },
  { name: 'storage', run: () => checkStorage(config) },
  ...(config.cache.url === 'memory:' ? [] : [{ name: 'cache', run: () => checkCache(config) }]),
];

const checkPort = async ({ dataDir, server }: Config): Promise<Finding> => {
  const { host, port } = server;
  const code = await tryToListen(host, port);
  if (code === undefined) return ok(port === 0 ? 'any free port' : `${host}:${port} is free`);
  if (code !== 'EADDRINUSE')
    return failed(`${host}:${port}: ${code}`, 'Choose another --host or --port.');
  const note = await readServerNote(dataDir);
  if (note !== undefined && note.url.endsWith(`:${port}`))
    return ok(`${host}:${port} is used by the running server (process ${note.pid})`);
  return failed(`${host}:${port} is in use`, 'Choose another --port, or stop what uses it.');
};

const tryToListen = (host: string, port: number): Promise<string | undefined> => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen(port, host, () => server.close(() => resolve(undefined)));
  return promise;
};

const checkPassphrase = async (config: Config, env: Environment): Promise<Finding> => {
  if (config.keys.passphrase !== undefined) return ok('from SALLYPORT_KEYS_PASSPHRASE');
  const file = await findPassphraseFile({ config, env });
  if (file === undefined)
    return warning(
      'none is configured; the first start will write one beside the data',
      'For production name a file elsewhere in keys.passphraseFile.',
    );
  await readPrivateFile(file, maxPassphraseBytes);
  if (file !== join(config.dataDir, 'passphrase')) return ok(`${file} is private`);
  return warning(
    `${file} lies beside what it seals`,
    'For production move it elsewhere and name it in keys.passphraseFile.',
  );
};

const silent = { warn: () => undefined };

const checkStorage = async ({ dataDir, storage: { url } }: Config): Promise<Finding> => {
  const isEmbedded = url.startsWith('sqlite:');
  // Opening would create the file; looking must not create anything.
  if (isEmbedded && !(await isThere(sqliteFile(url, dataDir))))
    return ok('SQLite, will be created at the first start');
  const { openStorage } = await import('../../../platform/storage/index.ts');
  const storage = await openStorage({ url, dataDir, log: silent });
  await storage.close();
  return ok(isEmbedded ? 'SQLite opens' : 'PostgreSQL answers');
};

const sqliteFile = (url: string, dataDir: string): string =>
  url === 'sqlite:' ? join(dataDir, 'sallyport.db') : url.slice('sqlite:'.length);

const isThere = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
};

const checkCache = async ({ cache: { url } }: Config): Promise<Finding> => {
  const { openCache } = await import('../../../platform/cache/index.ts');
  const cache = await openCache({ url });
  try {
    await cache.get('sallyport:doctor');
    return ok('the cache answers');
  } finally {
    await cache.close();
  }
};
