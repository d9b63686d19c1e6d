/** Makes authorities: the self-signed root, intermediates below it, keys for JWT-SVIDs. */
import {
  assembleCertificate,
  authorityToSign,
  importPublicKey,
  jwkThumbprint,
  keyIdentifierOf,
  parseCertificate,
  parsePublicKeyInfo,
  serialBytes,
  toSerial,
} from '../../engines/pki/index.ts';
import type { Clock, Random } from '../../kernel/effects.ts';
import { orThrow } from '../../kernel/errors.ts';
import { encodeHex } from '../../kernel/hex.ts';
import type { TrustDomain } from '../../kernel/ids.ts';
import type { AuthorityKind, StoredAuthority } from './authority-store.ts';
import type { IdentityKeys } from './dependencies.ts';

export type AuthorityTools = {
  readonly keys: IdentityKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly trustDomain: TrustDomain;
};

export type AuthorityPlan = {
  readonly kind: AuthorityKind;
  readonly sequence: number;
  readonly activatesAtMs: number;
  /** Signs an intermediate. */
  readonly root?: StoredAuthority;
};

const dayMs = 86_400_000;
/** Root ten years; those that sign every day thirty days. */
export const lifeMs: Readonly<Record<AuthorityKind, number>> = {
  root: 3652 * dayMs,
  intermediate: 30 * dayMs,
  jwt: 30 * dayMs,
  wit: 30 * dayMs,
};
/** Certificates of authorities begin a minute early, for verifiers whose clock is behind. */
const backdateMs = 60_000;

const pathLengths = { root: 1, intermediate: 0 } as const;
const names = { root: 'Root', intermediate: 'Intermediate' } as const;

/** A name nobody had before: keys of an authority that lost the race to be stored are never reused. */
const drawKeyName = (plan: AuthorityPlan, random: Random): string =>
  `identity-${plan.kind}-${plan.sequence}-${encodeHex(random.bytes(4))}`;

type Draft = Omit<StoredAuthority, 'id' | 'certificate'>;

const makeCertificate = async (
  tools: AuthorityTools,
  draft: Draft,
  { kind, root }: AuthorityPlan & { readonly kind: 'root' | 'intermediate' },
): Promise<Uint8Array> => {
  const rootCertificate = root?.certificate;
  const toSign = authorityToSign({
    trustDomain: tools.trustDomain,
    name: names[kind],
    publicKey: orThrow(parsePublicKeyInfo(draft.publicKey)),
    serial: toSerial(tools.random.bytes(serialBytes)),
    notBeforeMs: draft.createdAtMs - backdateMs,
    notAfterMs: draft.expiresAtMs,
    pathLength: pathLengths[kind],
    ...(rootCertificate === undefined
      ? {}
      : { issuer: orThrow(parseCertificate(rootCertificate)) }),
  });
  // The only use of the root's key besides its own certificate.
  return assembleCertificate(toSign, await tools.keys.sign(root?.keyName ?? draft.keyName, toSign));
};

/**
 * Makes a key in the key store and, for X.509, its certificate. Nothing is stored in tables yet.
 * Rejects when the key store does not hold the root's key.
 */
export const makeAuthority = async (
  tools: AuthorityTools,
  plan: AuthorityPlan,
): Promise<StoredAuthority> => {
  const { kind, sequence, activatesAtMs, root } = plan;
  const keyName = drawKeyName(plan, tools.random);
  await tools.keys.ensureSigningKey(keyName, 'ecdsa-p256');
  const publicKey = Uint8Array.from(await tools.keys.publicKey(keyName));
  const createdAtMs = tools.clock.nowMs();
  const endMs = Math.min(activatesAtMs + lifeMs[kind], root?.expiresAtMs ?? Infinity);
  const draft = {
    kind,
    sequence,
    keyName,
    publicKey,
    createdAtMs,
    activatesAtMs,
    expiresAtMs: Math.floor(endMs / 1000) * 1000,
  };
  const info = orThrow(parsePublicKeyInfo(publicKey));
  if (kind === 'jwt' || kind === 'wit')
    return {
      ...draft,
      // One key, one `kid`, over all uses (WIT-27).
      id: jwkThumbprint(orThrow(importPublicKey(info))),
      certificate: undefined,
    };
  const certificate = await makeCertificate(tools, draft, { ...plan, kind });
  return { ...draft, id: encodeHex(keyIdentifierOf(info)), certificate };
};
