/**
 * Reading hostile evidence: bounded fields, and names that are safe inside SPIFFE paths and
 * selectors. Total on all inputs.
 */
import { decodeBase64 } from '../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json-value.ts';
import { attestationErrors } from './errors.ts';

export const malformed = (what: string): Refusal =>
  refuse(attestationErrors.E_ATTESTATION_MALFORMED, what);
export const untrusted = (what: string): Refusal =>
  refuse(attestationErrors.E_ATTESTATION_UNTRUSTED, what);
export const expired = (what: string): Refusal =>
  refuse(attestationErrors.E_ATTESTATION_EXPIRED, what);
export const denied = (what: string): Refusal =>
  refuse(attestationErrors.E_ATTESTATION_DENIED, what);

const maxValueLength = 1024;
const maxSegmentLength = 255;
const maxSelectorLength = 512;

/** An own member of a JSON object; undefined for everything else. */
export const member = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** A member that must be a text of 1 to `maxLength` letters. */
export const textMember = (
  value: JsonValue | undefined,
  name: string,
  maxLength = maxValueLength,
): string | Refusal => {
  const text = member(value, name);
  if (typeof text !== 'string' || text.length === 0) return malformed(`evidence has no ${name}`);
  return text.length <= maxLength ? text : malformed(`${name} is longer than ${maxLength}`);
};

/** A text, whole number or truth value as text; lists and objects name nobody. */
export const scalarMember = (value: JsonValue | undefined, name: string): string | undefined => {
  const found = member(value, name);
  if (typeof found === 'string') return found;
  if (typeof found === 'number') return Number.isSafeInteger(found) ? found.toFixed(0) : undefined;
  return typeof found === 'boolean' ? String(found) : undefined;
};

/** A member that must be an object. */
export const objectMember = (value: JsonValue | undefined, name: string): JsonObject | Refusal => {
  const found = member(value, name);
  return isJsonObject(found) ? found : malformed(`evidence has no object ${name}`);
};

/** A member that must be a list of texts. */
export const textsMember = (
  value: JsonValue | undefined,
  name: string,
  maxCount: number,
): readonly string[] | Refusal => {
  const list = member(value, name);
  if (!Array.isArray(list) || list.length === 0) return malformed(`evidence has no list ${name}`);
  if (list.length > maxCount) return malformed(`${name} has more than ${maxCount} values`);
  const texts = list.filter((item): item is string => typeof item === 'string');
  return texts.length === list.length ? texts : malformed(`${name} must hold texts`);
};

/**
 * Base64 as platforms write it: in lines, with or without padding of the last group.
 * The bytes are then judged by what they must be, so leniency here changes no meaning.
 */
export const wrappedBase64 = (text: string, what: string): Uint8Array | Refusal => {
  const joined = text.replaceAll(/[\r\n]/g, '');
  const padded = joined.padEnd(Math.ceil(joined.length / 4) * 4, '=');
  const bytes = decodeBase64(padded);
  return isRefusal(bytes) || bytes.length === 0 ? malformed(`${what} is not base64`) : bytes;
};

const isPlain = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x2d ||
  code === 0x2e;

/**
 * One path segment from any text, different for different texts: letters, digits, `-` and `.` stay,
 * every other byte becomes `_` and two hex digits. Long texts are refused, not cut.
 */
export const toSegment = (text: string): string | Refusal => {
  const bytes = Buffer.from(text);
  const isDots = text === '.' || text === '..';
  let segment = '';
  for (const byte of bytes) {
    const keeps = isPlain(byte) && !isDots;
    segment += keeps ? String.fromCharCode(byte) : `_${byte.toString(16).padStart(2, '0')}`;
  }
  if (!text.isWellFormed() || segment.length === 0 || segment.length > maxSegmentLength)
    return malformed('a part of the node id is empty or too long');
  return segment;
};

/** Joins the segments of a node id; each part becomes exactly one. */
export const toNodeId = (...parts: readonly string[]): string | Refusal => {
  const segments: string[] = [];
  for (const part of parts) {
    const segment = toSegment(part);
    if (isRefusal(segment)) return segment;
    segments.push(segment);
  }
  return segments.join('/');
};

const hasControl = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
};

/**
 * Selectors `<type>:<name>:<value>` of what is there: absent, empty, oversized and control-laden
 * values give none, because a selector that is missing only grants less.
 */
export const toSelectors = (
  type: string,
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): readonly string[] => {
  const selectors = Object.entries(values).flatMap(([name, value]) =>
    (value === undefined ? [] : typeof value === 'string' ? [value] : value)
      .filter((text) => text.length > 0 && !hasControl(text))
      .map((text) => `${type}:${name}:${text}`)
      .filter((selector) => selector.length <= maxSelectorLength),
  );
  return [...new Set(selectors)].sort();
};
