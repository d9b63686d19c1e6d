/**
 * Rewrites BER with indefinite lengths and chunked OCTET STRINGs, as some platforms sign, into DER
 * lengths, so that one strict reader judges everything. Bounded in bytes, depth and elements; the
 * order and contents of elements stay as they are.
 */
import { type Refusal } from '../../kernel/errors.ts';
import { derTags } from '../../kernel/der-reader.ts';
import { malformed } from './reading.ts';

const maxDepth = 24;
const maxElements = 4096;
const chunkedOctets = 0x24;

class Fault extends Error {}

type Source = { readonly bytes: Uint8Array; at: number; elements: number };

const lengthOctets = (length: number): readonly number[] => {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 + octets.length, ...octets];
};

const octet = (source: Source, end: number): number => {
  if (source.at >= end) throw new Fault('is cut off');
  return source.bytes[source.at++] as number;
};

/** Undefined for an indefinite length. */
const readLength = (source: Source, end: number): number | undefined => {
  const first = octet(source, end);
  if (first === 0x80) return undefined;
  if (first < 0x80) return first;
  const count = first & 0x7f;
  if (count > 4) throw new Fault('has an oversized length');
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + octet(source, end);
  return length;
};

const isEndOfContents = (source: Source, end: number): boolean =>
  source.at + 1 < end && source.bytes[source.at] === 0 && source.bytes[source.at + 1] === 0;

type Parts = { readonly chunks: Uint8Array[]; size: number };

const append = (parts: Parts, chunk: Uint8Array): void => {
  parts.chunks.push(chunk);
  parts.size += chunk.length;
};

/** Children until the end of the element; of chunked octets only their contents. */
const readChildren = (
  source: Source,
  extent: { readonly end: number; readonly isIndefinite: boolean },
  { depth, isChunked }: { readonly depth: number; readonly isChunked: boolean },
): Parts => {
  const parts: Parts = { chunks: [], size: 0 };
  const isOver = (): boolean =>
    extent.isIndefinite ? isEndOfContents(source, extent.end) : source.at >= extent.end;
  while (!isOver()) {
    const child = readElement(source, extent.end, depth - 1);
    if (isChunked && child.tag !== derTags.octetString) throw new Fault('mixes string chunks');
    for (const chunk of isChunked ? child.body.chunks : [child.head, ...child.body.chunks])
      append(parts, chunk);
  }
  if (extent.isIndefinite) source.at += 2;
  return parts;
};

type Rewritten = { readonly tag: number; readonly head: Uint8Array; readonly body: Parts };

const readElement = (source: Source, end: number, depth: number): Rewritten => {
  source.elements += 1;
  if (depth <= 0 || source.elements > maxElements)
    throw new Fault('is nested too deep or too long');
  const tag = octet(source, end);
  if ((tag & 0x1f) === 0x1f) throw new Fault('has a high tag');
  const length = readLength(source, end);
  const stop = length === undefined ? end : source.at + length;
  if (stop > end) throw new Fault('exceeds its container');
  const isConstructed = (tag & 0x20) !== 0;
  if (!isConstructed && length === undefined) throw new Fault('has no length');
  const isChunked = tag === chunkedOctets;
  let body: Parts;
  if (isConstructed) {
    const extent = { end: stop, isIndefinite: length === undefined };
    body = readChildren(source, extent, { depth, isChunked });
  } else {
    body = { chunks: [source.bytes.subarray(source.at, stop)], size: stop - source.at };
    source.at = stop;
  }
  const written = isChunked ? derTags.octetString : tag;
  return { tag: written, head: Uint8Array.from([written, ...lengthOctets(body.size)]), body };
};

/** One whole element; refuses left-over bytes and more than `maxBytes`. Total on all inputs. */
export const berToDer = (bytes: Uint8Array, maxBytes: number): Uint8Array | Refusal => {
  if (bytes.length > maxBytes) return malformed(`signed data exceed ${maxBytes} bytes`);
  const source: Source = { bytes, at: 0, elements: 0 };
  try {
    const { head, body } = readElement(source, bytes.length, maxDepth);
    if (source.at !== bytes.length) return malformed('signed data have left-over bytes');
    return Buffer.concat([head, ...body.chunks]);
  } catch (error) {
    if (error instanceof Fault) return malformed(`signed data: an element ${error.message}`);
    throw error;
  }
};
