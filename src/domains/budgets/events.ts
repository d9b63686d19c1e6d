/** Ledger events of the budgets room: OCSF Entity Management (3004), decisive. */
import { buildEntityChange } from '../../engines/ocsf/index.ts';
import type { LedgerEvent } from '../ledger/index.ts';
import type { BudgetActor, LimitKey } from './types.ts';

export type LimitChange = {
  readonly actor: BudgetActor;
  readonly key: LimitKey;
  /** Undefined: there was none, or there will be none. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly timeMs: number;
};

const activityOf = ({ before, after }: LimitChange): 'create' | 'update' | 'delete' => {
  if (after === undefined) return 'delete';
  return before === undefined ? 'create' : 'update';
};

/** The event of one change; appended before the change is stored. */
export const limitChanged = (change: LimitChange): LedgerEvent => {
  const { actor, key, before, after, timeMs } = change;
  const activity = activityOf(change);
  return {
    class: 'decisive',
    ocsf: buildEntityChange({
      timeMs,
      tenant: actor.tenant,
      activity,
      eventCode: `budget.limit.${activity}`,
      ...(actor.requestId === undefined ? {} : { correlationUid: actor.requestId }),
      actor: { type: actor.principal.type, uid: actor.principal.id },
      entity: {
        type: 'BudgetLimit',
        uid: `${key.scope.kind}:${key.scope.id}:${key.measure}:${key.window}`,
        data: { before: before ?? null, after: after ?? null },
      },
    }),
  };
};
