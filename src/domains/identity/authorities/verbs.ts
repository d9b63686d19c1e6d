/** Rotation by hand: prepare, activate, taint, revoke. What nobody asks for happens by itself. */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { activeAt } from '../authorities.ts';
import { type StoredAuthority, updateAuthority } from '../authority-store.ts';
import { carryOut, type IdentityContext } from '../context.ts';
import { identityErrors } from '../errors.ts';
import { entityChanged } from '../events.ts';
import { noAuthority } from '../minting.ts';
import { leadMs, type SigningKind, type TrustDomainKeeper } from '../trust-domain.ts';
import type { Actor } from '../types.ts';
import type { Authority, AuthorityState, AuthorityVerbs } from './types.ts';

type Desk = {
  readonly context: IdentityContext;
  readonly keeper: TrustDomainKeeper;
  /** Lists, listeners and our own certificates follow. */
  readonly onChanged: () => Promise<void>;
};

/** Three times the refresh hint of the bundle (FE-01). */
const publishedMs = 15 * 60_000;

const state = (desk: Desk, authority: StoredAuthority): AuthorityState => {
  if (authority.revokedAtMs !== undefined) return 'revoked';
  if (authority.taintedAtMs !== undefined) return 'tainted';
  const nowMs = desk.context.clock.nowMs();
  if (authority.activatesAtMs > nowMs) return 'prepared';
  return activeOf(desk, authority.kind)?.id === authority.id ? 'active' : 'old';
};

const ofKind = ({ keeper }: Desk, kind: StoredAuthority['kind']): readonly StoredAuthority[] =>
  keeper.stored().filter((one) => one.kind === kind);

const usable = ({ taintedAtMs, revokedAtMs }: StoredAuthority): boolean =>
  taintedAtMs === undefined && revokedAtMs === undefined;

const activeOf = (desk: Desk, kind: StoredAuthority['kind']): StoredAuthority | undefined =>
  activeAt(ofKind(desk, kind).filter(usable), desk.context.clock.nowMs());

const view = (desk: Desk, authority: StoredAuthority): Authority => {
  const { id, kind, sequence, createdAtMs, activatesAtMs, expiresAtMs } = authority;
  const times = { createdAtMs, activatesAtMs, expiresAtMs };
  return { id, kind, sequence, state: state(desk, authority), ...times };
};

const find = ({ keeper }: Desk, id: string): StoredAuthority | Refusal =>
  keeper.stored().find((one) => one.id === id) ??
  refuse(identityErrors.E_AUTHORITY_NOT_FOUND, `there is no authority ${id.slice(0, 64)}`);

const isSigning = (
  authority: StoredAuthority,
): authority is StoredAuthority & { readonly kind: SigningKind } => authority.kind !== 'root';

const wrongState = (what: string): Refusal => refuse(identityErrors.E_AUTHORITY_STATE, what);

type Verb = 'activated' | 'tainted' | 'revoked';

/** Writes authorities as they are from now on, records why, and lets everybody know. */
const change = async (
  desk: Desk,
  actor: Actor,
  plan: { readonly verb: Verb; readonly authorities: readonly StoredAuthority[] },
): Promise<void> => {
  const { context, keeper, onChanged } = desk;
  const { verb, authorities } = plan;
  const timeMs = context.clock.nowMs();
  const [first] = authorities;
  if (first === undefined) return;
  const event = {
    class: 'decisive',
    ocsf: entityChanged(actor, timeMs, {
      activity: verb === 'revoked' ? 'delete' : 'update',
      eventCode: `authority.${verb}`,
      entity: {
        type: 'Authority',
        uid: first.id,
        data: { kind: first.kind, also: authorities.slice(1).map(({ id }) => id) },
      },
    }),
  } as const;
  const changed = { kind: 'authority', subject: first.id } as const;
  await carryOut(context, { actor, events: [event], change: changed }, async (trx) => {
    for (const one of authorities) await updateAuthority(trx, one);
  });
  await keeper.reload();
  await onChanged();
};

const prepare = async (
  desk: Desk,
  actor: Actor,
  plan: { readonly kind: SigningKind; readonly activatesAtMs: number },
): Promise<StoredAuthority | Refusal> => {
  const made = await desk.keeper.prepare(actor, plan.kind, plan.activatesAtMs);
  if (made === undefined) return noAuthority();
  await desk.onChanged();
  return made;
};

const activate = async (
  desk: Desk,
  actor: Actor,
  { id, isForced }: { readonly id: string; readonly isForced: boolean },
): Promise<Authority | Refusal> => {
  const authority = find(desk, id);
  if ('refused' in authority) return authority;
  const nowMs = desk.context.clock.nowMs();
  if (state(desk, authority) === 'active') return view(desk, authority);
  if (state(desk, authority) !== 'prepared')
    return wrongState('only a prepared one can be activated');
  const isYoung = nowMs - authority.createdAtMs < publishedMs;
  if (isYoung && authority.kind !== 'intermediate' && !isForced)
    return wrongState('published less than 15 minutes ago: verifiers may not have it yet');
  const now = { ...authority, activatesAtMs: nowMs };
  await change(desk, actor, { verb: 'activated', authorities: [now] });
  return view(desk, now);
};

/** Somebody must sign when `authority` no longer does: the prepared one at once, or a new one. */
const successor = async (
  desk: Desk,
  actor: Actor,
  authority: StoredAuthority & { readonly kind: SigningKind },
): Promise<readonly StoredAuthority[] | Refusal> => {
  const nowMs = desk.context.clock.nowMs();
  if (activeOf(desk, authority.kind)?.id !== authority.id) return [];
  const prepared = ofKind(desk, authority.kind)
    .filter(usable)
    .find(({ activatesAtMs, id }) => id !== authority.id && activatesAtMs > nowMs);
  if (prepared !== undefined) return [{ ...prepared, activatesAtMs: nowMs }];
  const made = await prepare(desk, actor, { kind: authority.kind, activatesAtMs: nowMs });
  return 'refused' in made ? made : [];
};

const taint = async (desk: Desk, actor: Actor, id: string): Promise<Authority | Refusal> => {
  const authority = find(desk, id);
  if ('refused' in authority) return authority;
  if (!isSigning(authority)) return wrongState('the root is replaced with its trust domain only');
  if (!usable(authority)) return view(desk, authority);
  const next = await successor(desk, actor, authority);
  if ('refused' in next) return next;
  const tainted = { ...authority, taintedAtMs: desk.context.clock.nowMs() };
  await change(desk, actor, { verb: 'tainted', authorities: [tainted, ...next] });
  return view(desk, tainted);
};

const revoke = async (
  desk: Desk,
  actor: Actor,
  { id, isForced }: { readonly id: string; readonly isForced: boolean },
): Promise<Authority | Refusal> => {
  const before = find(desk, id);
  if ('refused' in before) return before;
  if (before.revokedAtMs !== undefined) return view(desk, before);
  if (before.taintedAtMs === undefined && !isForced)
    return wrongState('taint it first and let agents replace what it signed, or force it');
  const tainted = await taint(desk, actor, id);
  if ('refused' in tainted) return tainted;
  const nowMs = desk.context.clock.nowMs();
  const revoked = { ...before, taintedAtMs: before.taintedAtMs ?? nowMs, revokedAtMs: nowMs };
  await change(desk, actor, { verb: 'revoked', authorities: [revoked] });
  return view(desk, revoked);
};

export const createAuthorityVerbs = (desk: Desk): AuthorityVerbs => ({
  list: () => desk.keeper.stored().map((one) => view(desk, one)),
  prepare: async (actor, kind) => {
    const activatesAtMs = desk.context.clock.nowMs() + leadMs;
    const made = await prepare(desk, actor, { kind, activatesAtMs });
    return 'refused' in made ? made : view(desk, made);
  },
  activate: (actor, id, isForced = false) => activate(desk, actor, { id, isForced }),
  taint: (actor, id) => taint(desk, actor, id),
  revoke: (actor, id, isForced = false) => revoke(desk, actor, { id, isForced }),
});
