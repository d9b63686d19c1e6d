/** Principals: who can prove to be somebody here. Their roles live in the access room. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { encodeHex } from '../../kernel/hex.ts';
import {
  type PrincipalId,
  type SpiffeId,
  type TrustDomain,
  trustDomainOf,
} from '../../kernel/ids.ts';
import { isUniqueViolation } from '../../platform/storage/index.ts';
import type { Entity, EntityRef } from '../access/index.ts';
import type { LedgerEvent } from '../ledger/index.ts';
import { checkGroups, checkName, checkOwnSpiffeId, outOfBounds } from './bounds.ts';
import { carryOut, type IdentityContext, makeChange } from './context.ts';
import { identityErrors } from './errors.ts';
import { changeFailed, principalCreated, principalSwitched } from './events.ts';
import {
  findPrincipal,
  findPrincipalBySpiffeId,
  insertPrincipal,
  readPrincipals,
  removePending,
  sweepPending,
  writeDisabled,
} from './principal-store.ts';
import type {
  Actor,
  Identity,
  NewPrincipal,
  Page,
  Principal,
  PrincipalPage,
  PrincipalType,
} from './types.ts';

const types: ReadonlySet<PrincipalType> = new Set(['User', 'Service', 'Agent']);
const maxPage = 1000;
const usualPage = 100;
const idBytes = 10;
/** A principal that is pending for longer was left behind by a crash. */
const pendingMs = 60_000;

const unknown = (id: string): Refusal =>
  refuse(identityErrors.E_PRINCIPAL_NOT_FOUND, `there is no principal ${id}`);

const taken = (what: string): Refusal =>
  refuse(identityErrors.E_PRINCIPAL_EXISTS, `${what} is taken`);

/** Of the own trust domain, or a workload of one whose bundle is known. */
const checkSpiffeId = (
  id: SpiffeId,
  own: TrustDomain,
  isFederated: IsFederated,
): Refusal | undefined => {
  const domain = trustDomainOf(id);
  const isForeignWorkload = isFederated(domain) && id.length > `spiffe://${domain}`.length;
  return domain !== own && isForeignWorkload ? undefined : checkOwnSpiffeId(id, own);
};

type IsFederated = (trustDomain: string) => boolean;

const check = (
  context: IdentityContext,
  wish: NewPrincipal,
  isFederated: IsFederated,
): Refusal | undefined => {
  if (!types.has(wish.type)) return outOfBounds('a principal is a User, a Service or an Agent');
  return (
    checkName(wish.name) ??
    checkGroups([...(wish.roles ?? []), ...(wish.teams ?? [])]) ??
    (wish.spiffeId && checkSpiffeId(wish.spiffeId, context.config.trustDomain, isFederated))
  );
};

/** The principal as it will be; its id is drawn when none was asked for. */
export const draftPrincipal = (context: IdentityContext, wish: NewPrincipal): Principal => ({
  type: wish.type,
  id:
    wish.id ??
    (`${wish.type.toLowerCase()}-${encodeHex(context.random.bytes(idBytes))}` as PrincipalId),
  name: wish.name,
  ...(wish.spiffeId === undefined ? {} : { spiffeId: wish.spiffeId }),
  tenant: wish.tenant ?? context.config.tenant,
  disabled: false,
  createdAtMs: context.clock.nowMs(),
});

const uidOf = ({ type, id }: Pick<Principal, 'type' | 'id'>): EntityRef => ({ type, id });

const attrsOf = ({ tenant, disabled, spiffeId }: Principal): Entity['attrs'] => ({
  tenant,
  disabled,
  ...(spiffeId === undefined ? {} : { spiffeId }),
});

/**
 * The entity of a new principal, with these roles and teams and no others: whatever an earlier
 * attempt under the same id left in the graph is replaced.
 */
export const newPrincipalEntity = (
  principal: Principal,
  groups: Pick<NewPrincipal, 'roles' | 'teams'>,
): Entity => ({
  uid: uidOf(principal),
  attrs: attrsOf(principal),
  parents: [
    ...(groups.roles ?? []).map((id) => ({ type: 'Role', id })),
    ...(groups.teams ?? []).map((id) => ({ type: 'Team', id })),
  ],
});

const findClash = async (
  context: IdentityContext,
  principal: Principal,
): Promise<Refusal | undefined> => {
  if ((await findPrincipal(context.db, principal.id)) !== undefined)
    return taken(`principal id ${principal.id}`);
  const { spiffeId } = principal;
  if (spiffeId !== undefined && (await findPrincipalBySpiffeId(context.db, spiffeId)) !== undefined)
    return taken(spiffeId);
  return undefined;
};

/** Reserves id and SPIFFE ID; until it is enabled nobody can prove to be this principal. */
const reserve = async (
  context: IdentityContext,
  actor: Actor,
  plan: { readonly principal: Principal; readonly event: LedgerEvent },
): Promise<Refusal | undefined> => {
  const { principal, event } = plan;
  try {
    await carryOut(
      context,
      { actor, events: [event], change: { kind: 'principal', subject: principal.id } },
      (transaction) => insertPrincipal(transaction, { ...principal, isPending: true }),
    );
    return undefined;
  } catch (error) {
    if (isUniqueViolation(error)) return taken('principal id or SPIFFE ID');
    throw error;
  }
};

/**
 * Row first, but pending; then the entity with its roles; then the row is enabled. A crash in
 * between leaves a pending row that the next attempt, a minute later, sweeps away.
 */
const create = async (
  context: IdentityContext,
  actor: Actor,
  { isFederated, ...wish }: NewPrincipal & { readonly isFederated: IsFederated },
): Promise<Principal | Refusal> => {
  const problem = check(context, wish, isFederated);
  if (problem !== undefined) return problem;
  const principal = draftPrincipal(context, wish);
  await sweepPending(context.db, principal.createdAtMs - pendingMs);
  const groups = { roles: wish.roles ?? [], teams: wish.teams ?? [] };
  const event = principalCreated(actor, principal, groups);
  const clash =
    (await findClash(context, principal)) ?? (await reserve(context, actor, { principal, event }));
  if (clash !== undefined) return clash;
  const put = await context.access.putEntity(newPrincipalEntity(principal, wish));
  if (isRefusal(put)) {
    context.ledger.record(changeFailed(actor, event, context.clock.nowMs()));
    await removePending(context.db, principal.id);
    return put;
  }
  await makeChange(context, { kind: 'principal', subject: principal.id }, (transaction) =>
    writeDisabled(transaction, principal.id, false),
  );
  return principal;
};

const switchPrincipal = async (
  context: IdentityContext,
  wish: { readonly actor: Actor; readonly id: PrincipalId; readonly disabled: boolean },
): Promise<Principal | Refusal> => {
  const { actor, id, disabled } = wish;
  const principal = await findPrincipal(context.db, id);
  if (principal === undefined) return unknown(id);
  if (principal.disabled === disabled) return principal;
  const timeMs = context.clock.nowMs();
  await carryOut(
    context,
    {
      actor,
      events: [principalSwitched(actor, principal, { disabled, timeMs })],
      change: { kind: 'principal', subject: id },
    },
    (transaction) => writeDisabled(transaction, id, disabled),
  );
  const switched = { ...principal, disabled };
  // For policies that look at it; authentication no longer depends on it.
  const existing = context.access.getEntity(uidOf(switched));
  const put = await context.access.putEntity({
    uid: uidOf(switched),
    attrs: { ...existing?.attrs, ...attrsOf(switched) },
    parents: existing?.parents ?? [],
  });
  return isRefusal(put) ? put : switched;
};

const list = async (context: IdentityContext, page: Page): Promise<PrincipalPage> => {
  const limit = Math.min(Math.max(Math.trunc(page.limit ?? usualPage), 1), maxPage);
  const rows = await readPrincipals(context.db, {
    limit: limit + 1,
    ...(page.after === undefined ? {} : { after: page.after }),
  });
  const principals = rows.slice(0, limit);
  const last = principals.at(-1);
  return rows.length > limit && last !== undefined ? { principals, next: last.id } : { principals };
};

type Principals = Pick<
  Identity,
  'createPrincipal' | 'getPrincipal' | 'listPrincipals' | 'setPrincipalDisabled'
>;

export const createPrincipals = (
  context: IdentityContext,
  isFederated: IsFederated = () => false,
): Principals => ({
  createPrincipal: (actor, wish) => create(context, actor, { ...wish, isFederated }),
  getPrincipal: async (id) => (await findPrincipal(context.db, id)) ?? unknown(id),
  listPrincipals: (page = {}) => list(context, page),
  setPrincipalDisabled: (actor, id, disabled) => switchPrincipal(context, { actor, id, disabled }),
});
