/** Ledger events of revocation. */
import type { LedgerEvent } from '../../ledger/index.ts';
import { entityChanged } from '../events.ts';
import type { Actor } from '../types.ts';

export type RevokedThing = {
  readonly type: 'Svid' | 'RegistrationEntry' | 'Node' | 'Authority';
  readonly uid: string;
  readonly eventCode: string;
  readonly reason: string;
  /** SVIDs refused one by one because of it. */
  readonly credentials: number;
  readonly timeMs: number;
};

export const revokedThing = (actor: Actor, thing: RevokedThing): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, thing.timeMs, {
    activity: 'delete',
    eventCode: thing.eventCode,
    entity: {
      type: thing.type,
      uid: thing.uid,
      data: { reason: thing.reason, credentials: thing.credentials },
    },
  }),
});
