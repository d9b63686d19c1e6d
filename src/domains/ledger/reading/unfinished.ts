/**
 * Decisions of earlier runs that were never answered by an outcome: the process died in between.
 * Everything before this run began is examined once; each find becomes an event of the log.
 */
import { eventCodes } from '../../../engines/ocsf/index.ts';
import { ledgerEventCodes } from '../events.ts';
import type { IndexStore } from '../store.ts';
import type { UnfinishedDecision } from '../types.ts';

const pageSize = 500;

export type UnfinishedOptions = {
  readonly store: IndexStore;
  /** Size of the log when this run began. */
  readonly beganAt: number;
  /** Appends the report of one decision; resolves when it is durable. */
  readonly report: (decision: UnfinishedDecision) => Promise<unknown>;
};

/** Reports what was left; the index must be up to date. Safe to run again after a failure. */
export const reportUnfinished = async (
  options: UnfinishedOptions,
): Promise<readonly UnfinishedDecision[]> => {
  const { store, beganAt, report } = options;
  const found: UnfinishedDecision[] = [];
  let from = await store.position('unfinished');
  while (from < beganAt) {
    const page = await store.unanswered({
      from,
      to: beganAt,
      decisionCode: eventCodes.gatewayDecision,
      closingCodes: [eventCodes.gatewayOutcome, ledgerEventCodes.unfinished],
      limit: pageSize,
    });
    await Promise.all(page.map(report));
    found.push(...page);
    from = page.length < pageSize ? beganAt : (page.at(-1)?.index ?? beganAt) + 1;
    await store.setPosition('unfinished', from);
  }
  return found;
};
