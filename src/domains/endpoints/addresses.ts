/**
 * Classifies IP addresses for egress: which networks an upstream may live in. Every embedding of
 * an IPv4 address in IPv6 (mapped, NAT64, 6to4) is judged as the IPv4 address it reaches.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** `forbidden` is never dialled: link-local, metadata services, multicast, reserved, unspecified. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'forbidden';

type Range = {
  readonly prefix: readonly number[];
  readonly bits: number;
  readonly kind: AddressClass;
};

const range = (prefix: readonly number[], bits: number, kind: AddressClass): Range => ({
  prefix,
  bits,
  kind,
});

/** First match wins, so exceptions (metadata services inside private ranges) stand first. */
const ipv4Ranges: readonly Range[] = [
  range([100, 100, 100, 200], 32, 'forbidden'), // metadata service of Alibaba Cloud
  range([168, 63, 129, 16], 32, 'forbidden'), // wire server of Azure
  range([0], 8, 'forbidden'),
  range([10], 8, 'private'),
  range([100, 64], 10, 'private'),
  range([127], 8, 'loopback'),
  range([169, 254], 16, 'forbidden'), // link-local and most metadata services
  range([172, 16], 12, 'private'),
  range([192, 0, 0], 24, 'forbidden'),
  range([192, 0, 2], 24, 'forbidden'),
  range([192, 88, 99], 24, 'forbidden'),
  range([192, 168], 16, 'private'),
  range([198, 18], 15, 'private'),
  range([198, 51, 100], 24, 'forbidden'),
  range([203, 0, 113], 24, 'forbidden'),
  range([224], 3, 'forbidden'),
];

/** Judged after the embeddings; what is not listed and not global unicast is forbidden. */
const ipv6Ranges: readonly Range[] = [
  range([0xfd, 0x00, 0x0e, 0xc2], 32, 'forbidden'), // metadata service of AWS, fd00:ec2::254
  range([0xfd, 0x20, 0x00, 0xce], 32, 'forbidden'), // metadata service of Google Cloud
  range([0xfc], 7, 'private'),
  range([0x20, 0x01, 0x0d, 0xb8], 32, 'forbidden'),
  range([0x20, 0x01, 0x00], 23, 'forbidden'), // Teredo and other protocol assignments
  range([0x3f, 0xff, 0x00], 20, 'forbidden'),
  range([0x20], 3, 'public'),
];

const isWithin = (address: Uint8Array, { prefix, bits }: Range): boolean => {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff00 >> (bits - bit)) & 0xff;
    const wanted = prefix[bit >> 3] ?? 0;
    if (((address[bit >> 3] ?? 0) & mask) !== (wanted & mask)) return false;
  }
  return true;
};

const classifyIn = (
  address: Uint8Array,
  ranges: readonly Range[],
  otherwise: AddressClass,
): AddressClass => ranges.find((candidate) => isWithin(address, candidate))?.kind ?? otherwise;

const parseIpv4 = (text: string): Uint8Array => Uint8Array.from(text.split('.'), Number);

/** Expands a valid IPv6 text to 16 bytes; `::` and a dotted tail are understood. */
const parseIpv6 = (text: string): Uint8Array => {
  const dotted = text.lastIndexOf('.') < 0 ? '' : text.slice(text.lastIndexOf(':') + 1);
  const tail = dotted === '' ? [] : [...parseIpv4(dotted)];
  const head = dotted === '' ? text : `${text.slice(0, text.length - dotted.length)}0:0`;
  const [left = '', right] = head.split('::');
  const groupsOf = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = groupsOf(left);
  const after = right === undefined ? [] : groupsOf(right);
  const gap = zeros(Math.max(0, 8 - before.length - after.length));
  const bytes = [...before, ...gap, ...after].flatMap((group) => [group >> 8, group & 0xff]);
  if (tail.length === 4) bytes.splice(12, 4, ...tail);
  return Uint8Array.from(bytes);
};

const startsWith = (address: Uint8Array, prefix: readonly number[]): boolean =>
  prefix.every((byte, index) => address[index] === byte);

const zeros = (count: number): readonly number[] => Array.from({ length: count }, () => 0);

const classifyIpv6 = (address: Uint8Array): AddressClass => {
  if (startsWith(address, [...zeros(15), 1])) return 'loopback';
  if (startsWith(address, [...zeros(10), 0xff, 0xff])) return classifyIpv4(address.subarray(12));
  if (startsWith(address, [0, 0x64, 0xff, 0x9b, ...zeros(8)]))
    return classifyIpv4(address.subarray(12));
  if (startsWith(address, [0x20, 0x02])) return classifyIpv4(address.subarray(2, 6));
  return classifyIn(address, ipv6Ranges, 'forbidden');
};

const classifyIpv4 = (address: Uint8Array): AddressClass =>
  classifyIn(address, ipv4Ranges, 'public');

/**
 * Classifies an address in canonical text form. Anything that is not a plain IPv4 or IPv6 text
 * (zone ids, octal or dword forms, names) is `forbidden`.
 */
export const classifyAddress = (text: string): AddressClass => {
  if (isIPv4(text)) return classifyIpv4(parseIpv4(text));
  if (text.includes('%') || !isIPv6(text)) return 'forbidden';
  return classifyIpv6(parseIpv6(text));
};
