/**
 * Upstream credentials at rest: AES-256-GCM under a data key of its own, the data key wrapped by
 * the key store. Tenant and name are authenticated, so a box moved to another endpoint stays shut.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../../kernel/effects.ts';
import { Secret } from '../../kernel/secret.ts';

/** The part of the key store that credentials need. */
export type CredentialKeys = {
  readonly ensureWrappingKey: (keyName: string) => Promise<unknown>;
  readonly generateDataKey: (
    keyName: string,
  ) => Promise<{ readonly plaintext: Secret<Uint8Array>; readonly wrapped: Uint8Array }>;
  readonly unwrap: (keyName: string, wrapped: Uint8Array) => Promise<Secret<Uint8Array>>;
};

export type SealedCredential = { readonly key: Uint8Array; readonly box: Uint8Array };
/** Whose credential it is. */
export type CredentialPlace = { readonly tenant: string; readonly name: string };

export const credentialKeyName = 'endpoint-credentials';
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

const aadOf = ({ tenant, name }: CredentialPlace): Buffer =>
  Buffer.from(JSON.stringify(['sallyport endpoint credential', version, tenant, name]));

export const sealCredential = async (
  { keys, random }: { readonly keys: CredentialKeys; readonly random: Random },
  place: CredentialPlace,
  credential: Secret,
): Promise<SealedCredential> => {
  const { plaintext, wrapped } = await keys.generateDataKey(credentialKeyName);
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', plaintext.reveal(), nonce).setAAD(aadOf(place));
  const body = Buffer.concat([cipher.update(credential.reveal(), 'utf8'), cipher.final()]);
  plaintext.wipe();
  return {
    key: wrapped,
    box: Uint8Array.from(Buffer.concat([Buffer.from([version]), nonce, body, cipher.getAuthTag()])),
  };
};

/** Throws when the box was altered, belongs to another endpoint or the wrapping key is gone. */
export const openCredential = async (
  keys: CredentialKeys,
  place: CredentialPlace,
  sealed: SealedCredential,
): Promise<Secret> => {
  const { box } = sealed;
  if (box[0] !== version || box.length < 1 + nonceBytes + tagBytes)
    throw new Error('unknown credential box');
  const dataKey = await keys.unwrap(credentialKeyName, sealed.key);
  const nonce = box.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', dataKey.reveal(), nonce)
    .setAAD(aadOf(place))
    .setAuthTag(box.subarray(box.length - tagBytes));
  const body = box.subarray(1 + nonceBytes, box.length - tagBytes);
  const text = Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  dataKey.wipe();
  return new Secret(text);
};
