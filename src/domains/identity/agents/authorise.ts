/** May this agent have this identity now? One question for all three kinds of credentials. */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../../kernel/ids.ts';
import { maxInstanceLength } from '../entries/check-entry.ts';
import { type EntryIndex, isFor } from '../entries/entry-index.ts';
import type { RegistrationEntry } from '../entries/types.ts';
import { identityErrors } from '../errors.ts';
import type { AttestedAgent } from './types.ts';

export type Authorised = {
  readonly entry: RegistrationEntry;
  /** The entry's, or below it for an instance. */
  readonly spiffeId: SpiffeId;
  readonly instance?: string;
};

/** One answer for entries of others and entries that do not exist. */
const forbidden = (id: string): Refusal =>
  refuse(identityErrors.E_ENTRY_FORBIDDEN, `entry ${id.slice(0, 64)} is not for this agent`);

const inGroup = (entry: RegistrationEntry, instance: string | undefined): Authorised | Refusal => {
  const bad = (what: string): Refusal => refuse(identityErrors.E_IDENTITY_REQUEST, what);
  if (instance === undefined || instance.length > maxInstanceLength || instance.includes('/'))
    return bad(`entry ${entry.id} is a group: name the instance in one path segment`);
  const spiffeId = parseSpiffeId(`${entry.spiffeId}/${instance}`);
  return isRefusal(spiffeId) ? bad(spiffeId.detail) : { entry, spiffeId, instance };
};

export const authorise = (
  index: EntryIndex,
  agent: Pick<AttestedAgent, 'agentId' | 'selectors'>,
  wish: { readonly entryId: string; readonly instance?: string; readonly nowMs: number },
): Authorised | Refusal => {
  const { entryId, instance, nowMs } = wish;
  const entry = index.get(entryId);
  if (entry === undefined || !isFor(entry, agent)) return forbidden(entryId);
  if ((entry.expiresAtMs ?? Infinity) <= nowMs) return forbidden(entryId);
  if (entry.instances !== undefined) return inGroup(entry, instance);
  if (instance === undefined) return { entry, spiffeId: entry.spiffeId };
  return refuse(identityErrors.E_IDENTITY_REQUEST, `entry ${entry.id} is not a group`);
};

/** How long a credential may live: as long as wished, not beyond the entry. */
export const lifeWithin = (entry: RegistrationEntry, wishMs: number, nowMs: number): number =>
  Math.min(wishMs, (entry.expiresAtMs ?? Infinity) - nowMs);
