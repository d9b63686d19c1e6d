/**
 * Entry format v1: one JSON object `{"v":1,"class":…,"ocsf":…,"sealed"?:…,"weight"?:…}` of at most
 * 65,535 bytes. Events that would be longer lose their largest optional attributes; a digest of the
 * whole event and the names of what was left out take their place.
 */
import { hash } from 'node:crypto';
import { type OcsfEvent, validateOcsf, WrittenEvent } from '../../engines/ocsf/index.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { ledgerErrors } from './errors.ts';
import type { FrameBuffer } from './frames.ts';
import type { EventClass, LedgerEntry, SealedFields } from './types.ts';

/** What a C2SP entry bundle can hold. */
export const maxEntryBytes = 0xffff;

export type EntryParts = {
  readonly class: EventClass;
  readonly ocsf: OcsfEvent | WrittenEvent;
  /** JSON of the sealed block. */
  readonly sealedJson?: string | undefined;
  readonly weight?: number | undefined;
};

const prefixes: Readonly<Record<EventClass, string>> = {
  decisive: '{"v":1,"class":"decisive","ocsf":',
  forensic: '{"v":1,"class":"forensic","ocsf":',
  telemetry: '{"v":1,"class":"telemetry","ocsf":',
};

const encoder = new TextEncoder();
const prefixBytes: Readonly<Record<EventClass, Uint8Array>> = {
  decisive: encoder.encode(prefixes.decisive),
  forensic: encoder.encode(prefixes.forensic),
  telemetry: encoder.encode(prefixes.telemetry),
};

const wellFormed = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value;

/** The event as an object, whichever way it came. */
export const readEvent = (ocsf: OcsfEvent | WrittenEvent): OcsfEvent =>
  ocsf instanceof WrittenEvent ? ocsf.read() : ocsf;

/** JSON of an event; lone surrogates, which strict readers refuse, become U+FFFD. */
const eventJson = (ocsf: OcsfEvent | WrittenEvent): string => {
  if (ocsf instanceof WrittenEvent) return ocsf.json;
  const json = JSON.stringify(ocsf);
  return json.includes('\\ud') ? JSON.stringify(ocsf, wellFormed) : json;
};

const tailOf = ({ sealedJson, weight }: EntryParts): string => {
  const sealed = sealedJson === undefined ? '' : `,"sealed":${sealedJson}`;
  return weight === undefined ? `${sealed}}` : `${sealed},"weight":${weight}}`;
};

/**
 * The JSON text of an entry.
 *
 * @throws SallyportError E_LEDGER_EVENT_INVALID when even the required parts are too long
 */
export const entryText = (parts: EntryParts): string => {
  const text = prefixes[parts.class] + eventJson(parts.ocsf) + tailOf(parts);
  if (text.length * 3 <= maxEntryBytes || Buffer.byteLength(text) <= maxEntryBytes) return text;
  const shorter = shorten(parts);
  return prefixes[parts.class] + eventJson(shorter) + tailOf(parts);
};

/**
 * Appends an entry to the frames and returns the bytes it took. What was written from a template
 * becomes bytes there, without being text before. Throws as `entryText`.
 */
export const addEntry = (frames: FrameBuffer, parts: EntryParts): number => {
  const { ocsf } = parts;
  if (!(ocsf instanceof WrittenEvent)) return frames.add(entryText(parts));
  const pieces = { before: prefixBytes[parts.class], event: ocsf, after: tailOf(parts) };
  return frames.addPieces(pieces, maxEntryBytes) ?? frames.add(entryText(parts));
};

const tooLong = (detail: string): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_EVENT_INVALID, detail);

const shorten = (parts: EntryParts): OcsfEvent => {
  const ocsf = readEvent(parts.ocsf);
  const json = eventJson(ocsf);
  const fixedBytes = prefixes[parts.class].length + Buffer.byteLength(tailOf(parts));
  const sizes = Object.entries(ocsf)
    .map(([name, value]) => [name, Buffer.byteLength(JSON.stringify(value) ?? '')] as const)
    .toSorted(([, left], [, right]) => right - left);
  const facts = { digest: `sha256:${hash('sha256', json)}`, size_bytes: Buffer.byteLength(json) };
  const omitted: string[] = [];
  for (const [name] of sizes) {
    const candidate = withoutAttributes(ocsf, [...omitted, name], facts);
    if (validateOcsf(candidate).length > 0) continue;
    omitted.push(name);
    if (fixedBytes + Buffer.byteLength(eventJson(candidate)) <= maxEntryBytes) return candidate;
  }
  throw tooLong(`an event of ${facts.size_bytes} bytes cannot be cut to ${maxEntryBytes}`);
};

const withoutAttributes = (
  ocsf: OcsfEvent,
  omitted: readonly string[],
  facts: Readonly<Record<string, unknown>>,
): OcsfEvent => {
  const rest: Record<string, unknown> & OcsfEvent = { ...ocsf };
  for (const name of omitted) delete (rest as Record<string, unknown>)[name];
  return {
    ...rest,
    metadata: { ...ocsf.metadata, is_truncated: true },
    unmapped: {
      ...(omitted.includes('unmapped') ? {} : ocsf.unmapped),
      omitted: { ...facts, attributes: omitted },
    },
  };
};

/**
 * Parses an entry of the log.
 *
 * @throws SallyportError E_LEDGER_CORRUPT for bytes that are not an entry of format v1
 */
export const parseEntry = (index: number, bytes: Uint8Array): LedgerEntry => {
  try {
    const entry = JSON.parse(Buffer.from(bytes).toString()) as Omit<LedgerEntry, 'index'>;
    if (entry.v === 1 && typeof entry.ocsf?.metadata === 'object') return { index, ...entry };
  } catch (cause) {
    throw new SallyportError(ledgerErrors.E_LEDGER_CORRUPT, `entry ${index} is not JSON`, {
      cause,
    });
  }
  throw new SallyportError(ledgerErrors.E_LEDGER_CORRUPT, `entry ${index} has another format`);
};

/** JSON of a sealed block with its members in a fixed order. */
export const sealedText = ({ subject, key, commitment, ciphertext }: SealedFields): string =>
  JSON.stringify({ subject, key, commitment, ciphertext });
