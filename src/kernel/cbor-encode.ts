/** Deterministic CBOR encoder, RFC 8949 section 4.2.1: shortest forms, definite lengths, sorted keys. */
import { type CborMap, type CborValue, isCborMap, isCborSimple, isCborTag } from './cbor-value.ts';
import { kernelErrors, SallyportError } from './errors.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const maxDepth = 512;
const maxU64 = 2n ** 64n;

const reject = (what: string): never => {
  throw new SallyportError(kernelErrors.E_MALFORMED, `CBOR cannot hold ${what}`);
};

/**
 * Encodes a value; equal values always give equal bytes. Numbers with an integral value become
 * integers (also -0), others the shortest float that keeps them; NaN has one form.
 *
 * @throws SallyportError E_MALFORMED for integers beyond 64 bits, lone surrogates, equal map keys,
 * foreign objects or nesting beyond 512
 */
export const encodeCbor = (value: CborValue): Bytes => {
  const parts: Uint8Array[] = [];
  write(value, parts, 0);
  return joined(parts);
};

const joined = (parts: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));

/** Initial byte and argument: `major` in the top three bits, the shortest argument form. */
const head = (major: number, argument: number | bigint): Bytes => {
  const top = major * 32;
  if (argument < 24) return Uint8Array.of(top + Number(argument));
  if (argument < 0x100) return Uint8Array.of(top + 24, Number(argument));
  const bytes = new Uint8Array(argument < 0x10000 ? 3 : argument < 0x1_0000_0000 ? 5 : 9);
  const view = new DataView(bytes.buffer);
  bytes[0] = top + (bytes.length === 3 ? 25 : bytes.length === 5 ? 26 : 27);
  if (bytes.length === 3) view.setUint16(1, Number(argument));
  else if (bytes.length === 5) view.setUint32(1, Number(argument));
  else view.setBigUint64(1, BigInt(argument));
  return bytes;
};

const write = (value: CborValue, parts: Uint8Array[], depth: number): void => {
  if (depth > maxDepth) reject(`nesting beyond ${maxDepth}`);
  switch (typeof value) {
    case 'number':
      parts.push(Number.isInteger(value) ? integer(value) : float(value));
      return;
    case 'bigint':
      parts.push(integer(value));
      return;
    case 'boolean':
      parts.push(Uint8Array.of(value ? 0xf5 : 0xf4));
      return;
    case 'undefined':
      parts.push(Uint8Array.of(0xf7));
      return;
    case 'string':
      writeText(value, parts);
      return;
    default:
      writeObject(value, parts, depth);
  }
};

const integer = (value: number | bigint): Bytes => {
  const exact = typeof value === 'number' && !Number.isSafeInteger(value) ? BigInt(value) : value;
  const isNegative = exact < 0;
  const argument =
    typeof exact === 'bigint' ? (isNegative ? -1n - exact : exact) : magnitude(exact);
  // An integral double beyond 64 bits (1e300) still has its float form.
  if (argument >= maxU64) return typeof value === 'number' ? float(value) : reject('that integer');
  return head(isNegative ? 1 : 0, argument);
};

const magnitude = (value: number): number => (value < 0 ? -1 - value : value);

const float = (value: number): Bytes => {
  if (Number.isNaN(value)) return Uint8Array.of(0xf9, 0x7e, 0x00);
  const view = new DataView(new ArrayBuffer(9));
  view.setFloat16(1, value);
  if (view.getFloat16(1) === value) return sized(view, 0xf9, 3);
  view.setFloat32(1, value);
  if (view.getFloat32(1) === value) return sized(view, 0xfa, 5);
  view.setFloat64(1, value);
  return sized(view, 0xfb, 9);
};

const sized = (view: DataView<ArrayBuffer>, initial: number, length: number): Bytes => {
  view.setUint8(0, initial);
  return new Uint8Array(view.buffer, 0, length);
};

const writeText = (text: string, parts: Uint8Array[]): void => {
  if (!text.isWellFormed()) reject('a lone surrogate');
  const bytes = Buffer.from(text);
  parts.push(head(3, bytes.length), bytes);
};

const writeObject = (
  value: CborValue & (object | null),
  parts: Uint8Array[],
  depth: number,
): void => {
  if (value === null) parts.push(Uint8Array.of(0xf6));
  else if (value instanceof Uint8Array) parts.push(head(2, value.length), value);
  else if (Array.isArray(value)) writeArray(value as readonly CborValue[], parts, depth);
  else if (isCborMap(value)) writeMap(value, parts, depth);
  else if (isCborTag(value)) {
    parts.push(head(6, checkedTag(value.tag)));
    write(value.value, parts, depth + 1);
  } else if (isCborSimple(value)) parts.push(simple(value.simple));
  else reject('that kind of object');
};

const checkedTag = (tag: number | bigint): number | bigint => {
  const isTag = typeof tag === 'bigint' ? tag < maxU64 : Number.isSafeInteger(tag);
  return isTag && tag >= 0 ? tag : reject('that tag');
};

const simple = (value: number): Bytes => {
  const isFree = Number.isInteger(value) && value >= 0 && value < 256 && (value < 20 || value > 31);
  return isFree ? head(7, value) : reject('that simple value');
};

const writeArray = (items: readonly CborValue[], parts: Uint8Array[], depth: number): void => {
  parts.push(head(4, items.length));
  for (const item of items) write(item, parts, depth + 1);
};

const writeMap = (map: CborMap, parts: Uint8Array[], depth: number): void => {
  const entries = [...map].map(([key, value]) => {
    const keyParts: Uint8Array[] = [];
    write(key, keyParts, depth + 1);
    return { key: joined(keyParts), value };
  });
  entries.sort((left, right) => Buffer.compare(left.key, right.key));
  parts.push(head(5, entries.length));
  let previous: Uint8Array | undefined;
  for (const { key, value } of entries) {
    if (previous !== undefined && Buffer.compare(previous, key) === 0) reject('equal map keys');
    parts.push(key);
    write(value, parts, depth + 1);
    previous = key;
  }
};
