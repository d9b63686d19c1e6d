/** Revoking an SVID, an entry or an agent: recorded, written, in force here at once. */
import type { RevocationReason } from '../../../engines/pki/index.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import { agentSwitched } from '../agents/events.ts';
import type { AgentRegistry } from '../agents/registry.ts';
import { type Issuance, readIssuancePage, writeAgentStatus } from '../agents/store.ts';
import { outOfBounds } from '../bounds.ts';
import { type Change, manySvids, removedEntry } from '../changes.ts';
import { carryOut, type IdentityContext, makeChange } from '../context.ts';
import { entryChanged } from '../entries/events.ts';
import type { EntryKeeper } from '../entries/keep-entries.ts';
import { deleteEntry, readEntries } from '../entries/store.ts';
import type { RegistrationEntry } from '../entries/types.ts';
import { identityErrors } from '../errors.ts';
import { wholeSeconds } from '../issue-leaf.ts';
import { isCredentialId } from '../minting.ts';
import type { Actor } from '../types.ts';
import { revokedThing } from './events.ts';
import {
  formatRule,
  type RevocationKnowledge,
  type RevokedCredential,
  type SubjectRule,
} from './knowledge.ts';
import { insertRevoked, insertRule, keepRevokedMs } from './store.ts';
import type { Revocation } from './types.ts';

export type Revoking = {
  readonly context: IdentityContext;
  readonly knowledge: RevocationKnowledge;
  readonly keeper: EntryKeeper;
  readonly registry: AgentRegistry;
  /** Called when what was revoked stands in the tables: lists and listeners follow. */
  readonly onRevoked: () => Promise<void>;
};

export type Order = { readonly actor: Actor; readonly reason: RevocationReason };

type Wanted = { readonly agentId?: SpiffeId; readonly entryId?: string; readonly reason: string };

const toRevoked = (
  { credentials }: Issuance,
  { entryId, reason }: Wanted,
  nowMs: number,
): readonly RevokedCredential[] =>
  credentials
    .filter(([entry, , , endMs]) => endMs > nowMs && (entryId === undefined || entry === entryId))
    .map(([, credentialId, issuer]) => ({
      credentialId,
      revokedAtMs: nowMs,
      forgetAfterMs: nowMs + keepRevokedMs,
      reason,
      ...(issuer === '' ? {} : { issuer }),
    }));

/** Everything issued and still good that matches, one by one. */
const findIssued = async (
  { context }: Revoking,
  wanted: Wanted,
): Promise<readonly RevokedCredential[]> => {
  const nowMs = context.clock.nowMs();
  const found: RevokedCredential[] = [];
  const filter = wanted.agentId === undefined ? {} : { agentId: wanted.agentId };
  for (let after = ''; ; ) {
    const page = await readIssuancePage(context.db, { nowMs, after, ...filter });
    for (const issuance of page) found.push(...toRevoked(issuance, wanted, nowMs));
    const last = page.at(-1);
    if (last === undefined) return found;
    after = last.id;
  }
};

/**
 * What was written down after the search, by whoever had not heard yet. Written later than this
 * search it is not handed out: they look at the tables after they wrote.
 */
const revokeLate = async (
  revoking: Revoking,
  wanted: Wanted,
  issued: readonly RevokedCredential[],
): Promise<number> => {
  const { context, knowledge } = revoking;
  for (const one of issued) knowledge.add(one);
  const known = new Set(issued.map(({ credentialId }) => credentialId));
  const late = (await findIssued(revoking, wanted)).filter((one) => !known.has(one.credentialId));
  if (late.length > 0) await makeChange(context, svidChange, (trx) => insertRevoked(trx, late));
  for (const one of late) knowledge.add(one);
  return issued.length + late.length;
};

const ruleFor = ({ context }: Revoking, subject: string): SubjectRule => {
  const nowMs = context.clock.nowMs();
  // What was issued within this second is known one by one.
  return { subject, issuedUntilMs: wholeSeconds(nowMs), forgetAfterMs: nowMs + keepRevokedMs };
};

const ruleChange = (rule: SubjectRule): Change => ({ kind: 'subject', subject: formatRule(rule) });
const svidChange: Change = { kind: 'svid', subject: manySvids };

/** See `Revocations.revoke`. */
export const revokeCredential = async (
  revoking: Revoking,
  order: Order,
  credentialId: string,
): Promise<Revocation | Refusal> => {
  if (!isCredentialId(credentialId)) return outOfBounds('not the id of an SVID');
  const { context, knowledge, onRevoked } = revoking;
  const { actor, reason } = order;
  const timeMs = context.clock.nowMs();
  const times = { revokedAtMs: timeMs, forgetAfterMs: timeMs + keepRevokedMs };
  const credential = { credentialId, reason, ...times };
  const thing = { type: 'Svid', uid: credentialId, eventCode: 'svid.revoked' } as const;
  const events = [revokedThing(actor, { ...thing, reason, credentials: 1, timeMs })];
  const change = { kind: 'svid', subject: credentialId } as const;
  await carryOut(context, { actor, events, change }, (trx) => insertRevoked(trx, [credential]));
  knowledge.add(credential);
  await onRevoked();
  return { target: credentialId, credentials: 1 };
};

/** A rule about the SPIFFE ID is right only when no other entry gives it. */
const rulesFor = (revoking: Revoking, entry: RegistrationEntry): readonly SubjectRule[] => {
  const same = [...revoking.keeper.index.withSpiffeId(entry.spiffeId)];
  if (same.some(({ id }) => id !== entry.id)) return [];
  const { spiffeId, instances } = entry;
  return [ruleFor(revoking, instances === undefined ? spiffeId : `${spiffeId}/*`)];
};

export const revokeEntry = async (
  revoking: Revoking,
  order: Order,
  id: string,
): Promise<Revocation | Refusal> => {
  const { context, keeper, onRevoked } = revoking;
  const { actor, reason } = order;
  const [entry] = await readEntries(context.db, [id]);
  if (entry === undefined)
    return refuse(identityErrors.E_ENTRY_NOT_FOUND, `there is no entry ${id.slice(0, 64)}`);
  // Gone for issuing first: nothing new can appear behind the search.
  keeper.suspend(id);
  const rules = rulesFor(revoking, entry);
  const wanted = { entryId: id, reason };
  const issued = await findIssued(revoking, wanted);
  const timeMs = context.clock.nowMs();
  const thing = { type: 'RegistrationEntry', uid: id, eventCode: 'entry.revoked' } as const;
  const events = [
    revokedThing(actor, { ...thing, reason, credentials: issued.length, timeMs }),
    entryChanged(actor, entry, { verb: 'removed', timeMs }),
  ];
  const change = { kind: 'entry', subject: `${removedEntry}${id}` } as const;
  const also = [...rules.map(ruleChange), svidChange];
  await carryOut(context, { actor, events, change, also }, async (trx) => {
    await deleteEntry(trx, id);
    await insertRevoked(trx, issued);
    for (const rule of rules) await insertRule(trx, rule);
  });
  keeper.remove(id);
  const credentials = await revokeLate(revoking, wanted, issued);
  await onRevoked();
  return { target: id, credentials };
};

export const revokeAgent = async (
  revoking: Revoking,
  order: Order,
  { agentId, isBanned = false }: { readonly agentId: SpiffeId; readonly isBanned?: boolean },
): Promise<Revocation | Refusal> => {
  const { context, registry, onRevoked } = revoking;
  const { actor, reason } = order;
  const record = registry.get(agentId);
  if (record === undefined)
    return refuse(identityErrors.E_AGENT_NOT_FOUND, `there is no agent ${agentId}`);
  const status = isBanned ? 'banned' : 'evicted';
  registry.put({ ...record, status });
  const rule = ruleFor(revoking, agentId);
  const wanted = { agentId, reason };
  const issued = await findIssued(revoking, wanted);
  const timeMs = context.clock.nowMs();
  const thing = { type: 'Node', uid: agentId, eventCode: 'agent.revoked' } as const;
  const events = [
    revokedThing(actor, { ...thing, reason, credentials: issued.length, timeMs }),
    agentSwitched(actor, record, { status, timeMs }),
  ];
  const change = { kind: 'agent', subject: agentId } as const;
  const also = [ruleChange(rule), svidChange];
  await carryOut(context, { actor, events, change, also }, async (trx) => {
    await writeAgentStatus(trx, agentId, status);
    await insertRevoked(trx, issued);
    await insertRule(trx, rule);
  });
  const credentials = await revokeLate(revoking, wanted, issued);
  await onRevoked();
  return { target: agentId, credentials };
};

/** Undoes what was done here in advance when the change did not happen. */
export const orReload = async <T>(
  { keeper, registry }: Pick<Revoking, 'keeper' | 'registry'>,
  work: () => Promise<T | Refusal>,
): Promise<T | Refusal> => {
  try {
    return await work();
  } catch (error) {
    await Promise.allSettled([keeper.reloadAll(), registry.reloadAll()]);
    throw error;
  }
};
