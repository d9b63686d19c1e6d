/** Signs one X509-SVID below the authority in force. Shared by everything that issues. */
import { encodePem, type PublicKeyInfo, serialBytes, toSerial } from '../../engines/pki/index.ts';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { encodeHex } from '../../kernel/hex.ts';
import type { SpiffeId } from '../../kernel/ids.ts';
import type { X509Signer } from './authorities.ts';
import type { IdentityContext } from './context.ts';
import type { X509Svid } from './types.ts';

/** Leaves begin this much earlier, for verifiers whose clock is behind. */
export const backdateMs = 10_000;

/** X.509 and JWT count whole seconds. */
export const wholeSeconds = (timeMs: number): number => Math.floor(timeMs / 1000) * 1000;

export type LeafWish = {
  readonly spiffeId: SpiffeId;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Its possession was proven. */
  readonly key: PublicKeyInfo;
  readonly lifeMs: number;
};

export type Leaf = Pick<
  X509Svid,
  'spiffeId' | 'credentialId' | 'chain' | 'notBeforeMs' | 'expiresAtMs'
> & {
  /** Id of the authority that signed it. */
  readonly issuer: string;
};

export const issueLeaf = (
  context: Pick<IdentityContext, 'clock' | 'random'>,
  signer: X509Signer,
  wish: LeafWish,
): Leaf | Refusal => {
  const { spiffeId, dnsNames = [], ipAddresses = [], key, lifeMs } = wish;
  const nowMs = context.clock.nowMs();
  const serial = toSerial(context.random.bytes(serialBytes));
  const notBeforeMs = wholeSeconds(nowMs - backdateMs);
  const expiresAtMs = Math.min(wholeSeconds(nowMs + lifeMs), signer.expiresAtMs);
  const leaf = signer.issue({
    spiffeId,
    publicKey: key,
    serial,
    notBeforeMs,
    notAfterMs: expiresAtMs,
    dnsNames,
    ipAddresses,
  });
  if (isRefusal(leaf)) return leaf;
  return {
    spiffeId,
    credentialId: `x509:${encodeHex(serial)}`,
    chain: [leaf, signer.authority.certificate.raw],
    notBeforeMs,
    expiresAtMs,
    issuer: signer.id,
  };
};

/** As `issueLeaf`, with the chain in PEM as well. */
export const issueX509Svid = (
  context: Pick<IdentityContext, 'clock' | 'random'>,
  signer: X509Signer,
  wish: LeafWish,
): X509Svid | Refusal => {
  const leaf = issueLeaf(context, signer, wish);
  if (isRefusal(leaf)) return leaf;
  const { issuer: _, ...svid } = leaf;
  return { ...svid, chainPem: svid.chain.map((der) => encodePem('CERTIFICATE', der)).join('') };
};
