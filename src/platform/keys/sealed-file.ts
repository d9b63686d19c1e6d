/**
 * The key store's file: a JSON envelope with Argon2id parameters (RFC 9106) in the clear and the
 * ring under AES-256-GCM; the parameters are authenticated. Replaced atomically, mode 0600.
 */
import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { decodeBase64Url, encodeBase64Url } from '../../kernel/base64url.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Random } from '../../kernel/effects.ts';
import { isRefusal, SallyportError } from '../../kernel/errors.ts';
import { Secret } from '../../kernel/secret.ts';
import { readPrivateFile, writeFileAtomic } from '../files/index.ts';
import { keyBytes, open, seal } from './aead.ts';
import { keysErrors } from './errors.ts';
import type { KeyRing } from './key-ring.ts';
import { decodeRing, encodeRing } from './ring-format.ts';

const maxFileBytes = 64 * 1024 * 1024;
const saltBytes = 16;
/** Cost of guessing: 64 MiB and 3 passes. A file that asks for less is refused as tampered. */
const minMemoryKiB = 65_536;
const minPasses = 3;
/** A file that asks for more than this is an attempt to exhaust us. */
const maxMemoryKiB = 1_048_576;
const maxPasses = 16;

const headerSchema = z.strictObject({
  format: z.literal('sallyport-keystore'),
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal('argon2id'),
    memoryKiB: z.int().min(minMemoryKiB).max(maxMemoryKiB),
    passes: z.int().min(minPasses).max(maxPasses),
    lanes: z.int().min(1).max(16),
    salt: z.string().min(22).max(86),
  }),
});
const fileSchema = headerSchema.extend({ sealed: z.string() });
export type KeyFileHeader = z.output<typeof headerSchema>;

/** An opened file: the key derived from the passphrase stays in memory to seal the next ring. */
export type OpenedKeyFile = {
  readonly header: KeyFileHeader;
  readonly sealingKey: Secret<Uint8Array>;
  readonly ring: KeyRing;
};

const deriveAsync = promisify(argon2);

const derive = async (header: KeyFileHeader, passphrase: Secret): Promise<Secret<Uint8Array>> => {
  const nonce = decodeBase64Url(header.kdf.salt);
  if (isRefusal(nonce)) throw sealedError('its salt is malformed');
  const key = await deriveAsync('argon2id', {
    message: Buffer.from(passphrase.reveal().normalize('NFC'), 'utf8'),
    nonce,
    parallelism: header.kdf.lanes,
    tagLength: keyBytes,
    memory: header.kdf.memoryKiB,
    passes: header.kdf.passes,
  });
  return new Secret<Uint8Array>(new Uint8Array(key));
};

const sealedError = (why: string): SallyportError =>
  new SallyportError(keysErrors.E_KEYS_SEALED, `the key store cannot be opened: ${why}`);

const additionalData = (header: KeyFileHeader): Uint8Array =>
  new TextEncoder().encode(canonicalJson(header));

/** A header with a fresh salt and an empty ring; nothing is written yet. */
export const newKeyFile = async (passphrase: Secret, random: Random): Promise<OpenedKeyFile> => {
  const header: KeyFileHeader = {
    format: 'sallyport-keystore',
    version: 1,
    kdf: {
      name: 'argon2id',
      memoryKiB: minMemoryKiB,
      passes: minPasses,
      lanes: 1,
      salt: encodeBase64Url(random.bytes(saltBytes)),
    },
  };
  return { header, sealingKey: await derive(header, passphrase), ring: new Map() };
};

/**
 * Opens an existing file. A wrong passphrase and a changed file are the same error.
 *
 * @throws SallyportError E_KEYS_SEALED; E_FILE_… when it cannot be read or others may read it
 */
export const readKeyFile = async (path: string, passphrase: Secret): Promise<OpenedKeyFile> => {
  const parsed = fileSchema.safeParse(parseOrUndefined(await readPrivateFile(path, maxFileBytes)));
  if (!parsed.success) throw sealedError('the file is not a key store of this version');
  const { sealed, ...header } = parsed.data;
  const bytes = decodeBase64Url(sealed);
  if (isRefusal(bytes)) throw sealedError('the file is damaged');
  const sealingKey = await derive(header, passphrase);
  const sealing = { key: sealingKey.reveal(), additionalData: additionalData(header) };
  const plaintext = open(sealing, bytes);
  const ring = plaintext && decodeRing(plaintext);
  plaintext?.fill(0);
  if (ring === undefined) throw sealedError('wrong passphrase, or the file was changed');
  return { header, sealingKey, ring };
};

/** Seals `ring` into the file. When this rejects, the old file is untouched. */
export const writeKeyFile = async (
  path: string,
  file: OpenedKeyFile,
  random: Random,
): Promise<void> => {
  const plaintext = encodeRing(file.ring);
  const sealing = { key: file.sealingKey.reveal(), additionalData: additionalData(file.header) };
  const sealed = encodeBase64Url(seal(sealing, plaintext, random));
  plaintext.fill(0);
  await writeFileAtomic(path, `${JSON.stringify({ ...file.header, sealed })}\n`);
};

const parseOrUndefined = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};
