/** Names beside the SPIFFE ID in a leaf: DNS names and IP addresses, checked before they are signed. */
import { derContextPrimitive } from '../../kernel/der-writer.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { pkiErrors } from './errors.ts';

const maxDnsLength = 253;
const maxLabelLength = 63;
const maxNames = 32;

const isLabel = (label: string): boolean =>
  label.length <= maxLabelLength && /^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$/i.test(label);

/** A host name of letters, digits, dashes and underscores; no wildcard, no dot at the end. */
const isDnsName = (name: string): boolean =>
  name.length <= maxDnsLength && name.split('.').every(isLabel);

const parseIpv4 = (text: string): readonly number[] | undefined => {
  const parts = text.split('.');
  const isGood =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part < 256);
  return isGood ? parts.map(Number) : undefined;
};

const parseGroups = (text: string): readonly number[] | undefined => {
  const bytes: number[] = [];
  for (const group of text === '' ? [] : text.split(':')) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
  }
  return bytes;
};

const parseIpv6 = (text: string): readonly number[] | undefined => {
  const halves = text.split('::');
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || halves.length > 2) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...Array<number>(16 - head.length - tail.length).fill(0), ...tail];
};

/** Bytes of an IPv4 or IPv6 address; undefined for anything else (zones and embedded IPv4 too). */
export const parseIpAddress = (text: string): Uint8Array | undefined => {
  if (text.length > 45) return undefined;
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bytes === undefined ? undefined : Uint8Array.from(bytes);
};

export type AlternativeNames = {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
};

/** The GeneralName elements of all names, DNS first; E_PKI_REQUEST names the first bad one. */
export const encodeAlternativeNames = (
  names: AlternativeNames,
): readonly Uint8Array[] | Refusal => {
  const { dnsNames = [], ipAddresses = [] } = names;
  if (dnsNames.length + ipAddresses.length > maxNames)
    return refuse(pkiErrors.E_PKI_REQUEST, `more than ${maxNames} names`);
  const bad = dnsNames.find((name) => !isDnsName(name));
  if (bad !== undefined)
    return refuse(pkiErrors.E_PKI_REQUEST, `${JSON.stringify(bad.slice(0, 80))} is no DNS name`);
  const encoded = dnsNames.map((name) => derContextPrimitive(2, Buffer.from(name.toLowerCase())));
  for (const text of ipAddresses) {
    const bytes = parseIpAddress(text);
    if (bytes === undefined)
      return refuse(
        pkiErrors.E_PKI_REQUEST,
        `${JSON.stringify(text.slice(0, 80))} is no IP address`,
      );
    encoded.push(derContextPrimitive(7, bytes));
  }
  return encoded;
};
