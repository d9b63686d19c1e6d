/** Registering: checks a wish, finds or makes its principal, records, writes, takes effect. */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { PrincipalId, SpiffeId } from '../../../kernel/ids.ts';
import { isUniqueViolation } from '../../../platform/storage/index.ts';
import { removedEntry } from '../changes.ts';
import { carryOut, type IdentityContext } from '../context.ts';
import { identityErrors } from '../errors.ts';
import { findPrincipalBySpiffeId } from '../principal-store.ts';
import type { Actor, Identity } from '../types.ts';
import { checkEntry } from './check-entry.ts';
import { entryChanged } from './events.ts';
import type { EntryKeeper } from './keep-entries.ts';
import { deleteEntry, insertEntry, readEntries, readEntryPage, updateEntry } from './store.ts';
import type {
  Entries,
  EntryFilter,
  EntryPage,
  EntryUpdate,
  NewEntry,
  RegistrationEntry,
} from './types.ts';

type Desk = {
  readonly context: IdentityContext;
  readonly keeper: EntryKeeper;
  readonly createPrincipal: Identity['createPrincipal'];
};

const maxPage = 1000;
const usualPage = 100;

const unknown = (id: string): Refusal =>
  refuse(identityErrors.E_ENTRY_NOT_FOUND, `there is no entry ${id.slice(0, 64)}`);
const exists = refuse(
  identityErrors.E_ENTRY_EXISTS,
  'these selectors already have this SPIFFE ID there',
);

/** A principal id that says which workload it is: the path of its SPIFFE ID. */
const idFromPath = (spiffeId: SpiffeId): PrincipalId | undefined => {
  const path = spiffeId.slice('spiffe://'.length).split('/').slice(1).join('/');
  return path.length <= 256 ? (path as PrincipalId) : undefined;
};

/** The principal that has this SPIFFE ID, made when there is none. */
const principalFor = async (
  { context, createPrincipal }: Desk,
  actor: Actor,
  wish: NewEntry,
): Promise<PrincipalId | Refusal> => {
  const { spiffeId, roles = [], teams = [] } = wish;
  const known = await findPrincipalBySpiffeId(context.db, spiffeId);
  if (known !== undefined) {
    if (known.disabled)
      return refuse(identityErrors.E_IDENTITY_DISABLED, `${known.id} is disabled`);
    return known.id;
  }
  const draft = { type: 'Service', name: spiffeId.slice(0, 256), spiffeId, roles, teams } as const;
  const id = idFromPath(spiffeId);
  let made = await createPrincipal(actor, { ...draft, ...(id === undefined ? {} : { id }) });
  if (isRefusal(made) && made.error === identityErrors.E_PRINCIPAL_EXISTS) {
    // Made a moment ago by somebody else, or the id belongs to another principal.
    const again = await findPrincipalBySpiffeId(context.db, spiffeId);
    if (again !== undefined) return again.id;
    made = await createPrincipal(actor, draft);
  }
  return isRefusal(made) ? made : made.id;
};

const create = async (
  desk: Desk,
  actor: Actor,
  wish: NewEntry,
): Promise<RegistrationEntry | Refusal> => {
  const { context, keeper } = desk;
  const checked = checkEntry(wish, { ...context, nowMs: context.clock.nowMs() });
  if (isRefusal(checked)) return checked;
  const principal = await principalFor(desk, actor, wish);
  if (isRefusal(principal)) return principal;
  const timeMs = context.clock.nowMs();
  const entry: RegistrationEntry = {
    ...checked,
    id: context.newUuid(),
    principal,
    version: 1,
    createdAtMs: timeMs,
    updatedAtMs: timeMs,
  };
  const events = [entryChanged(actor, entry, { verb: 'created', timeMs })];
  const change = { kind: 'entry', subject: entry.id } as const;
  try {
    await carryOut(context, { actor, events, change }, (trx) => insertEntry(trx, entry));
  } catch (error) {
    if (isUniqueViolation(error)) return exists;
    throw error;
  }
  keeper.put(entry);
  return entry;
};

/** From the tables, not from the index: an entry that has ended is not there any more. */
const find = async ({ context }: Desk, id: string): Promise<RegistrationEntry | Refusal> => {
  const [entry] = await readEntries(context.db, [id]);
  return entry ?? unknown(id);
};

const withUpdate = (entry: RegistrationEntry, update: EntryUpdate): NewEntry => {
  const { expiresAtMs, expectedVersion: _, ...rest } = update;
  const { expiresAtMs: until, ...kept } = entry;
  const end = expiresAtMs === undefined ? until : (expiresAtMs ?? undefined);
  return { ...kept, ...rest, ...(end === undefined ? {} : { expiresAtMs: end }) };
};

class Outrun extends Error {}

const update = async (
  desk: Desk,
  actor: Actor,
  wish: EntryUpdate & { readonly id: string },
): Promise<RegistrationEntry | Refusal> => {
  const { context, keeper } = desk;
  const { id, ...changes } = wish;
  const before = await find(desk, id);
  if (isRefusal(before)) return before;
  const conflict = refuse(identityErrors.E_ENTRY_CONFLICT, `entry ${id} was changed meanwhile`);
  if (before.version !== (changes.expectedVersion ?? before.version)) return conflict;
  if (changes.instances !== undefined && before.instances === undefined)
    return refuse(identityErrors.E_IDENTITY_REQUEST, 'an entry cannot become a group later');
  const timeMs = context.clock.nowMs();
  const checked = checkEntry(withUpdate(before, changes), { ...context, nowMs: timeMs });
  if (isRefusal(checked)) return checked;
  const { principal, createdAtMs } = before;
  const version = before.version + 1;
  const entry = { ...checked, id, principal, version, createdAtMs, updatedAtMs: timeMs };
  const events = [entryChanged(actor, entry, { verb: 'updated', timeMs })];
  try {
    await carryOut(
      context,
      { actor, events, change: { kind: 'entry', subject: id } },
      async (trx) => {
        if (!(await updateEntry(trx, entry))) throw new Outrun();
      },
    );
  } catch (error) {
    if (error instanceof Outrun) return conflict;
    if (isUniqueViolation(error)) return exists;
    throw error;
  }
  keeper.put(entry);
  return entry;
};

const remove = async (
  desk: Desk,
  actor: Actor,
  id: string,
): Promise<RegistrationEntry | Refusal> => {
  const { context, keeper } = desk;
  const entry = await find(desk, id);
  if (isRefusal(entry)) return entry;
  const timeMs = context.clock.nowMs();
  const events = [entryChanged(actor, entry, { verb: 'removed', timeMs })];
  const change = { kind: 'entry', subject: `${removedEntry}${id}` } as const;
  await carryOut(context, { actor, events, change }, (trx) => deleteEntry(trx, id));
  keeper.remove(id);
  return entry;
};

const list = async ({ context }: Desk, filter: EntryFilter): Promise<EntryPage> => {
  const limit = Math.min(Math.max(Math.trunc(filter.limit ?? usualPage), 1), maxPage);
  const rows = await readEntryPage(context.db, { ...filter, limit: limit + 1 });
  const entries = rows.slice(0, limit);
  const last = entries.at(-1);
  return rows.length > limit && last !== undefined ? { entries, next: last.id } : { entries };
};

export const createEntries = (desk: Desk): Entries => ({
  create: (actor, wish) => create(desk, actor, wish),
  update: (actor, id, wish) => update(desk, actor, { ...wish, id }),
  remove: (actor, id) => remove(desk, actor, id),
  get: (id) => desk.keeper.index.get(id) ?? unknown(id),
  list: (filter = {}) => list(desk, filter),
  size: () => desk.keeper.index.size,
});
