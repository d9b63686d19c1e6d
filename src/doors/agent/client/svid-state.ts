/** What a workload was given, read from a Workload API message: checked, then in our own words. */
import {
  parseCertificate,
  parseTrustBundle,
  splitCertificates,
  toX509Authority,
  type TrustBundle,
} from '../../../engines/pki/index.ts';
import {
  isRefusal,
  orThrow,
  type Refusal,
  refuse,
  SallyportError,
} from '../../../kernel/errors.ts';
import {
  parseSpiffeId,
  parseTrustDomain,
  type TrustDomain,
  trustDomainOf,
} from '../../../kernel/ids.ts';
import { Secret } from '../../../kernel/secret.ts';
import type { WorkloadState, X509Identity } from '../../workload-api/index.ts';
import { agentErrors } from '../errors.ts';

export type SvidState = {
  /** Default first. */
  readonly identities: readonly X509Identity[];
  readonly bundles: ReadonlyMap<string, TrustBundle>;
  /** DER. */
  readonly crls: readonly Uint8Array[];
};

/** The part of X509SVIDResponse that is read. */
export type SvidMessage = {
  readonly svids: readonly {
    readonly spiffeId: string;
    readonly x509Svid: Uint8Array;
    readonly x509SvidKey: Uint8Array;
    readonly bundle: Uint8Array;
    readonly hint: string;
  }[];
  readonly crl: readonly Uint8Array[];
  readonly federatedBundles: Readonly<Record<string, Uint8Array>>;
};

const maxAuthorities = 1024;

const readBundle = (trustDomain: TrustDomain, der: Uint8Array): TrustBundle => ({
  trustDomain,
  jwtAuthorities: [],
  x509Authorities: orThrow(splitCertificates(der, maxAuthorities)).flatMap((one) => {
    const certificate = parseCertificate(one);
    const authority = isRefusal(certificate) ? certificate : toX509Authority(certificate);
    return isRefusal(authority) ? [] : [authority];
  }),
});

const readIdentity = (svid: SvidMessage['svids'][number]): X509Identity => {
  const chain = orThrow(splitCertificates(svid.x509Svid));
  const leaf = orThrow(parseCertificate(chain[0] ?? new Uint8Array(0)));
  return {
    spiffeId: orThrow(parseSpiffeId(svid.spiffeId)),
    chain,
    privateKey: new Secret<Uint8Array>(svid.x509SvidKey),
    hint: svid.hint,
    expiresAtMs: leaf.notAfterMs,
  };
};

/** Reads a message; one that is incomplete is refused as a whole (WL-20). */
export const readSvidMessage = (message: SvidMessage): SvidState | Refusal => {
  try {
    const identities = message.svids.map(readIdentity);
    const bundles = new Map<string, TrustBundle>();
    for (const [at, { bundle }] of message.svids.entries()) {
      const identity = identities[at];
      if (identity === undefined) continue;
      const trustDomain = trustDomainOf(identity.spiffeId);
      bundles.set(trustDomain, readBundle(trustDomain, bundle));
    }
    for (const [name, der] of Object.entries(message.federatedBundles)) {
      // The key is the trust domain's SPIFFE ID.
      const trustDomain = trustDomainOf(orThrow(parseSpiffeId(name)));
      bundles.set(trustDomain, readBundle(trustDomain, der));
    }
    return { identities, bundles, crls: message.crl };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return refuse(agentErrors.E_AGENT_ANSWER, `the Workload API sent: ${error.message}`);
  }
};

/** The same from a view inside the agent. */
export const toSvidState = ({ identities, bundle, federated, crls }: WorkloadState): SvidState => {
  const bundles = [bundle, ...federated].map((one): readonly [string, TrustBundle] => {
    const trustDomain = orThrow(parseTrustDomain(one.trustDomain));
    const ders = Buffer.concat([...one.x509Authorities]);
    const empty = orThrow(parseTrustBundle(trustDomain, '{"keys":[]}'));
    return [trustDomain, ders.length === 0 ? empty : readBundle(trustDomain, ders)];
  });
  return { identities, bundles: new Map(bundles), crls };
};
