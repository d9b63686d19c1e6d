/** Application Lifecycle (6002) and Detection Finding (2004). */
import type { OcsfEvent } from '../event.ts';
import { sallyportProduct } from '../product.ts';
import { type EventBasics, type Party, put, startEvent } from './base.ts';

const lifecycleActivities = {
  install: 1,
  remove: 2,
  start: 3,
  stop: 4,
  restart: 5,
  enable: 6,
  disable: 7,
  update: 8,
} as const;

export type ApplicationLifecycle = EventBasics & {
  readonly activity: keyof typeof lifecycleActivities;
  /** Which part of Sallyport, for example `server`, `ledger`. */
  readonly component: string;
};

/** Builds an Application Lifecycle event: start, stop, a crash noticed at start, a part disabled. */
export const buildApplicationLifecycle = (facts: ApplicationLifecycle): OcsfEvent => {
  const activityId = lifecycleActivities[facts.activity];
  const event = startEvent(facts, { classUid: 6002, activityId });
  (event as Record<string, unknown>).app = {
    ...sallyportProduct,
    feature: { name: facts.component },
  };
  return event;
};

const findingActivities = { create: 1, update: 2, close: 3 } as const;
const findingStatuses = { new: 1, inProgress: 2, suppressed: 3, resolved: 4 } as const;
const analyticTypes = { rule: 1, behavioral: 2, statistical: 3, learning: 4 } as const;
const confidences = { unknown: 0, low: 1, medium: 2, high: 3 } as const;

export type DetectionFinding = Omit<EventBasics, 'status'> & {
  readonly activity: keyof typeof findingActivities;
  readonly finding: {
    readonly uid: string;
    readonly title: string;
    readonly description?: string;
    readonly analytic?: {
      readonly uid: string;
      readonly name: string;
      readonly type: keyof typeof analyticTypes;
    };
    /** Log entries that led to it: `ledger:<index>`. */
    readonly relatedEventUids?: readonly string[];
  };
  readonly findingStatus?: keyof typeof findingStatuses;
  readonly confidence?: keyof typeof confidences;
  readonly isAlert?: boolean;
  readonly resources?: readonly Party[];
  /** Plain JSON each; becomes `evidences[].data`. */
  readonly evidences?: readonly unknown[];
};

const findingInfo = (finding: DetectionFinding['finding']): Readonly<Record<string, unknown>> => {
  const info: Record<string, unknown> = { uid: finding.uid, title: finding.title };
  put(info, 'desc', finding.description);
  const { analytic, relatedEventUids } = finding;
  if (analytic !== undefined)
    info.analytic = {
      uid: analytic.uid,
      name: analytic.name,
      type_id: analyticTypes[analytic.type],
    };
  if (relatedEventUids !== undefined)
    info.related_events = relatedEventUids.map((uid) => ({ uid }));
  return info;
};

/** Builds a Detection Finding. */
export const buildDetectionFinding = (facts: DetectionFinding): OcsfEvent => {
  const activityId = findingActivities[facts.activity];
  const event = startEvent(facts, { classUid: 2004, activityId });
  const fields: Record<string, unknown> = event;
  fields.finding_info = findingInfo(facts.finding);
  fields.status_id = findingStatuses[facts.findingStatus ?? 'new'];
  if (facts.confidence !== undefined) fields.confidence_id = confidences[facts.confidence];
  put(fields, 'resources', facts.resources);
  if (facts.isAlert !== undefined) fields.is_alert = facts.isAlert;
  if (facts.evidences !== undefined) fields.evidences = facts.evidences.map((data) => ({ data }));
  return event;
};
