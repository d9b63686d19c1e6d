/**
 * Instances of a group: a worker's name is held for its agent until the last SVID under it ends, and no
 * more names are held at once than the group allows.
 */
import type { Kysely, Transaction } from 'kysely';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { RegistrationEntry } from '../entries/types.ts';
import type { IdentityTables } from '../schema.ts';

/** Names that one agent wants in one group, with the end of the SVID under each. */
export type InstanceWish = {
  readonly entry: RegistrationEntry;
  readonly agentId: SpiffeId;
  readonly ends: ReadonlyMap<string, number>;
  readonly nowMs: number;
};

/** The names that may be used; they are held from now on. */
export const holdInstances = async (
  trx: Transaction<IdentityTables>,
  { entry, agentId, ends, nowMs }: InstanceWish,
): Promise<ReadonlySet<string>> => {
  // Locks the group, so that two replicas cannot both give the last place away.
  await trx
    .updateTable('identity_entries')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('id', '=', entry.id)
    .execute();
  const live = await trx
    .selectFrom('identity_instances')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('entry_id', '=', entry.id)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirst();
  const known = await trx
    .selectFrom('identity_instances')
    .selectAll()
    .where('entry_id', '=', entry.id)
    .where('expires_at_ms', '>', nowMs)
    .where('instance', 'in', [...ends.keys()])
    .execute();
  const holders = new Map(known.map((row) => [row.instance, row.agent_id]));
  const held = choose(ends.keys(), { holders, agentId, room: roomIn(entry, Number(live?.count)) });
  const before = new Map(known.map((row) => [row.instance, row.expires_at_ms]));
  await write(trx, entry.id, { agentId, ends, held, before });
  return held;
};

const roomIn = ({ instances = 0 }: RegistrationEntry, live: number): number =>
  Math.max(0, instances - live);

const choose = (
  names: Iterable<string>,
  facts: {
    readonly holders: ReadonlyMap<string, string>;
    readonly agentId: SpiffeId;
    readonly room: number;
  },
): ReadonlySet<string> => {
  const held = new Set<string>();
  let { room } = facts;
  for (const name of names) {
    const holder = facts.holders.get(name);
    if (holder === facts.agentId) held.add(name);
    if (holder !== undefined || room === 0) continue;
    room -= 1;
    held.add(name);
  }
  return held;
};

const write = async (
  trx: Transaction<IdentityTables>,
  entryId: string,
  {
    agentId,
    ends,
    held,
    before,
  }: Pick<InstanceWish, 'agentId' | 'ends'> & {
    readonly held: ReadonlySet<string>;
    /** Until when names are held already; none is given up early. */
    readonly before: ReadonlyMap<string, number>;
  },
): Promise<void> => {
  if (held.size === 0) return;
  await trx
    .insertInto('identity_instances')
    .values(
      [...held].map((instance) => ({
        entry_id: entryId,
        instance,
        agent_id: agentId,
        expires_at_ms: Math.max(ends.get(instance) ?? 0, before.get(instance) ?? 0),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['entry_id', 'instance']).doUpdateSet((eb) => ({
        agent_id: eb.ref('excluded.agent_id'),
        expires_at_ms: eb.ref('excluded.expires_at_ms'),
      })),
    )
    .execute();
};

/** Holds a name of this agent at least so long: a token under it may outlive the X509-SVID. */
export const keepInstance = async (
  db: Kysely<IdentityTables>,
  wish: {
    readonly entryId: string;
    readonly instance: string;
    readonly agentId: SpiffeId;
    readonly untilMs: number;
  },
): Promise<void> => {
  await db
    .updateTable('identity_instances')
    .set({ expires_at_ms: wish.untilMs })
    .where('entry_id', '=', wish.entryId)
    .where('instance', '=', wish.instance)
    .where('agent_id', '=', wish.agentId)
    .where('expires_at_ms', '<', wish.untilMs)
    .execute();
};

/** True when this agent holds the name now. */
export const holdsInstance = async (
  db: Kysely<IdentityTables>,
  wish: {
    readonly entryId: string;
    readonly instance: string;
    readonly agentId: SpiffeId;
    readonly nowMs: number;
  },
): Promise<boolean> => {
  const row = await db
    .selectFrom('identity_instances')
    .select('agent_id')
    .where('entry_id', '=', wish.entryId)
    .where('instance', '=', wish.instance)
    .where('expires_at_ms', '>', wish.nowMs)
    .executeTakeFirst();
  return row?.agent_id === wish.agentId;
};
