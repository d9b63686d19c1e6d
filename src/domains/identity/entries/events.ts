/** Ledger events of registration entries. */
import type { LedgerEvent } from '../../ledger/index.ts';
import { entityChanged } from '../events.ts';
import type { Actor } from '../types.ts';
import type { RegistrationEntry } from './types.ts';

/** Enough for a reader of the log; the rest stands in the entry. */
const maxSelectorsShown = 32;

const dataOf = (entry: RegistrationEntry) => ({
  spiffe_id: entry.spiffeId,
  principal: entry.principal,
  parent:
    entry.parent.kind === 'agent'
      ? entry.parent.agentId
      : entry.parent.selectors.slice(0, maxSelectorsShown).join(' '),
  selectors: entry.selectors.slice(0, maxSelectorsShown),
  version: entry.version,
  ...(entry.instances === undefined ? {} : { instances: entry.instances }),
  ...(entry.expiresAtMs === undefined ? {} : { expires_at_ms: entry.expiresAtMs }),
});

export type EntryVerb = 'created' | 'updated' | 'removed';

const activities = { created: 'create', updated: 'update', removed: 'delete' } as const;

export const entryChanged = (
  actor: Actor,
  entry: RegistrationEntry,
  change: { readonly verb: EntryVerb; readonly timeMs: number },
): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, change.timeMs, {
    activity: activities[change.verb],
    eventCode: `entry.${change.verb}`,
    entity: { type: 'RegistrationEntry', uid: entry.id, data: dataOf(entry) },
  }),
});
