/**
 * Whom the agent takes for its server: an X509-SVID of exactly the server's id, by a bundle that came
 * from a file, from the server itself over such a connection, or from a root that was pinned.
 */
import { hash } from 'node:crypto';
import {
  parseCertificatesPem,
  parseTrustBundle,
  toX509Authority,
  type TrustBundle,
  validateX509Svid,
} from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import {
  parseSpiffeId,
  type SpiffeId,
  type TrustDomain,
  trustDomainOf,
} from '../../../kernel/ids.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import { agentErrors } from '../errors.ts';

export type ServerTrust = {
  readonly trustDomain: () => TrustDomain | undefined;
  readonly bundle: () => TrustBundle | undefined;
  /** Replaces the anchors by what the proven server says. Keeps the old ones when it says nothing usable. */
  readonly update: (bundle: TrustBundle) => void;
  /** Judges a chain, leaf first. */
  readonly check: (chain: readonly Uint8Array[], nowMs: number) => Refusal | undefined;
};

const untrusted = (what: string): Refusal => refuse(agentErrors.E_AGENT_SERVER_UNTRUSTED, what);

/** The server's own path; see `serverTls` of the identity room. */
const serverPath = '/sallyport';

/** Trust in one server; without a bundle nobody is trusted. */
export const createServerTrust = (start?: TrustBundle): ServerTrust => {
  let known = start;
  return {
    trustDomain: () => known?.trustDomain,
    bundle: () => known,
    update: (bundle) => {
      if (bundle.x509Authorities.length > 0) known = bundle;
    },
    check: (chain, nowMs) => {
      if (known === undefined) return untrusted('no trust bundle is known yet');
      const { trustDomain } = known;
      const wanted = `spiffe://${trustDomain}${serverPath}`;
      const bundleOf = (name: string) => (name === trustDomain ? known : undefined);
      const verdict = validateX509Svid(chain, { bundleOf, nowMs });
      if (isRefusal(verdict)) return untrusted(verdict.detail);
      return verdict.spiffeId === wanted ? undefined : untrusted(`it is ${verdict.spiffeId}`);
    },
  };
};

/** The trust domain that an authority carries in its own SVID (ID-13). */
const domainOf = (authority: TrustBundle['x509Authorities'][number]): TrustDomain | undefined => {
  const names = authority.certificate.extensions.subjectAltNames ?? [];
  const uris = names.flatMap((name) => (name.kind === 'uri' ? [name.value] : []));
  const id: SpiffeId | Refusal = parseSpiffeId(uris[0] ?? '');
  return isRefusal(id) ? undefined : trustDomainOf(id);
};

/** A bundle from PEM certificates; the trust domain is the one the certificates name. */
export const bundleFromPem = (text: string): TrustBundle | Refusal => {
  const certificates = parseCertificatesPem(text);
  if (isRefusal(certificates)) return certificates;
  const x509Authorities = certificates.flatMap((certificate) => {
    const authority = toX509Authority(certificate);
    return isRefusal(authority) ? [] : [authority];
  });
  const domains = new Set(x509Authorities.map(domainOf));
  const [trustDomain] = domains;
  if (domains.size !== 1 || trustDomain === undefined)
    return untrusted('the bundle does not name one trust domain');
  return { trustDomain, x509Authorities, jwtAuthorities: [] };
};

const pinOf = (der: Uint8Array): string => `sha256:${hash('sha256', der, 'hex')}`;

/**
 * First use with a pin: of what an unproven server says about itself, only the one authority whose
 * SHA-256 was given from elsewhere is kept. Everything else comes later, over a proven connection.
 */
export const bundleFromPin = (document: JsonObject, pin: string): TrustBundle | Refusal => {
  // Which trust domain it is stands in the pinned certificate itself.
  const parsed = parseTrustBundle('pinned' as TrustDomain, JSON.stringify(document));
  if (isRefusal(parsed)) return parsed;
  const pinned = parsed.x509Authorities.find(({ certificate }) => pinOf(certificate.raw) === pin);
  const trustDomain = pinned === undefined ? undefined : domainOf(pinned);
  if (pinned === undefined || trustDomain === undefined)
    return untrusted('no authority of the server has the pinned digest');
  return { trustDomain, x509Authorities: [pinned], jwtAuthorities: [] };
};
