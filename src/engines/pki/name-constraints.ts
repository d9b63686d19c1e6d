/**
 * Name constraints (RFC 5280 section 4.2.1.10) of authorities applied to the names below them. URI,
 * DNS, IP, mail and directory names are evaluated; a name of a constrained form that we cannot
 * evaluate is refused, never waved through.
 */
import type { Certificate } from './certificate.ts';
import { isBelow, readDirectoryName } from './directory-name.ts';
import type { NameConstraints } from './extensions.ts';
import type { GeneralName } from './general-name.ts';

/** `partly`: a wildcard of which some names are inside; neither permitted nor free of exclusion. */
type Verdict = 'inside' | 'outside' | 'partly' | 'unknown';

const isPlainHost = (text: string): boolean => /^[a-z0-9._-]+$/.test(text);

/** The host of a URI; SPIFFE IDs have neither user nor port, others might. */
const hostOf = (uri: string): string | undefined => {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1]?.toLowerCase();
  return authority !== undefined && isPlainHost(authority) ? authority : undefined;
};

/** `host` alone means exactly that host, `.host` everything below it. */
const judgeUri = (uri: string, constraint: string): Verdict => {
  const host = hostOf(uri);
  const wanted = constraint.toLowerCase();
  if (host === undefined || !isPlainHost(wanted)) return 'unknown';
  const isInside = wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted;
  return isInside ? 'inside' : 'outside';
};

/** `name` means itself and everything below it; the empty constraint means every name. */
const judgeDns = (name: string, constraint: string): Verdict => {
  const host = name.toLowerCase();
  const wanted = constraint.toLowerCase();
  if (wanted === '') return 'inside';
  if (!isPlainHost(wanted) || !isPlainHost(host.replace(/^\*\./, ''))) return 'unknown';
  const base = wanted.replace(/^\./, '');
  if (base === '') return 'unknown';
  const isSame = host === base && base === wanted;
  if (isSame || host.endsWith(`.${base}`)) return 'inside';
  return host.startsWith('*.') && `.${base}`.endsWith(host.slice(1)) ? 'partly' : 'outside';
};

/** A mailbox, all mailboxes of a `host`, or of all hosts below `.domain`. */
const judgeEmail = (mailbox: string, constraint: string): Verdict => {
  const at = mailbox.lastIndexOf('@');
  const host = mailbox.slice(at + 1).toLowerCase();
  const wantedAt = constraint.lastIndexOf('@');
  const wanted = constraint.slice(wantedAt + 1).toLowerCase();
  if (at < 1 || !isPlainHost(host) || !isPlainHost(wanted)) return 'unknown';
  if (wantedAt >= 0) {
    const isSame = host === wanted && mailbox.slice(0, at) === constraint.slice(0, wantedAt);
    return isSame ? 'inside' : 'outside';
  }
  const isInside = wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted;
  return isInside ? 'inside' : 'outside';
};

const judgeDirectory = (name: Uint8Array, constraint: Uint8Array): Verdict => {
  const subject = readDirectoryName(name);
  const base = readDirectoryName(constraint);
  if (subject === undefined || base === undefined) return 'unknown';
  return isBelow(subject, base) ? 'inside' : 'outside';
};

/** A constraint holds address and mask side by side. */
const judgeIp = (address: Uint8Array, constraint: Uint8Array): Verdict => {
  const size = constraint.length / 2;
  if (size !== 4 && size !== 16) return 'unknown';
  if (address.length !== size) return 'outside';
  const isInside = address.every(
    (byte, i) => ((byte ^ (constraint[i] ?? 0)) & (constraint[size + i] ?? 0)) === 0,
  );
  return isInside ? 'inside' : 'outside';
};

const judgeText = { uri: judgeUri, dns: judgeDns, email: judgeEmail } as const;

const judge = (name: GeneralName, constraint: GeneralName): Verdict => {
  if ('value' in name && 'value' in constraint && name.kind === constraint.kind)
    return judgeText[name.kind](name.value, constraint.value);
  if (name.kind === 'ip' && constraint.kind === 'ip') return judgeIp(name.bytes, constraint.bytes);
  if (name.kind === 'directory' && constraint.kind === 'directory')
    return judgeDirectory(name.raw, constraint.raw);
  return 'unknown';
};

const isAllowed = (name: GeneralName, constraints: NameConstraints): boolean => {
  const sameKind = ({ kind }: GeneralName): boolean => kind === name.kind;
  const excluded = constraints.excluded.filter(sameKind);
  if (!excluded.every((constraint) => judge(name, constraint) === 'outside')) return false;
  const permitted = constraints.permitted.filter(sameKind);
  if (permitted.length === 0) return true;
  const verdicts = permitted.map((constraint) => judge(name, constraint));
  return verdicts.includes('inside') && !verdicts.includes('unknown');
};

/** Every name a certificate speaks for: alternative names, the subject, mail addresses inside it. */
const namesOf = (certificate: Certificate): readonly GeneralName[] => {
  const names = certificate.extensions.subjectAltNames ?? [];
  if (certificate.isSubjectEmpty) return names;
  const emails = readDirectoryName(certificate.subject)?.emails ?? [];
  return [
    ...names,
    { kind: 'directory', raw: certificate.subject },
    ...emails.map((value): GeneralName => ({ kind: 'email', value })),
  ];
};

/** True when no constraint of `authority` forbids a name of `below`. */
export const obeysNameConstraints = (below: Certificate, authority: Certificate): boolean => {
  const constraints = authority.extensions.nameConstraints;
  return constraints === undefined || namesOf(below).every((name) => isAllowed(name, constraints));
};
