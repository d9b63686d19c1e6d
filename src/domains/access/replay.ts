/**
 * Asks a candidate policy set what was decided before, and lists what would change. Entities are those
 * of today; `now` tells a change of policies from a change of entities.
 */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { LedgerEntry, LedgerRow } from '../ledger/index.ts';
import type { AccessState } from './access-state.ts';
import { decideWith } from './decide.ts';
import { createDecisionCache } from './decision-cache.ts';
import { accessErrors } from './errors.ts';
import { compileCandidate, refuseCandidate } from './policies.ts';
import { disposePolicies } from './policy-state.ts';
import {
  pagesOf,
  readAtOnce,
  readRecorded,
  recordedCodes,
  type RecordedLedger,
} from './recorded-decisions.ts';
import type { AccessRequest, ReplayChange, ReplayReport, ReplayRequest } from './types.ts';

export type ReplayLedger = RecordedLedger;

const defaultLimit = 100_000;
const maxChanges = 10_000;

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
