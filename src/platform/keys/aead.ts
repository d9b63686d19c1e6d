/**
 * AES-256-GCM with a fresh random 96-bit nonce (SP 800-38D): nonce ‖ ciphertext ‖ 128-bit tag.
 * Additional data binds the bytes to the place they belong to.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../../kernel/effects.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export const keyBytes = 32;

export type Sealing = {
  readonly key: Uint8Array;
  readonly additionalData: Uint8Array;
};

export const seal = (sealing: Sealing, plaintext: Uint8Array, random: Random): Uint8Array => {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv(algorithm, sealing.key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(sealing.additionalData);
  return new Uint8Array(
    Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]),
  );
};

/** The plaintext, or undefined when the bytes were not sealed this way. */
export const open = (sealing: Sealing, sealed: Uint8Array): Uint8Array | undefined => {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  const end = sealed.length - tagBytes;
  const decipher = createDecipheriv(algorithm, sealing.key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(sealing.additionalData);
  decipher.setAuthTag(sealed.subarray(end));
  try {
    const first = decipher.update(sealed.subarray(nonceBytes, end));
    return new Uint8Array(Buffer.concat([first, decipher.final()]));
  } catch {
    return undefined;
  }
};
