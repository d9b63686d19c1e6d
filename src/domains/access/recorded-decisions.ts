/** Decisions as the ledger recorded them, page by page, so that millions need no memory. */
import type { EntityRef } from '../../engines/authorization/index.ts';
import { eventCodes } from '../../engines/ocsf/index.ts';
import { isJsonObject } from '../../kernel/json-value.ts';
import type { Ledger, LedgerEntry, LedgerRow } from '../ledger/index.ts';
import type { AccessRequest } from './types.ts';

export type RecordedLedger = Pick<Ledger, 'query' | 'read'>;

const pageSize = 1000;
export const readAtOnce = 64;
export const recordedCodes = [eventCodes.gatewayDecision, eventCodes.accessDecision] as const;

export type Recorded = {
  readonly request: AccessRequest;
  readonly before: 'allow' | 'deny';
};

const isRef = (value: unknown): value is EntityRef =>
  isJsonObject(value) && typeof value['type'] === 'string' && typeof value['id'] === 'string';

const partyRef = (value: unknown): unknown =>
  isJsonObject(value) ? { type: value['type'], id: value['uid'] } : undefined;

/** Facts as `recordedDecision` writes them, or as far as the event itself tells them. */
const factsOf = (
  entry: Pick<LedgerEntry, 'ocsf'>,
  row: Pick<LedgerRow, 'decision'>,
): Readonly<Record<string, unknown>> => {
  const { unmapped, actor, api, resources } = entry.ocsf;
  if (isJsonObject(unmapped) && isJsonObject(unmapped['decision'])) return unmapped['decision'];
  const resource: unknown = Array.isArray(resources) ? resources[0] : undefined;
  return {
    principal: partyRef(isJsonObject(actor) ? actor['user'] : undefined),
    action: isJsonObject(api) ? api['operation'] : undefined,
    resource: partyRef(resource),
    context: isJsonObject(unmapped) ? unmapped['context'] : undefined,
    decision: row.decision,
  };
};

/** The decision as it was asked and answered; undefined when the facts do not tell. */
export const readFacts = (facts: Readonly<Record<string, unknown>>): Recorded | undefined => {
  const { principal, action, resource, context, claims, decision } = facts;
  if (!isRef(principal) || !isRef(resource) || typeof action !== 'string') return undefined;
  if (!isJsonObject(context) || (decision !== 'allow' && decision !== 'deny')) return undefined;
  const request = { principal, action, resource, context } as AccessRequest;
  if (!isJsonObject(claims)) return { request, before: decision };
  return { request: { ...request, claims: claims as never }, before: decision };
};

/** Rows of one kind of event, newest first, page by page. */
export const pagesOf = async function* (
  ledger: RecordedLedger,
  { eventCode, fromMs }: { readonly eventCode: string; readonly fromMs: number },
): AsyncGenerator<readonly LedgerRow[]> {
  let before: number | undefined;
  for (;;) {
    const cursor = before === undefined ? {} : { before };
    const page = await ledger.query({ eventCode, fromMs, limit: pageSize, ...cursor });
    if (page.length === 0) return;
    yield page;
    before = page.at(-1)?.index;
  }
};

/** The decision that an entry records; undefined when it does not tell. */
export const readRecorded = (
  entry: Pick<LedgerEntry, 'ocsf'>,
  row: Pick<LedgerRow, 'decision'>,
): Recorded | undefined => readFacts(factsOf(entry, row));
