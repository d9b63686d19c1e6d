/** Where recorded decisions come from: the ledger of a running server, or lines of JSON. */
import { parseExactJson } from '../../../engines/authorization/index.ts';
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';
import type { LedgerEntry, LedgerRow } from '../../ledger/index.ts';
import {
  pagesOf,
  readAtOnce,
  readFacts,
  readRecorded,
  recordedCodes,
  type RecordedLedger,
} from '../recorded-decisions.ts';
import { leastPrivilegeErrors } from './errors.ts';
import type { DecisionSource, RecordedDecision } from './types.ts';

const decisionsOfRows = async (
  ledger: RecordedLedger,
  rows: readonly LedgerRow[],
): Promise<readonly (RecordedDecision | undefined)[]> => {
  const entries = await Promise.all(rows.map(({ index }) => ledger.read(index)));
  return rows.map((row, at) => {
    const recorded = readRecorded(entries[at] as LedgerEntry, row);
    return recorded && { ...recorded, timeMs: row.timeMs };
  });
};

const decisionsOfPage = async function* (
  ledger: RecordedLedger,
  page: readonly LedgerRow[],
): AsyncGenerator<RecordedDecision | undefined> {
  for (let at = 0; at < page.length; at += readAtOnce)
    yield* await decisionsOfRows(ledger, page.slice(at, at + readAtOnce));
};

/** Decisions that the ledger has recorded since a time, newest first per kind of event. */
export const decisionsOfLedger = (ledger: RecordedLedger, fromMs: number): DecisionSource =>
  async function* () {
    for (const eventCode of recordedCodes)
      for await (const page of pagesOf(ledger, { eventCode, fromMs }))
        yield* decisionsOfPage(ledger, page);
  };

/** The event behind a line: a ledger entry, an OCSF event, or neither. */
const eventOf = (json: JsonObject): JsonObject | undefined => {
  const { ocsf } = json;
  if (ocsf !== undefined && isJsonObject(ocsf)) return ocsf;
  return 'class_uid' in json ? json : undefined;
};

const numberOf = (...values: readonly (JsonValue | undefined)[]): number => {
  const value = values.find((each) => typeof each === 'number');
  return typeof value === 'number' ? value : 0;
};

/** Undefined for events that are no decisions or tell too little. */
const decisionOf = (json: JsonObject): RecordedDecision | undefined => {
  const event = eventOf(json);
  const { unmapped } = event ?? {};
  const inside =
    unmapped !== undefined && isJsonObject(unmapped) ? unmapped['decision'] : undefined;
  const facts = event === undefined ? json : inside;
  if (facts === undefined || !isJsonObject(facts)) return undefined;
  const recorded = readFacts(event === undefined ? { context: {}, ...facts } : facts);
  return (
    recorded && { ...recorded, timeMs: numberOf(json['timeMs'], event?.['time'], json['time']) }
  );
};

const invalid = (line: number, detail: string): SallyportError =>
  new SallyportError(leastPrivilegeErrors.E_DECISIONS_INVALID, `line ${line}: ${detail}`);

export type LineOptions = {
  /** Epoch milliseconds; what is older is left out. */
  readonly fromMs?: number;
  /** Passes over what is no decision at all, as most entries of a ledger are. */
  readonly ignoreOthers?: boolean;
};

const codes: ReadonlySet<unknown> = new Set(recordedCodes);

const isRecordOfDecision = (json: JsonObject): boolean => {
  const metadata = eventOf(json)?.['metadata'];
  return metadata !== undefined && isJsonObject(metadata) && codes.has(metadata['event_code']);
};

/**
 * Decisions from lines of JSON: ledger entries, OCSF events, or plain
 * `{timeMs, principal, action, resource, context, decision}`. Empty lines are passed over.
 *
 * @throws SallyportError E_DECISIONS_INVALID, while it is read, for a line that is no JSON object
 */
export const decisionsOfLines = (
  lines: () => AsyncIterable<string>,
  { fromMs = Number.NEGATIVE_INFINITY, ignoreOthers = false }: LineOptions = {},
): DecisionSource =>
  async function* () {
    let number = 0;
    for await (const line of lines()) {
      number++;
      if (line.trim() === '') continue;
      const json = parseExactJson(line);
      if (isRefusal(json)) throw invalid(number, json.detail);
      const value = json.value as JsonValue;
      if (!isJsonObject(value)) throw invalid(number, 'not an object');
      const decision = decisionOf(value);
      if (decision === undefined && ignoreOthers && !isRecordOfDecision(value)) continue;
      if (decision === undefined || decision.timeMs >= fromMs) yield decision;
    }
  };
