/**
 * One pass over JSON bytes (RFC 8259) without building values. Finds everything JSON.parse would
 * refuse and what it would silently accept: duplicate keys, lone surrogates, overflowing numbers,
 * excess of depth, keys or values. Iterative, so nesting cannot exhaust the stack.
 */
import { isUtf8 } from 'node:buffer';
import { KeyTrail } from './json-keys.ts';
import {
  fail,
  type JsonCursor,
  type JsonFault,
  scanNumber,
  scanString,
  scanWord,
} from './json-lexemes.ts';

/** Bounds of one JSON text. Everything beyond is refused. */
export type JsonLimits = {
  /** Length of the text in bytes. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Nested arrays and objects. Default 128. */
  readonly maxDepth?: number;
  /** Members of one object. Default 10,000. */
  readonly maxKeys?: number;
  /** Values in the whole text, containers included. Default 1,000,000. */
  readonly maxValues?: number;
  /** Grammar of RFC 8259 as it stands, where the last of two equal names wins. Default false. */
  readonly allowDuplicateKeys?: boolean;
};

type Bounds = Required<JsonLimits>;

const defaults: Bounds = {
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 128,
  maxKeys: 10_000,
  maxValues: 1_000_000,
  allowDuplicateKeys: false,
};

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** State of one scan; a fault ends it. */
type Scan = JsonCursor & {
  readonly bounds: Bounds;
  readonly keys: KeyTrail;
  /** 1 for every open object, 0 for every open array. */
  readonly open: number[];
  values: number;
  wantsValue: boolean;
};

/** Scans the text; undefined when it is good. */
export const scanJson = (bytes: Uint8Array, limits: JsonLimits = {}): JsonFault | undefined => {
  const bounds: Bounds = { ...defaults, ...limits };
  if (bytes.length > bounds.maxBytes)
    return { what: `text exceeds ${bounds.maxBytes} bytes`, offset: bounds.maxBytes };
  if (!isUtf8(bytes)) return { what: 'invalid UTF-8', offset: invalidUtf8Offset(bytes) };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    return { what: 'byte order mark', offset: 0 };
  return run({
    bytes,
    bounds,
    keys: new KeyTrail(bytes),
    open: [],
    at: 0,
    values: 0,
    wantsValue: true,
    fault: undefined,
  });
};

const run = (scan: Scan): JsonFault | undefined => {
  while (scan.wantsValue || scan.open.length > 0) {
    const goesOn = scan.wantsValue ? scanValue(scan) : scanAfterValue(scan);
    if (!goesOn) return scan.fault;
  }
  if (peek(scan) !== -1) fail(scan, 'text after the value');
  return scan.fault;
};

/** `isUtf8` says only yes or no; the slow decoder is asked for the place once it said no. */
const invalidUtf8Offset = (bytes: Uint8Array): number => {
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2);
    if (isPrefixUtf8(bytes.subarray(0, middle))) good = middle;
    else bad = middle - 1;
  }
  return good;
};

const isPrefixUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
};

/** Skips white space and gives the next byte without consuming it; -1 at the end. */
const peek = (scan: Scan): number => {
  const { bytes } = scan;
  let at = scan.at;
  let byte = bytes[at] ?? -1;
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at] ?? -1;
  scan.at = at;
  return byte;
};

/** Consumes one scalar, or the opening of a container up to where its first value should be. */
const scanValue = (scan: Scan): boolean => {
  const byte = peek(scan);
  scan.wantsValue = false;
  if (++scan.values > scan.bounds.maxValues)
    return fail(scan, `more than ${scan.bounds.maxValues} values`);
  switch (byte) {
    case quote:
      return scanString(scan) >= 0;
    case openBrace:
      return openObject(scan);
    case openBracket:
      return openArray(scan);
    case 0x74:
      return scanWord(scan, 'true');
    case 0x66:
      return scanWord(scan, 'false');
    case 0x6e:
      return scanWord(scan, 'null');
    case -1:
      return fail(scan, 'text ends where a value should be');
    default:
      return scanNumber(scan);
  }
};

const wantValue = (scan: Scan): true => {
  scan.wantsValue = true;
  return true;
};

const scanAfterValue = (scan: Scan): boolean => {
  const inObject = scan.open[scan.open.length - 1] === 1;
  const byte = peek(scan);
  if (byte === comma) {
    scan.at++;
    return inObject ? scanMember(scan) : wantValue(scan);
  }
  if (byte !== (inObject ? closeBrace : closeBracket))
    return fail(scan, inObject ? 'comma or } expected' : 'comma or ] expected');
  return close(scan, inObject);
};

const close = (scan: Scan, isObject: boolean): true => {
  scan.at++;
  scan.open.pop();
  if (isObject) scan.keys.leave();
  return true;
};

const enter = (scan: Scan, kind: 0 | 1): boolean => {
  if (scan.open.length >= scan.bounds.maxDepth)
    return fail(scan, `nesting exceeds ${scan.bounds.maxDepth}`);
  scan.at++;
  scan.open.push(kind);
  return true;
};

const openArray = (scan: Scan): boolean => {
  if (!enter(scan, 0)) return false;
  return peek(scan) === closeBracket ? close(scan, false) : wantValue(scan);
};

const openObject = (scan: Scan): boolean => {
  if (!enter(scan, 1)) return false;
  scan.keys.enter();
  return peek(scan) === closeBrace ? close(scan, true) : scanMember(scan);
};

const scanMember = (scan: Scan): boolean => {
  if (peek(scan) !== quote) return fail(scan, 'member name expected');
  const start = scan.at + 1;
  const escapes = scanString(scan);
  if (escapes < 0) return false;
  const count = scan.keys.add(start, scan.at - 1, escapes > 0);
  if (count < 0 && !scan.bounds.allowDuplicateKeys)
    return fail(scan, 'duplicate member name', start - 1);
  if (count > scan.bounds.maxKeys)
    return fail(scan, `more than ${scan.bounds.maxKeys} members`, start - 1);
  if (peek(scan) !== colon) return fail(scan, 'colon expected');
  scan.at++;
  return wantValue(scan);
};
