/**
 * The authorities of the trust domain as they stand at one moment: the bundle for verifiers and
 * the signers whose keys this server holds. Which signer is active follows from the clock alone:
 * the newest one that has begun and not ended. A next one can therefore be published beforehand.
 */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import {
  createSvidIssuer,
  encodePem,
  importPublicKey,
  type JwtSigner,
  parseCertificate,
  parsePublicKeyInfo,
  type SvidIssuer,
  toX509Authority,
  type TrustBundle,
  type X509Authority,
} from '../../engines/pki/index.ts';
import { orThrow } from '../../kernel/errors.ts';
import type { TrustDomain } from '../../kernel/ids.ts';
import type { StoredAuthority } from './authority-store.ts';
import type { IdentityKeys } from './dependencies.ts';

type Period = { readonly activatesAtMs: number; readonly expiresAtMs: number };

export type X509Signer = Period & {
  readonly authority: X509Authority;
  readonly issue: SvidIssuer;
};
export type JwtSvidSigner = Period & { readonly signer: JwtSigner };

export type Authorities = {
  readonly bundle: TrustBundle;
  /** PEM of all roots. */
  readonly rootsPem: string;
  /** Every intermediate of the trust domain, for chains that arrive without one. */
  readonly intermediates: readonly X509Authority[];
  readonly x509Signers: readonly X509Signer[];
  readonly jwtSigners: readonly JwtSvidSigner[];
};

const refreshHintSeconds = 300;

/** The private key when this server's key store holds exactly the right one. */
const findPrivateKey = async (
  keys: IdentityKeys,
  authority: StoredAuthority,
): Promise<KeyObject | undefined> => {
  try {
    const held = await keys.publicKey(authority.keyName);
    if (!Buffer.from(held).equals(authority.publicKey)) return undefined;
    const secret = await keys.exportSigningKey(authority.keyName);
    return createPrivateKey({ key: Buffer.from(secret.reveal()), format: 'der', type: 'pkcs8' });
  } catch {
    // Another server of this trust domain holds it; this one verifies and does not sign.
    return undefined;
  }
};

const toAuthority = (stored: StoredAuthority): X509Authority =>
  orThrow(toX509Authority(orThrow(parseCertificate(stored.certificate ?? new Uint8Array(0)))));

const loadX509Signer = async (
  keys: IdentityKeys,
  stored: StoredAuthority,
): Promise<readonly X509Signer[]> => {
  const privateKey = await findPrivateKey(keys, stored);
  if (privateKey === undefined) return [];
  const authority = toAuthority(stored);
  const issue = createSvidIssuer(authority.certificate, (data) => sign('sha256', data, privateKey));
  return [{ ...periodOf(stored), authority, issue }];
};

const loadJwtSigner = async (
  keys: IdentityKeys,
  stored: StoredAuthority,
): Promise<readonly JwtSvidSigner[]> => {
  const privateKey = await findPrivateKey(keys, stored);
  if (privateKey === undefined) return [];
  const signer: JwtSigner = { algorithm: 'ES256', kid: stored.id, privateKey };
  return [{ ...periodOf(stored), signer }];
};

const periodOf = ({ activatesAtMs, expiresAtMs }: StoredAuthority): Period => ({
  activatesAtMs,
  expiresAtMs,
});

const ofKind = (
  stored: readonly StoredAuthority[],
  kind: StoredAuthority['kind'],
): readonly StoredAuthority[] => stored.filter((authority) => authority.kind === kind);

/** Builds the picture from the rows. Throws when a stored certificate or key does not parse. */
export const loadAuthorities = async (
  stored: readonly StoredAuthority[],
  source: {
    readonly keys: IdentityKeys;
    readonly trustDomain: TrustDomain;
    readonly bundleSequence: number;
  },
): Promise<Authorities> => {
  const { keys, trustDomain, bundleSequence } = source;
  const roots = ofKind(stored, 'root').map(toAuthority);
  const intermediates = ofKind(stored, 'intermediate');
  const jwt = ofKind(stored, 'jwt');
  const x509Signers = await Promise.all(intermediates.map((row) => loadX509Signer(keys, row)));
  const jwtSigners = await Promise.all(jwt.map((row) => loadJwtSigner(keys, row)));
  return {
    bundle: {
      trustDomain,
      x509Authorities: roots,
      jwtAuthorities: jwt.map(({ id, publicKey }) => ({
        kid: id,
        key: orThrow(importPublicKey(orThrow(parsePublicKeyInfo(publicKey)))),
        algorithm: 'ES256' as const,
      })),
      sequence: bundleSequence,
      refreshHintSeconds,
    },
    rootsPem: roots.map(({ certificate }) => encodePem('CERTIFICATE', certificate.raw)).join(''),
    intermediates: intermediates.map(toAuthority),
    x509Signers: x509Signers.flat(),
    jwtSigners: jwtSigners.flat(),
  };
};

/** The newest period that has begun and not ended. */
export const activeAt = <T extends Period>(periods: readonly T[], nowMs: number): T | undefined =>
  periods
    .filter(({ activatesAtMs, expiresAtMs }) => activatesAtMs <= nowMs && nowMs < expiresAtMs)
    .reduce<T | undefined>(
      (best, one) => (best === undefined || one.activatesAtMs >= best.activatesAtMs ? one : best),
      undefined,
    );
