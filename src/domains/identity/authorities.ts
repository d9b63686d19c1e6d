/**
 * The authorities of the trust domain as they stand at one moment: the bundle for verifiers and
 * the signers whose keys this server holds. Which signer is active follows from the clock alone:
 * the newest one that has begun and not ended. A next one can therefore be published beforehand.
 */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import {
  createCrlIssuer,
  createSvidIssuer,
  type CrlIssuer,
  encodePem,
  importPublicKey,
  type JwtAuthority,
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
  /** Key identifier in hex; names the authority in tables and events. */
  readonly id: string;
  readonly authority: X509Authority;
  readonly issue: SvidIssuer;
};
/** Signs lists of what this authority issued; it may do so after it stopped issuing. */
export type CrlSigner = { readonly id: string; readonly issueCrl: CrlIssuer };
export type JwtSvidSigner = Period & { readonly signer: JwtSigner };

export type Authorities = {
  readonly bundle: TrustBundle;
  /** PEM of all roots. */
  readonly rootsPem: string;
  /** Every intermediate of the trust domain, for chains that arrive without one. */
  readonly intermediates: readonly X509Authority[];
  readonly x509Signers: readonly X509Signer[];
  readonly jwtSigners: readonly JwtSvidSigner[];
  readonly witSigners: readonly JwtSvidSigner[];
  readonly crlSigners: readonly CrlSigner[];
  /** Ids of X.509 authorities that are not trusted any more. */
  readonly revoked: ReadonlySet<string>;
  /** Ids of X.509 authorities whose leaves are to be replaced. */
  readonly tainted: readonly string[];
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

type LoadedAuthority = {
  readonly signer?: X509Signer;
  readonly crlSigner?: CrlSigner;
};

const loadX509Signer = async (
  keys: IdentityKeys,
  stored: StoredAuthority,
): Promise<LoadedAuthority> => {
  const privateKey = await findPrivateKey(keys, stored);
  if (privateKey === undefined) return {};
  const authority = toAuthority(stored);
  const { id } = stored;
  const signIt = (data: Uint8Array): Uint8Array => sign('sha256', data, privateKey);
  const crlSigner = { id, issueCrl: createCrlIssuer(authority.certificate, signIt) };
  if (!mayIssue(stored)) return { crlSigner };
  const issue = createSvidIssuer(authority.certificate, signIt);
  return { crlSigner, signer: { ...periodOf(stored), id, authority, issue } };
};

const isTrusted = ({ revokedAtMs }: StoredAuthority): boolean => revokedAtMs === undefined;
const mayIssue = (stored: StoredAuthority): boolean =>
  isTrusted(stored) && stored.taintedAtMs === undefined;

const loadTokenSigner = async (
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
  const trusted = stored.filter(isTrusted);
  const roots = ofKind(trusted, 'root').map(toAuthority);
  const all = ofKind(stored, 'intermediate');
  const loaded = await Promise.all(all.map((row) => loadX509Signer(keys, row)));
  const jwt = ofKind(trusted, 'jwt');
  const wit = ofKind(trusted, 'wit');
  const signersOf = async (rows: readonly StoredAuthority[]) =>
    (await Promise.all(rows.filter(mayIssue).map((row) => loadTokenSigner(keys, row)))).flat();
  return {
    bundle: {
      trustDomain,
      x509Authorities: roots,
      jwtAuthorities: jwt.map(toTokenAuthority),
      witAuthorities: wit.map(toTokenAuthority),
      sequence: bundleSequence,
      refreshHintSeconds,
    },
    rootsPem: roots.map(({ certificate }) => encodePem('CERTIFICATE', certificate.raw)).join(''),
    intermediates: all.filter(isTrusted).map(toAuthority),
    x509Signers: loaded.flatMap(({ signer }) => signer ?? []),
    jwtSigners: await signersOf(jwt),
    witSigners: await signersOf(wit),
    crlSigners: loaded.flatMap(({ crlSigner }) => crlSigner ?? []),
    revoked: new Set(all.filter((row) => !isTrusted(row)).map(({ id }) => id)),
    tainted: all.filter((row) => !mayIssue(row)).map(({ id }) => id),
  };
};

const toTokenAuthority = ({ id, publicKey }: StoredAuthority): JwtAuthority => ({
  kid: id,
  key: orThrow(importPublicKey(orThrow(parsePublicKeyInfo(publicKey)))),
  algorithm: 'ES256',
});

/** The newest period that has begun and not ended. */
export const activeAt = <T extends Period>(periods: readonly T[], nowMs: number): T | undefined =>
  periods
    .filter(({ activatesAtMs, expiresAtMs }) => activatesAtMs <= nowMs && nowMs < expiresAtMs)
    .reduce<T | undefined>(
      (best, one) => (best === undefined || one.activatesAtMs >= best.activatesAtMs ? one : best),
      undefined,
    );
