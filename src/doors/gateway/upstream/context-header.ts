/**
 * The signed context header: a compact JWS (RFC 7515) that tells the upstream who is calling, on
 * whose authority, for at most 60 seconds. One signature serves a principal and an endpoint for
 * half that time, so the cost per request is a map lookup.
 */
import { createPublicKey } from 'node:crypto';
import type { Clock } from '../../../kernel/effects.ts';
import type { Endpoint } from '../../../domains/endpoints/index.ts';
import type { VerifiedIdentity } from '../../../domains/identity/index.ts';
import { encodeBase64Url } from '../../../kernel/base64url.ts';
import type { KeyStore } from '../../../platform/keys/index.ts';

/** Ed25519 key of the key store; its public half is what upstreams check the header with. */
export const contextKeyName = 'gateway-context';
export const contextHeaderName = 'x-sallyport-context';
const lifeSeconds = 60;
const reuseMs = 30_000;
const maxEntries = 10_000;

export type ContextHeaders = {
  /** At once when one is at hand. */
  readonly of: (identity: VerifiedIdentity, endpoint: Endpoint) => string | Promise<string>;
};

type ContextKeyStore = Pick<KeyStore, 'ensureSigningKey' | 'sign' | 'publicKey'>;

const keyIdOf = (version: number): string => `${contextKeyName}-${version}`;

/** RFC 7517. */
export type ContextKeySet = {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
};

/** Public keys of every version whose signatures may still be in use. */
export const contextKeySet = async (keys: ContextKeyStore): Promise<ContextKeySet> => {
  const { liveVersions } = await keys.ensureSigningKey(contextKeyName, 'ed25519');
  const jwks = liveVersions.map(async (version) => {
    const der = Buffer.from(await keys.publicKey(contextKeyName, version));
    const jwk = createPublicKey({ key: der, format: 'der', type: 'spki' }).export({
      format: 'jwk',
    });
    return { ...jwk, kid: keyIdOf(version), alg: 'EdDSA', use: 'sig' };
  });
  return { keys: await Promise.all(jwks) };
};

type Entry = { readonly madeAtMs: number; readonly expiresAtMs: number; readonly token: string };

const text = (value: object): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));

/** Claims of the header. `sub` is the SPIFFE ID when there is one, `Type::id` otherwise. */
const claimsOf = (issuer: string, identity: VerifiedIdentity, endpoint: Endpoint): object => ({
  iss: issuer,
  sub: identity.spiffeId ?? `${identity.principal.type}::${identity.principal.id}`,
  aud: endpoint.name,
  principal_type: identity.principal.type,
  principal_id: identity.principal.id,
  tenant: identity.tenant,
  amr: [identity.method],
});

export const createContextHeaders = (options: {
  readonly keys: ContextKeyStore;
  readonly clock: Clock;
  /** SPIFFE trust domain of the gateway. */
  readonly trustDomain: string;
}): ContextHeaders => {
  const { keys, clock } = options;
  const entries = new Map<string, Entry>();
  const signing = new Map<string, Promise<string>>();
  const issuer = `spiffe://${options.trustDomain}/sallyport`;
  const sign = async (identity: VerifiedIdentity, endpoint: Endpoint): Promise<Entry> => {
    const madeAtMs = clock.nowMs();
    const iat = Math.floor(madeAtMs / 1000);
    const claims = { ...claimsOf(issuer, identity, endpoint), iat, exp: iat + lifeSeconds };
    // Asked each time: after a rotation the name of the new version must stand in the head.
    const { currentVersion } = await keys.ensureSigningKey(contextKeyName, 'ed25519');
    const head = { alg: 'EdDSA', kid: keyIdOf(currentVersion), typ: 'sallyport-context+jwt' };
    const input = `${text(head)}.${text(claims)}`;
    const signature = await keys.sign(contextKeyName, Buffer.from(input));
    const expiresAtMs = Math.min(madeAtMs + reuseMs, identity.expiresAtMs);
    return { madeAtMs, expiresAtMs, token: `${input}.${encodeBase64Url(signature)}` };
  };
  const make = async (key: string, work: Promise<Entry>): Promise<string> => {
    try {
      const entry = await work;
      if (entries.size >= maxEntries) entries.delete(entries.keys().next().value as string);
      entries.set(key, entry);
      return entry.token;
    } finally {
      signing.delete(key);
    }
  };
  return {
    of: (identity, endpoint) => {
      const { tenant, credentialId, method } = identity;
      const key = `${tenant}\n${credentialId}\n${method}\n${endpoint.name}`;
      const entry = entries.get(key);
      const nowMs = clock.nowMs();
      if (entry !== undefined && nowMs < entry.expiresAtMs && nowMs >= entry.madeAtMs)
        return entry.token;
      entries.delete(key);
      return signing.getOrInsertComputed(key, () => make(key, sign(identity, endpoint)));
    },
  };
};
