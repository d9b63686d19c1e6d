/** The X509-SVID profile (SPIFFE X509-SVID 2026-07-01) as checks on single certificates, by rule id. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../kernel/ids.ts';
import type { Certificate } from './certificate.ts';
import { pkiErrors } from './errors.ts';
import { oids } from './oids.ts';

const breaks = (rule: string, what: string): Refusal =>
  refuse(pkiErrors.E_SVID_PROFILE, `${what} (${rule})`, { rule });

const urisOf = (certificate: Certificate): readonly string[] =>
  (certificate.extensions.subjectAltNames ?? []).flatMap((name) =>
    name.kind === 'uri' ? [name.value] : [],
  );

const hasPath = (id: SpiffeId): boolean => id.indexOf('/', 'spiffe://'.length) >= 0;

const checkLeafUsage = (leaf: Certificate): Refusal | undefined => {
  const { basicConstraints, keyUsage, extendedKeyUsage } = leaf.extensions;
  if (basicConstraints?.isCa === true)
    return breaks('X509-17', 'a signing certificate does not authenticate anybody');
  if (keyUsage === undefined) return breaks('X509-09', 'leaf without key usage');
  if (!keyUsage.critical) return breaks('X509-10', 'key usage is not critical');
  if (!keyUsage.digitalSignature) return breaks('X509-12', 'leaf lacks digitalSignature');
  if (keyUsage.keyCertSign) return breaks('X509-13', 'leaf has keyCertSign');
  if (keyUsage.crlSign) return breaks('X509-14', 'leaf has cRLSign');
  const isBoth =
    extendedKeyUsage === undefined ||
    (extendedKeyUsage.includes(oids.serverAuth) && extendedKeyUsage.includes(oids.clientAuth));
  return isBoth ? undefined : breaks('X509-15', 'leaf lacks serverAuth or clientAuth');
};

/** The SPIFFE ID of a leaf that obeys the profile, or the first rule it breaks. */
export const checkLeafProfile = (leaf: Certificate): SpiffeId | Refusal => {
  const uris = urisOf(leaf);
  const [uri] = uris;
  if (uri === undefined || uris.length > 1)
    return breaks('X509-02', `leaf has ${uris.length} URI names, not one`);
  const id = parseSpiffeId(uri);
  if (isRefusal(id)) return breaks('X509-19', 'leaf URI is not a SPIFFE ID');
  if (!hasPath(id)) return breaks('X509-20', 'leaf SPIFFE ID has no path');
  if (leaf.isSubjectEmpty && leaf.extensions.isSubjectAltNameCritical !== true)
    return breaks('X509-04', 'empty subject but the alternative name is not critical');
  return checkLeafUsage(leaf) ?? id;
};

/** Undefined when the certificate may sign SVIDs, otherwise the first rule it breaks. */
export const checkSigningProfile = (authority: Certificate): Refusal | undefined => {
  const { basicConstraints, keyUsage, extendedKeyUsage } = authority.extensions;
  if (basicConstraints?.isCa !== true) return breaks('X509-07', 'issuer is no authority');
  if (keyUsage === undefined) return breaks('X509-09', 'issuer without key usage');
  if (!keyUsage.critical) return breaks('X509-10', 'key usage of the issuer is not critical');
  if (!keyUsage.keyCertSign) return breaks('X509-11', 'issuer lacks keyCertSign');
  const uris = urisOf(authority);
  if (uris.length > 1) return breaks('X509-02', 'issuer has more than one URI name');
  const [uri] = uris;
  const id = uri === undefined ? undefined : parseSpiffeId(uri);
  if (isRefusal(id)) return breaks('X509-19', 'issuer URI is not a SPIFFE ID');
  if (id !== undefined && hasPath(id)) return breaks('X509-05', 'issuer SPIFFE ID has a path');
  const isForTls =
    extendedKeyUsage === undefined ||
    extendedKeyUsage.includes(oids.anyExtendedKeyUsage) ||
    (extendedKeyUsage.includes(oids.serverAuth) && extendedKeyUsage.includes(oids.clientAuth));
  return isForTls ? undefined : breaks('X509-15', 'issuer may not issue for TLS');
};
