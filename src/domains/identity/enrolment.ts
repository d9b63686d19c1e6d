/**
 * The first administrator. While nobody enabled holds the admin role, a start leaves a one-time
 * code in `<data-dir>/enrolment-code` (0600) or shows it on the terminal; never in a log. Stored
 * is its digest. Whoever redeems it first is the administrator.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '../../kernel/constant-time.ts';
import { isRefusal, type Refusal, refuse, SallyportError } from '../../kernel/errors.ts';
import { readPrivateFile, writeFileAtomic } from '../../platform/files/index.ts';
import { draftToken, type TokenDraft } from './api-tokens.ts';
import { checkName } from './bounds.ts';
import { carryOut, type IdentityContext } from './context.ts';
import { identityErrors } from './errors.ts';
import { enrolled, principalCreated, tokenCreated } from './events.ts';
import type { FailedProofs } from './failed-proofs.ts';
import { insertPrincipal, readPrincipals } from './principal-store.ts';
import { draftPrincipal, newPrincipalEntity } from './principals.ts';
import { drawToken, tokenDigest, tokenIdOf } from './token-format.ts';
import {
  findEnrolment,
  insertToken,
  replaceEnrolment,
  type StoredEnrolment,
  takeEnrolment,
} from './token-store.ts';
import type {
  Actor,
  Enrolment,
  EnrolmentOffer,
  EnrolmentRedemption,
  Identity,
  Principal,
} from './types.ts';

const fileName = 'enrolment-code';
const lifeMs = 86_400_000;
const maxFileBytes = 256;
const adminRole = { type: 'Role', id: 'admin' };
const adminTokenTtlSeconds = 90 * 86_400;
const pageSize = 500;
const unknownPeer = 'unknown';

const useless = refuse(
  identityErrors.E_ENROLMENT_CODE,
  'the enrolment code is wrong, used or expired',
);

const hasAdministrator = async (context: IdentityContext): Promise<boolean> => {
  let after = '';
  for (;;) {
    const principals = await readPrincipals(context.db, { limit: pageSize, after });
    for (const { type, id, disabled } of principals)
      if (!disabled && context.access.isIn({ type, id }, adminRole)) return true;
    const last = principals.at(-1);
    if (last === undefined || principals.length < pageSize) return false;
    after = last.id;
  }
};

const fileOf = (context: IdentityContext): string => join(context.config.dataDir, fileName);

const matches = (stored: StoredEnrolment, code: string): boolean =>
  tokenIdOf('spe', code) === stored.id && equalBytes(tokenDigest(code), stored.digest);

/** True when the code that was left earlier is still good and still where it was left. */
const isStillThere = async (
  context: IdentityContext,
  stored: StoredEnrolment,
): Promise<boolean> => {
  if (stored.isRedeemed || context.clock.nowMs() >= stored.expiresAtMs) return false;
  try {
    const text = Buffer.from(await readPrivateFile(fileOf(context), maxFileBytes)).toString();
    return matches(stored, text.trim());
  } catch {
    return false;
  }
};

const offerNew = async (context: IdentityContext): Promise<EnrolmentOffer> => {
  const { id, text } = drawToken('spe', context.random);
  const expiresAtMs = context.clock.nowMs() + lifeMs;
  // Stored first: a file with a code that never works would only confuse.
  await replaceEnrolment(context.db, { id, digest: tokenDigest(text), expiresAtMs });
  if (context.terminal !== undefined) {
    await rm(fileOf(context), { force: true });
    context.terminal(text);
    return { kind: 'terminal', expiresAtMs };
  }
  await writeFileAtomic(fileOf(context), `${text}\n`);
  return { kind: 'file', path: fileOf(context), expiresAtMs };
};

const offer = async (context: IdentityContext): Promise<EnrolmentOffer> => {
  if (await hasAdministrator(context)) {
    await rm(fileOf(context), { force: true });
    return { kind: 'not-needed' };
  }
  const stored = await findEnrolment(context.db);
  if (stored !== undefined && (await isStillThere(context, stored)))
    return { kind: 'file', path: fileOf(context), expiresAtMs: stored.expiresAtMs };
  return offerNew(context);
};

/** Undoes the transaction: somebody else was faster. */
const lost = (): SallyportError => new SallyportError(useless.error, useless.detail);

type Plan = {
  readonly actor: Actor;
  readonly principal: Principal;
  readonly draft: TokenDraft;
  readonly codeId: string;
};

const commit = async (context: IdentityContext, plan: Plan): Promise<void> => {
  const { actor, principal, draft, codeId } = plan;
  const timeMs = principal.createdAtMs;
  const credentialId = `enrolment:${codeId}`;
  const groups = { roles: [adminRole.id], teams: [] };
  await carryOut(
    context,
    {
      actor,
      events: [
        enrolled(actor, { principal, protocol: 'enrolment-code', credentialId, timeMs }),
        principalCreated(actor, principal, groups),
        tokenCreated(actor, draft.record),
      ],
      change: { kind: 'principal', subject: principal.id },
    },
    async (transaction) => {
      if (!(await takeEnrolment(transaction, codeId, timeMs))) throw lost();
      await insertPrincipal(transaction, principal);
      await insertToken(transaction, draft.row);
    },
  );
};

const become = async (
  context: IdentityContext,
  plan: Omit<Plan, 'actor'> & { readonly peer: string },
): Promise<Enrolment | Refusal> => {
  const { principal, draft, codeId, peer } = plan;
  const actor: Actor = { principal, tenant: principal.tenant, peer };
  const entity = newPrincipalEntity(principal, { roles: [adminRole.id] });
  const put = await context.access.putEntity(entity);
  if (isRefusal(put)) return put;
  try {
    await commit(context, { ...plan, actor });
  } catch (error) {
    await context.access.removeEntity(entity.uid);
    if (error instanceof SallyportError && error.code === useless.error.code) return useless;
    throw error;
  }
  await rm(fileOf(context), { force: true }).catch((error: unknown) =>
    context.log.warn({ error }, 'the used enrolment code could not be removed'),
  );
  const { token, record } = draft;
  return {
    principal,
    identity: {
      principal: record.principal,
      tenant: principal.tenant,
      method: 'enrolment',
      credentialId: `enrolment:${codeId}`,
      authenticatedAtMs: principal.createdAtMs,
      expiresAtMs: record.expiresAtMs,
    },
    apiToken: { token, record },
  };
};

const redeem = async (
  context: IdentityContext,
  failures: FailedProofs,
  redemption: EnrolmentRedemption,
): Promise<Enrolment | Refusal> => {
  const { code, name, peer = unknownPeer } = redemption;
  if (failures.isExhausted(peer))
    return refuse(identityErrors.E_IDENTITY_ATTEMPTS, 'too many wrong enrolment codes');
  const problem = checkName(name);
  if (problem !== undefined) return problem;
  const stored = await findEnrolment(context.db);
  const nowMs = context.clock.nowMs();
  const isGood =
    stored !== undefined &&
    matches(stored, code) &&
    !stored.isRedeemed &&
    nowMs < stored.expiresAtMs;
  if (!isGood) return failures.note(useless, { method: 'enrolment', peer });
  const principal = draftPrincipal(context, { type: 'User', name });
  const draft = draftToken(context, principal, {
    name: 'First administrator',
    ttlSeconds: adminTokenTtlSeconds,
  });
  return isRefusal(draft) ? draft : become(context, { principal, draft, codeId: stored.id, peer });
};

/** One after the other: only another process can then lose the race after it was recorded. */
const inTurn = <A, R>(work: (argument: A) => Promise<R>): ((argument: A) => Promise<R>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (argument) => {
    const mine = last.then(() => work(argument));
    last = mine.catch(() => undefined);
    return mine;
  };
};

type Enrolling = Pick<Identity, 'ensureEnrolmentCode' | 'redeemEnrolmentCode'>;

export const createEnrolment = (context: IdentityContext, failures: FailedProofs): Enrolling => ({
  ensureEnrolmentCode: () => offer(context),
  redeemEnrolmentCode: inTurn((redemption: EnrolmentRedemption) =>
    redeem(context, failures, redemption),
  ),
});
