/** Where the passphrase of the key store comes from. It never comes from a flag or the YAML file. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { Secret } from '../../kernel/secret.ts';
import { ensurePrivateDirectory, readPrivateFile, writeFileAtomic } from '../files/index.ts';
import type { Environment } from './environment.ts';
import { configErrors } from './errors.ts';
import type { Config } from './schema.ts';

export type Passphrase = {
  readonly secret: Secret;
  /** `generated`: lies beside what it seals; protects copies of the key file, not the machine. */
  readonly source: 'environment' | 'file' | 'systemd' | 'generated';
  /** The file it was read from, if any. */
  readonly file?: string;
};

export type PassphraseInput = {
  readonly config: Pick<Config, 'dataDir' | 'keys'>;
  readonly env: Environment;
  readonly random: Random;
};

const maxBytes = 4096;
const minLength = 12;
const generatedBytes = 32;
const credentialName = 'sallyport-passphrase';

/** Where a passphrase would come from, without reading it; undefined when one must be generated. */
export const findPassphraseFile = async ({
  config,
  env,
}: Omit<PassphraseInput, 'random'>): Promise<string | undefined> => {
  if (config.keys.passphraseFile !== undefined) return config.keys.passphraseFile;
  const credentials = env['CREDENTIALS_DIRECTORY'];
  const candidates = [
    ...(credentials ? [join(credentials, credentialName)] : []),
    generatedFile(config),
  ];
  for (const candidate of candidates) if (await exists(candidate)) return candidate;
  return undefined;
};

/**
 * The passphrase: environment, configured file, systemd credential, generated file; when there is
 * none, a random one is written to `<dataDir>/passphrase` with mode 0600.
 *
 * @throws SallyportError E_PASSPHRASE when it is shorter than 12 characters; E_FILE_… when its file
 *   is missing, unreadable or open to other users
 */
export const ensurePassphrase = async (input: PassphraseInput): Promise<Passphrase> => {
  const { config, random } = input;
  const direct = config.keys.passphrase;
  if (direct !== undefined) return { secret: checked(direct.reveal()), source: 'environment' };
  const found = await findPassphraseFile(input);
  if (found !== undefined) {
    const text = Buffer.from(await readPrivateFile(found, maxBytes)).toString('utf8');
    return {
      secret: checked(withoutFinalNewline(text)),
      source: sourceOf(found, config),
      file: found,
    };
  }
  const file = generatedFile(config);
  const secret = new Secret(Buffer.from(random.bytes(generatedBytes)).toString('base64url'));
  await ensurePrivateDirectory(config.dataDir);
  await writeFileAtomic(file, `${secret.reveal()}\n`);
  return { secret, source: 'generated', file };
};

const generatedFile = (config: Pick<Config, 'dataDir'>): string =>
  join(config.dataDir, 'passphrase');

const sourceOf = (file: string, config: PassphraseInput['config']): Passphrase['source'] => {
  if (file === config.keys.passphraseFile) return 'file';
  return file === generatedFile(config) ? 'generated' : 'systemd';
};

const checked = (text: string): Secret => {
  if (text.length >= minLength) return new Secret(text);
  throw new SallyportError(
    configErrors.E_PASSPHRASE,
    `the passphrase has fewer than ${minLength} characters`,
  );
};

const withoutFinalNewline = (text: string): string => {
  const unix = text.endsWith('\n') ? text.slice(0, -1) : text;
  return unix.endsWith('\r') ? unix.slice(0, -1) : unix;
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Only a file that is surely absent may lead to generating another passphrase.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    return true;
  }
};
