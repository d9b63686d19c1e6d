/** What a control decided: the OCSF profile `security_control`. */
import { clip } from './base.ts';

export const dispositions = {
  allowed: 1,
  blocked: 2,
  quarantined: 3,
  dropped: 6,
  approved: 8,
  detected: 15,
  logged: 17,
  alert: 19,
  challenge: 23,
  accessRevoked: 24,
  rejected: 25,
  unauthorized: 26,
  error: 27,
} as const;
export type Disposition = keyof typeof dispositions;

export type ControlOutcome = {
  readonly decision: 'allow' | 'deny';
  /** False in shadow mode: decided and recorded, but let through. */
  readonly isEnforced?: boolean;
  /** `allowed` or `unauthorized` when absent. */
  readonly disposition?: Disposition;
  /** Policies that determined the decision. */
  readonly policies?: readonly { readonly uid: string; readonly version?: string }[];
  readonly isAlert?: boolean;
};

const maxPolicies = 32;
const allowedAction = 1;
const deniedAction = 2;
const observedAction = 3;

const authorizationsOf = (outcome: ControlOutcome): readonly unknown[] => {
  const { decision, policies = [] } = outcome;
  if (policies.length === 0) return [{ decision }];
  return policies.slice(0, maxPolicies).map(({ uid, version }) => ({
    decision,
    policy: { uid: clip(uid), ...(version === undefined ? {} : { version }) },
  }));
};

const dispositionOf = (outcome: ControlOutcome): Disposition => {
  if (outcome.disposition !== undefined) return outcome.disposition;
  if (outcome.decision === 'allow') return 'allowed';
  return outcome.isEnforced === false ? 'detected' : 'unauthorized';
};

/** Puts action, disposition and authorizations into an event that declares the profile. */
export const addControl = (fields: Record<string, unknown>, outcome: ControlOutcome): void => {
  const verdict = outcome.decision === 'allow' ? allowedAction : deniedAction;
  fields.action_id = outcome.isEnforced === false ? observedAction : verdict;
  fields.disposition_id = dispositions[dispositionOf(outcome)];
  fields.authorizations = authorizationsOf(outcome);
  if (outcome.isAlert !== undefined) fields.is_alert = outcome.isAlert;
};
