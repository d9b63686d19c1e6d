/** `ipaddr`: IPv4 and IPv6 addresses with an optional prefix length. */
import { type Failure, failure, type IpValue } from './value.ts';

const bits4 = 32;
const bits6 = 128;
const groups6 = 8;

/** Four decimal bytes without leading zeros. */
const parseV4 = (text: string): number | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
};

const parseGroups = (text: string): readonly number[] | undefined => {
  if (text === '') return [];
  const groups = text.split(':');
  if (groups.length > groups6 || !groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group)))
    return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
};

/** Eight groups, or fewer around one `::` that stands for at least one. */
const parseV6 = (text: string): bigint | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = parseGroups(halves[1] ?? '');
  if (head === undefined || tail === undefined) return undefined;
  const missing = groups6 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
};

/** A decimal number without sign or leading zeros, up to `limit`. */
const parsePrefix = (text: string, limit: number): number | undefined =>
  /^(?:0|[1-9][0-9]{0,2})$/.test(text) && Number(text) <= limit ? Number(text) : undefined;

const range4 = (address: number, prefix: number): IpValue => {
  const size = 2 ** (bits4 - prefix);
  const first = Math.floor(address / size) * size;
  return { kind: 'ipaddr', version: 4, address, prefix, first, last: first + size - 1 };
};

const range6 = (address: bigint, prefix: number): IpValue => {
  const host = BigInt(bits6 - prefix);
  const first = (address >> host) << host;
  return { kind: 'ipaddr', version: 6, address, prefix, first, last: first + (1n << host) - 1n };
};

const maxShown = 64;

/** Reads `10.0.0.1`, `10.0.0.0/8`, `::1`, `fe80::/10`; no zone, no IPv4 inside IPv6. */
export const parseIp = (text: string): IpValue | Failure => {
  const shown = JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = host.length > 43 ? undefined : (parseV4(host) ?? parseV6(host));
  if (address === undefined) return failure('extension', `ip(${shown}): not an IP address`);
  const bits = typeof address === 'number' ? bits4 : bits6;
  const prefix = slash < 0 ? bits : parsePrefix(text.slice(slash + 1), bits);
  if (prefix === undefined)
    return failure('extension', `ip(${shown}): the prefix is not a number from 0 to ${bits}`);
  return typeof address === 'number' ? range4(address, prefix) : range6(address, prefix);
};

export const isLoopback = ({ version, address, prefix }: IpValue): boolean =>
  version === 4
    ? Math.floor(Number(address) / 2 ** 24) === 127 && prefix >= 8
    : address === 1n && prefix === bits6;

export const isMulticast = ({ version, address, prefix }: IpValue): boolean =>
  version === 4
    ? Math.floor(Number(address) / 2 ** 28) === 14 && prefix >= 4
    : BigInt(address) >> 120n === 0xffn && prefix >= 8;

/** True when every address of the first range lies in the second; never across versions. */
export const isInRange = (inner: IpValue, outer: IpValue): boolean =>
  inner.version === outer.version && inner.first >= outer.first && inner.last <= outer.last;

const formatV6 = (address: bigint): string =>
  Array.from({ length: groups6 }, (_, i) =>
    ((address >> BigInt(16 * (7 - i))) & 0xffffn).toString(16),
  ).join(':');

/** Text that `parseIp` reads as this value; IPv6 with all eight groups. */
export const formatIp = ({ version, address, prefix }: IpValue): string => {
  if (version === 6) {
    const host = formatV6(BigInt(address));
    return prefix === bits6 ? host : `${host}/${prefix}`;
  }
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(Number(address) / 2 ** shift) % 256);
  return prefix === bits4 ? bytes.join('.') : `${bytes.join('.')}/${prefix}`;
};
