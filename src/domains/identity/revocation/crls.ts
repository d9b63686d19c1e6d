/**
 * Revocation lists of our authorities: one for each intermediate, signed anew when something was
 * revoked and before the old one ends, and one of the root for intermediates. Verifiers outside
 * (nginx, openssl) refuse everything on an old list, so lists live longer than any leaf.
 */
import {
  createCrlIssuer,
  isRevocationReason,
  parseCertificate,
  RevocationList,
} from '../../../engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../kernel/errors.ts';
import type { Authorities, CrlSigner } from '../authorities.ts';
import type { StoredAuthority } from '../authority-store.ts';
import type { IdentityContext } from '../context.ts';
import type { RevocationKnowledge } from './knowledge.ts';

export type Crls = {
  readonly current: () => readonly Uint8Array[];
  /** Something was revoked, or authorities changed. True when there are new lists. */
  readonly renew: () => Promise<void>;
  /** As `renew`, when the present lists have passed a share of their life; tells whether. */
  readonly renewDue: () => Promise<boolean>;
};

export type CrlSources = {
  readonly context: Pick<IdentityContext, 'clock' | 'keys' | 'log'>;
  readonly authorities: () => Authorities;
  readonly stored: () => readonly StoredAuthority[];
  readonly knowledge: RevocationKnowledge;
};

const lifeMs = 2 * 3_600_000;
const renewAfterMs = 15 * 60_000;
/** Lists begin a minute early, for verifiers whose clock is behind. */
const backdateMs = 60_000;
const x509Prefix = 'x509:';

/** Everything that this authority issued, and what nobody remembers the issuer of. */
const listFor = (knowledge: RevocationKnowledge, issuer: string): RevocationList => {
  const list = new RevocationList();
  for (const one of knowledge.credentials()) {
    if (!one.credentialId.startsWith(x509Prefix)) continue;
    if (one.issuer !== undefined && one.issuer !== issuer) continue;
    const { reason } = one;
    list.add({
      serialNumber: one.credentialId.slice(x509Prefix.length),
      revokedAtMs: one.revokedAtMs,
      ...(isRevocationReason(reason) ? { reason } : {}),
    });
  }
  return list;
};

type Stamp = { readonly number: number; readonly nowMs: number };
const timesOf = ({ number, nowMs }: Stamp) => ({
  number,
  thisUpdateMs: nowMs - backdateMs,
  nextUpdateMs: nowMs + lifeMs,
});

const listOfIntermediate = (
  { knowledge, context }: CrlSources,
  { id, issueCrl }: CrlSigner,
  stamp: Stamp,
): readonly Uint8Array[] => {
  const crl = issueCrl(listFor(knowledge, id), timesOf(stamp));
  if (!isRefusal(crl)) return [crl];
  context.log.error(
    { code: crl.error.code, detail: crl.detail },
    'no revocation list of an authority',
  );
  return [];
};

/** The root's key stays in the key store: what is to be signed goes there and comes back. */
const listOfRoot = async (
  { stored, context }: CrlSources,
  root: StoredAuthority,
  stamp: Stamp,
): Promise<readonly Uint8Array[]> => {
  const certificate = orThrow(parseCertificate(root.certificate ?? new Uint8Array(0)));
  const list = new RevocationList();
  for (const { kind, revokedAtMs, certificate: der } of stored()) {
    if (kind !== 'intermediate' || revokedAtMs === undefined || der === undefined) continue;
    const { serialNumber } = orThrow(parseCertificate(der));
    list.add({ serialNumber, revokedAtMs, reason: 'caCompromise' });
  }
  let toSign: Uint8Array = new Uint8Array(0);
  const draft = createCrlIssuer(certificate, (bytes) => {
    toSign = Uint8Array.from(bytes);
    return new Uint8Array(0);
  });
  if (isRefusal(draft(list, timesOf(stamp)))) return [];
  const signature = await context.keys.sign(root.keyName, toSign);
  return [orThrow(createCrlIssuer(certificate, () => signature)(list, timesOf(stamp)))];
};

const listsOfRoots = async (sources: CrlSources, stamp: Stamp): Promise<readonly Uint8Array[]> => {
  const lists: Uint8Array[] = [];
  for (const root of sources.stored()) {
    if (root.kind !== 'root' || root.revokedAtMs !== undefined) continue;
    try {
      lists.push(...(await listOfRoot(sources, root, stamp)));
    } catch {
      // Another server holds the root's key; its list comes from there.
    }
  }
  return lists;
};

/** Signs the first lists. */
export const openCrls = async (sources: CrlSources): Promise<Crls> => {
  const { clock } = sources.context;
  let lists: readonly Uint8Array[] = [];
  let number = 0;
  let signedAtMs = 0;
  let running: Promise<void> = Promise.resolve();

  const signAll = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    // Grows over restarts too, without being written down.
    number = Math.max(number + 1, nowMs);
    const stamp = { number, nowMs };
    const { crlSigners } = sources.authorities();
    const own = crlSigners.flatMap((signer) => listOfIntermediate(sources, signer, stamp));
    lists = [...own, ...(await listsOfRoots(sources, stamp))];
    signedAtMs = clock.monotonicMs();
  };
  const renew = (): Promise<void> => {
    running = running.catch(() => undefined).then(signAll);
    return running;
  };
  await renew();
  return {
    current: () => lists,
    renew,
    renewDue: async () => {
      if (clock.monotonicMs() - signedAtMs < renewAfterMs) return false;
      await renew();
      return true;
    },
  };
};
