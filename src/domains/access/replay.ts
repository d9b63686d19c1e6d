/**
 * Asks a candidate policy set what was decided before, and lists what would change. Entities are those
 * of today; `now` tells a change of policies from a change of entities.
 */
import type { EntityRef } from '../../engines/authorization/index.ts';
import { eventCodes } from '../../engines/ocsf/index.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json-value.ts';
import type { Ledger, LedgerEntry, LedgerRow } from '../ledger/index.ts';
import type { AccessState } from './access-state.ts';
import { decideWith } from './decide.ts';
import { createDecisionCache } from './decision-cache.ts';
import { accessErrors } from './errors.ts';
import { compileCandidate, refuseCandidate } from './policies.ts';
import { disposePolicies } from './policy-state.ts';
import type { AccessRequest, ReplayChange, ReplayReport, ReplayRequest } from './types.ts';

export type ReplayLedger = Pick<Ledger, 'query' | 'read'>;

const defaultLimit = 100_000;
const pageSize = 1000;
const readAtOnce = 64;
const maxChanges = 10_000;
const recordedCodes = [eventCodes.gatewayDecision, eventCodes.accessDecision] as const;

type Recorded = {
  readonly request: AccessRequest;
  readonly before: 'allow' | 'deny';
};

const isRef = (value: unknown): value is EntityRef =>
  isJsonObject(value) && typeof value['type'] === 'string' && typeof value['id'] === 'string';

const partyRef = (value: unknown): unknown =>
  isJsonObject(value) ? { type: value['type'], id: value['uid'] } : undefined;

/** Facts as `recordedDecision` writes them, or as far as the event itself tells them. */
const factsOf = (entry: LedgerEntry, row: LedgerRow): Readonly<Record<string, unknown>> => {
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

/** The decision as it was asked and answered; undefined when the event does not tell. */
const readRecorded = (entry: LedgerEntry, row: LedgerRow): Recorded | undefined => {
  const { principal, action, resource, context, claims, decision } = factsOf(entry, row);
  if (!isRef(principal) || !isRef(resource) || typeof action !== 'string') return undefined;
  if (!isJsonObject(context) || (decision !== 'allow' && decision !== 'deny')) return undefined;
  const request = { principal, action, resource, context } as AccessRequest;
  if (!isJsonObject(claims)) return { request, before: decision };
  return { request: { ...request, claims: claims as never }, before: decision };
};

/** Rows of one kind of event, newest first, page by page. */
const pagesOf = async function* (
  ledger: ReplayLedger,
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

type Tally = {
  examined: number;
  unchanged: number;
  skipped: number;
  truncated: boolean;
  readonly changes: ReplayChange[];
};
type Ask = (request: AccessRequest) => Pick<ReplayChange, 'now' | 'after'>;

const compare = (
  { tally, ask }: { readonly tally: Tally; readonly ask: Ask },
  row: LedgerRow,
  entry: LedgerEntry,
): void => {
  const recorded = readRecorded(entry, row);
  if (recorded === undefined) {
    tally.skipped++;
    return;
  }
  const { request, before } = recorded;
  const { now, after } = ask(request);
  if (after.decision === before) tally.unchanged++;
  else if (tally.changes.length >= maxChanges) tally.truncated = true;
  else {
    const { index: ledgerIndex, timeMs } = row;
    tally.changes.push({ ledgerIndex, timeMs, request, before, now, after });
  }
};

const replayRows = async (
  replay: { readonly ledger: ReplayLedger; readonly tally: Tally; readonly ask: Ask },
  rows: readonly LedgerRow[],
): Promise<void> => {
  for (let at = 0; at < rows.length; at += readAtOnce) {
    const chunk = rows.slice(at, at + readAtOnce);
    const entries = await Promise.all(chunk.map(({ index }) => replay.ledger.read(index)));
    entries.forEach((entry, i) => {
      const row = chunk[i];
      if (row === undefined) return;
      replay.tally.examined++;
      compare(replay, row, entry);
    });
  }
};

const replayAll = async (
  ledger: ReplayLedger,
  { fromMs, limit = defaultLimit }: ReplayRequest,
  ask: Ask,
): Promise<ReplayReport> => {
  const tally: Tally = { examined: 0, unchanged: 0, skipped: 0, truncated: false, changes: [] };
  for (const eventCode of recordedCodes)
    for await (const page of pagesOf(ledger, { eventCode, fromMs })) {
      const room = limit - tally.examined;
      if (page.length > room) tally.truncated = true;
      await replayRows({ ledger, tally, ask }, page.slice(0, room));
      if (tally.examined >= limit) break;
    }
  return { ...tally, changes: tally.changes.sort((a, b) => b.ledgerIndex - a.ledgerIndex) };
};

/** See `Access.replay`. */
export const replay = async (
  state: AccessState,
  ledger: ReplayLedger | undefined,
  request: ReplayRequest,
): Promise<ReplayReport | Refusal> => {
  if (ledger === undefined) return refuse(accessErrors.E_REPLAY_UNAVAILABLE, 'there is no ledger');
  const candidate = compileCandidate(state, request.candidate);
  const { set } = candidate;
  if (set === undefined) {
    disposePolicies(candidate);
    return refuseCandidate(candidate.info.problems);
  }
  const cache = createDecisionCache();
  const ask: Ask = (asked) => {
    const { graph: source, policies, cache: current } = state;
    const after = decideWith({ set, source, cache }, asked);
    if (policies.set === undefined) return { after, now: 'deny' };
    const now = decideWith({ set: policies.set, source, cache: current }, asked);
    return { after, now: now.decision };
  };
  try {
    return await replayAll(ledger, request, ask);
  } finally {
    disposePolicies(candidate);
  }
};
