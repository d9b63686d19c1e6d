/** All agents in memory, equal to the tables, and when each was last seen. */
import type { Kysely } from 'kysely';
import type { Clock } from '../../../kernel/effects.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { IdentityTables } from '../schema.ts';
import { readAgent, readAgentPage, writeAgentSeen } from './store.ts';
import type { AgentRecord } from './types.ts';

export type AgentRegistry = {
  readonly get: (id: SpiffeId) => AgentRecord | undefined;
  /** A record that was just written. */
  readonly put: (record: AgentRecord) => void;
  readonly seen: (id: SpiffeId) => void;
  readonly reload: (ids: readonly string[]) => Promise<void>;
  readonly reloadAll: () => Promise<void>;
  /** Writes down who was seen since the last time. */
  readonly writeSeen: () => Promise<void>;
};

const pageSize = 1000;
const minuteMs = 60_000;

/** `onPut` hears every record that is new or different. */
export const openRegistry = async (
  { db, clock }: { readonly db: Kysely<IdentityTables>; readonly clock: Clock },
  onPut: (record: AgentRecord) => void,
): Promise<AgentRegistry> => {
  const records = new Map<SpiffeId, AgentRecord>();
  const seen = new Map<SpiffeId, number>();
  const put = (record: AgentRecord): void => {
    records.set(record.id, record);
    onPut(record);
  };
  const reloadAll = async (): Promise<void> => {
    let after = '';
    for (;;) {
      const page = await readAgentPage(db, { limit: pageSize, after });
      for (const record of page) put(record);
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      after = last.id;
    }
  };
  await reloadAll();
  return {
    get: (id) => records.get(id),
    put,
    seen: (id) => {
      const minute = Math.floor(clock.nowMs() / minuteMs) * minuteMs;
      if (minute > (records.get(id)?.lastSeenAtMs ?? minute)) seen.set(id, minute);
    },
    reload: async (ids) => {
      for (const id of ids) {
        const record = await readAgent(db, id);
        if (record !== undefined) put(record);
      }
    },
    reloadAll,
    writeSeen: async () => {
      for (const [id, lastSeenAtMs] of seen) {
        const record = records.get(id);
        if (record !== undefined) records.set(id, { ...record, lastSeenAtMs });
        await writeAgentSeen(db, id, lastSeenAtMs);
      }
      seen.clear();
    },
  };
};
