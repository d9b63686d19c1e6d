/**
 * Metadata of the decision point (section 9), signed (section 9.2): a JWS whose claims repeat the
 * metadata, so that a client that pins the key need not trust what lies between.
 */
import { createPublicKey } from 'node:crypto';
import { encodeBase64Url } from '../../kernel/base64url.ts';
import type { Clock } from '../../kernel/effects.ts';
import type { KeyStore } from '../../platform/keys/index.ts';
import type { Metadata } from './schemas.ts';

/** Ed25519 key of the key store. */
const keyName = 'authzen-metadata';
const lifeSeconds = 86_400;

export type MetadataKeys = Pick<KeyStore, 'ensureSigningKey' | 'sign' | 'publicKey'>;
export type MetadataSigner = {
  /** The metadata with `signed_metadata`. */
  readonly sign: (metadata: Metadata) => Promise<Metadata>;
  /** RFC 7517 key set that verifies it. */
  readonly keySet: () => Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
};

const keyIdOf = (version: number): string => `${keyName}-${version}`;
const part = (value: object): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));

/** Makes the signer; the key is made when it is first needed. */
export const createMetadataSigner = (
  keys: MetadataKeys,
  clock: Pick<Clock, 'nowMs'>,
): MetadataSigner => ({
  sign: async (metadata) => {
    const { currentVersion } = await keys.ensureSigningKey(keyName, 'ed25519');
    const iat = Math.floor(clock.nowMs() / 1000);
    const header = { alg: 'EdDSA', kid: keyIdOf(currentVersion), typ: 'JWT' };
    const claims = {
      iss: metadata.policy_decision_point,
      iat,
      exp: iat + lifeSeconds,
      ...metadata,
    };
    const input = `${part(header)}.${part(claims)}`;
    const signature = await keys.sign(keyName, Buffer.from(input));
    return { ...metadata, signed_metadata: `${input}.${encodeBase64Url(signature)}` };
  },
  keySet: async () => {
    const { liveVersions } = await keys.ensureSigningKey(keyName, 'ed25519');
    const jwks = liveVersions.map(async (version) => {
      const key = Buffer.from(await keys.publicKey(keyName, version));
      const jwk = createPublicKey({ key, format: 'der', type: 'spki' }).export({ format: 'jwk' });
      return { ...jwk, kid: keyIdOf(version), alg: 'EdDSA', use: 'sig' };
    });
    return { keys: await Promise.all(jwks) };
  },
});
