/**
 * Seals personal fields: `nonce ‖ AES-256-GCM(salt ‖ canonical JSON)` under the subject's key, and a
 * commitment SHA-256(salt ‖ canonical JSON) that stays meaningless once salt and key are gone.
 * Within a minute the same fields of the same subject give the same sealed block, so that a busy
 * caller costs a map lookup; what this shows is that those events had the same fields.
 */
import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { decodeBase64Url, encodeBase64Url } from '../../../kernel/base64url.ts';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { equalBytes } from '../../../kernel/constant-time.ts';
import type { Clock, Random } from '../../../kernel/effects.ts';
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import { sealedText } from '../entry.ts';
import { ledgerErrors } from '../errors.ts';
import type { PersonalFields, SealedFields } from '../types.ts';
import type { SubjectKey, SubjectKeys } from './subject-keys.ts';

const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';
const cacheMs = 60_000;
const maxCached = 10_000;
const maxSubjectLength = 512;
const maxPlaintextBytes = 8 * 1024;

export type Sealer = {
  /** JSON of a sealed block made for the same fields within the last minute. */
  readonly cached: (personal: PersonalFields) => string | undefined;
  /**
   * JSON of the sealed block.
   *
   * @throws SallyportError E_LEDGER_EVENT_INVALID for fields that are not text, or above 8 KiB
   */
  readonly seal: (personal: PersonalFields) => Promise<string>;
  /** The fields; `erased` when the key is gone. Throws E_LEDGER_CORRUPT when they do not open. */
  readonly open: (sealed: SealedFields) => Promise<Readonly<Record<string, string>> | 'erased'>;
  /** Forgets the blocks of a subject. */
  readonly forget: (subject: string) => void;
};

export type SealerOptions = {
  readonly keys: SubjectKeys;
  readonly clock: Clock;
  readonly random: Random;
};

const invalid = (detail: string): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_EVENT_INVALID, detail);

const plaintextOf = ({ subject, fields }: PersonalFields): Uint8Array => {
  if (subject.length === 0 || subject.length > maxSubjectLength)
    throw invalid('personal fields need a subject of 1 to 512 characters');
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string') throw invalid(`personal field ${name} is not text`);
    clean[name.toWellFormed()] = value.toWellFormed();
  }
  const bytes = Buffer.from(canonicalJson(clean));
  if (bytes.length > maxPlaintextBytes)
    throw invalid(`personal fields of ${bytes.length} bytes are above ${maxPlaintextBytes}`);
  return bytes;
};

const commitmentOf = (salted: Uint8Array): string => hash('sha256', salted, 'base64url');

/** Binds the ciphertext to its place: key and commitment cannot be exchanged between entries. */
const contextOf = (key: string, commitment: string): Buffer =>
  Buffer.from(`sallyport/ledger/sealed/v1\n${key}\n${commitment}`);

const encrypt = (key: SubjectKey, plaintext: Uint8Array, random: Random): SealedFields => {
  const salted = Buffer.concat([random.bytes(saltBytes), plaintext]);
  const nonce = random.bytes(nonceBytes);
  const name = `${key.pseudonym}/${key.version}`;
  const commitment = commitmentOf(salted);
  const cipher = createCipheriv(algorithm, key.secret.reveal(), nonce);
  cipher.setAAD(contextOf(name, commitment));
  const body = Buffer.concat([nonce, cipher.update(salted), cipher.final(), cipher.getAuthTag()]);
  return { subject: key.pseudonym, key: name, commitment, ciphertext: encodeBase64Url(body) };
};

const decrypt = (key: SubjectKey, sealed: SealedFields): Uint8Array | undefined => {
  const body = decodeBase64Url(sealed.ciphertext);
  if (isRefusal(body) || body.length < nonceBytes + saltBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, key.secret.reveal(), body.subarray(0, nonceBytes));
  decipher.setAAD(contextOf(sealed.key, sealed.commitment));
  decipher.setAuthTag(body.subarray(-tagBytes));
  try {
    const salted = Buffer.concat([
      decipher.update(body.subarray(nonceBytes, -tagBytes)),
      decipher.final(),
    ]);
    const isTrue = equalBytes(Buffer.from(commitmentOf(salted)), Buffer.from(sealed.commitment));
    return isTrue ? salted.subarray(saltBytes) : undefined;
  } catch {
    return undefined;
  }
};

type Cached = { readonly subject: string; readonly text: string; readonly untilMs: number };

const cacheKey = ({ subject, fields }: PersonalFields): string =>
  `${subject}\n${JSON.stringify(fields)}`;

export const createSealer = ({ keys, clock, random }: SealerOptions): Sealer => {
  const cache = new Map<string, Cached>();
  const remember = (personal: PersonalFields, text: string): void => {
    const [oldest] = cache.keys();
    if (cache.size >= maxCached && oldest !== undefined) cache.delete(oldest);
    const untilMs = clock.monotonicMs() + cacheMs;
    cache.set(cacheKey(personal), { subject: personal.subject, text, untilMs });
  };
  return {
    cached: (personal) => {
      const known = cache.get(cacheKey(personal));
      return known !== undefined && known.untilMs > clock.monotonicMs() ? known.text : undefined;
    },
    seal: async (personal) => {
      const plaintext = plaintextOf(personal);
      const key = await keys.keyFor(personal.subject);
      const text = sealedText(encrypt(key, plaintext, random));
      remember(personal, text);
      return text;
    },
    open: async (sealed) => {
      const key = await keys.open(sealed.subject);
      if (key === undefined) return 'erased';
      const plaintext = decrypt(key, sealed);
      if (plaintext === undefined)
        throw new SallyportError(
          ledgerErrors.E_LEDGER_CORRUPT,
          'sealed fields do not open under the key of their subject',
        );
      return JSON.parse(Buffer.from(plaintext).toString()) as Readonly<Record<string, string>>;
    },
    forget: (subject) => {
      for (const [key, block] of cache) if (block.subject === subject) cache.delete(key);
    },
  };
};
