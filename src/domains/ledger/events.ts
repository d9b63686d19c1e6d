/** The events the ledger appends about itself. */
import {
  buildApiActivity,
  buildApplicationLifecycle,
  buildEntityChange,
  type OcsfEvent,
} from '../../engines/ocsf/index.ts';
import type { DroppedCounts, UnfinishedDecision } from './types.ts';

/** `metadata.event_code` of the ledger's own events. */
export const ledgerEventCodes = {
  refusing: 'ledger.refusing',
  resumed: 'ledger.resumed',
  tornTail: 'ledger.torn_tail',
  dropped: 'ledger.dropped',
  subjectErased: 'ledger.subject_erased',
  unfinished: 'ledger.unfinished_decision',
} as const;

const component = 'ledger';

/** The log stopped accepting decisions. */
export const refusingEvent = (timeMs: number, reason: string): OcsfEvent =>
  buildApplicationLifecycle({
    timeMs,
    activity: 'disable',
    component,
    severity: 'critical',
    eventCode: ledgerEventCodes.refusing,
    status: { isSuccess: false, code: reason, detail: 'decisions are refused until space is back' },
  });

/** The log accepts decisions again. */
export const resumedEvent = (timeMs: number, refusedMs: number): OcsfEvent =>
  buildApplicationLifecycle({
    timeMs,
    activity: 'enable',
    component,
    severity: 'medium',
    eventCode: ledgerEventCodes.resumed,
    unmapped: { refused_ms: Math.round(refusedMs) },
  });

/** Bytes after the last whole entry were cut off at start; they were never acknowledged. */
export const tornTailEvent = (timeMs: number, bytes: number): OcsfEvent =>
  buildApplicationLifecycle({
    timeMs,
    activity: 'start',
    component,
    severity: 'low',
    eventCode: ledgerEventCodes.tornTail,
    unmapped: { torn_bytes: bytes },
  });

/** Events that could not be kept since the last such event. */
export const droppedEvent = (timeMs: number, dropped: DroppedCounts): OcsfEvent =>
  buildApplicationLifecycle({
    timeMs,
    activity: 'update',
    component,
    severity: 'high',
    eventCode: ledgerEventCodes.dropped,
    unmapped: { dropped_forensic: dropped.forensic, dropped_telemetry: dropped.telemetry },
  });

/** The keys of a subject were destroyed; only its pseudonym is named. */
export const subjectErasedEvent = (timeMs: number, pseudonym: string): OcsfEvent =>
  buildEntityChange({
    timeMs,
    activity: 'delete',
    entity: { type: 'SubjectKey', uid: pseudonym },
    eventCode: ledgerEventCodes.subjectErased,
  });

const partyOf = (principal: string | null): { type: string; uid: string } | undefined => {
  const separator = principal?.indexOf('::') ?? -1;
  if (principal === null || separator <= 0) return undefined;
  return { type: principal.slice(0, separator), uid: principal.slice(separator + 2) };
};

/** A decision of an earlier run whose outcome never came. */
export const unfinishedEvent = (timeMs: number, decision: UnfinishedDecision): OcsfEvent => {
  const actor = partyOf(decision.principal);
  return buildApiActivity({
    timeMs,
    activity: 'create',
    operation: 'unfinished',
    service: component,
    severity: 'medium',
    correlationUid: decision.correlationUid,
    eventCode: ledgerEventCodes.unfinished,
    message: 'The process ended before the outcome of this decision was recorded.',
    unmapped: { decision_index: decision.index, decided_at_ms: decision.timeMs },
    ...(actor === undefined ? {} : { actor }),
  });
};
