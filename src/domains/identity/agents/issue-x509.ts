/**
 * X509-SVIDs by the batch: authorised, proven and signed one by one, then held, written down and
 * recorded in one go. Nothing is handed out before it is durable and can be revoked.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseCertificateRequest } from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { PrincipalId } from '../../../kernel/ids.ts';
import { activeAt, type Authorities, type X509Signer } from '../authorities.ts';
import { outOfBounds } from '../bounds.ts';
import type { IdentityContext } from '../context.ts';
import type { EntryIndex } from '../entries/entry-index.ts';
import { identityErrors } from '../errors.ts';
import { issueLeaf, type Leaf } from '../issue-leaf.ts';
import { noAuthority } from '../minting.ts';
import { type Authorised, authorise, lifeWithin } from './authorise.ts';
import { issuedThroughAgent } from './events.ts';
import { holdInstances } from './instances.ts';
import type { RateLimit } from './rate-limit.ts';
import type { AgentRegistry } from './registry.ts';
import { insertIssuance, readEnabled, readStanding } from './store.ts';
import type { AttestedAgent, SvidAnswer, SvidRequest } from './types.ts';

export type Issuing = {
  readonly context: IdentityContext;
  readonly authorities: () => Authorities;
  readonly index: () => EntryIndex;
  readonly registry: AgentRegistry;
  readonly limit: RateLimit;
};

const maxRequests = 500;
/** Signing this many takes a few milliseconds; others get their turn in between. */
const signedAtOnce = 32;

type Signed = Authorised & { readonly leaf: Leaf };
type Draft = Signed | Refusal;

const noRoom = ({ entry, instance }: Authorised): Refusal =>
  refuse(
    identityErrors.E_ENTRY_INSTANCE,
    `${instance ?? ''} is taken, or all ${entry.instances ?? 0} instances of the group are in use`,
  );
const disabled = ({ entry }: Authorised): Refusal =>
  refuse(identityErrors.E_IDENTITY_DISABLED, `${entry.principal} is disabled`);

const signOne = (
  { context }: Issuing,
  signer: X509Signer,
  { authorised, csr }: { readonly authorised: Authorised; readonly csr: Uint8Array },
): Draft => {
  const { entry, spiffeId } = authorised;
  const request = parseCertificateRequest(csr);
  if (isRefusal(request)) return request;
  const lifeMs = lifeWithin(entry, entry.x509TtlSeconds * 1000, context.clock.nowMs());
  const wish = { spiffeId, dnsNames: entry.dnsNames, key: request.publicKey, lifeMs };
  const leaf = issueLeaf(context, signer, wish);
  return isRefusal(leaf) ? leaf : { ...authorised, leaf };
};

/** Who may have it, before any signature is made. */
const authoriseAll = async (
  { context, index }: Issuing,
  agent: AttestedAgent,
  requests: readonly SvidRequest[],
): Promise<readonly (Authorised | Refusal)[]> => {
  const nowMs = context.clock.nowMs();
  const answers = requests.map((request) => authorise(index(), agent, { ...request, nowMs }));
  const principals = new Set<PrincipalId>();
  for (const one of answers) if (!isRefusal(one)) principals.add(one.entry.principal);
  if (principals.size === 0) return answers;
  const enabled = await readEnabled(context.db, [...principals]);
  return answers.map((one) =>
    isRefusal(one) || enabled.has(one.entry.principal) ? one : disabled(one),
  );
};

const signAll = async (
  issuing: Issuing,
  agent: AttestedAgent,
  requests: readonly SvidRequest[],
): Promise<Draft[] | Refusal> => {
  const signer = activeAt(issuing.authorities().x509Signers, issuing.context.clock.nowMs());
  if (signer === undefined) return noAuthority();
  const authorised = await authoriseAll(issuing, agent, requests);
  const drafts: Draft[] = [];
  for (const [at, one] of authorised.entries()) {
    if (at > 0 && at % signedAtOnce === 0) await nextTurn();
    const csr = requests[at]?.csr ?? new Uint8Array(0);
    drafts.push(isRefusal(one) ? one : signOne(issuing, signer, { authorised: one, csr }));
  }
  return drafts;
};

/** Groups that are asked of, with the names wanted in each, in an order that cannot deadlock. */
const wantedInstances = (drafts: readonly Draft[]): readonly (readonly [string, Signed[]])[] => {
  const byGroup = new Map<string, Signed[]>();
  for (const draft of drafts) {
    if (isRefusal(draft) || draft.instance === undefined) continue;
    byGroup.set(draft.entry.id, [...(byGroup.get(draft.entry.id) ?? []), draft]);
  }
  return [...byGroup].sort(([left], [right]) => (left < right ? -1 : 1));
};

/** Holds places in groups and writes down what can be revoked, in one transaction. */
const writeDown = async (
  { context }: Issuing,
  agent: AttestedAgent,
  drafts: readonly Draft[],
): Promise<readonly Draft[]> =>
  context.db.transaction().execute(async (trx) => {
    const without = new Set<Draft>();
    const nowMs = context.clock.nowMs();
    for (const [, wanted] of wantedInstances(drafts)) {
      const [first] = wanted;
      if (first === undefined) continue;
      const ends = new Map(wanted.map(({ instance, leaf }) => [instance ?? '', leaf.expiresAtMs]));
      const { agentId } = agent;
      const held = await holdInstances(trx, { entry: first.entry, agentId, ends, nowMs });
      for (const one of wanted) if (!held.has(one.instance ?? '')) without.add(one);
    }
    const kept = drafts.map((draft) =>
      !isRefusal(draft) && without.has(draft) ? noRoom(draft) : draft,
    );
    const credentials = kept.flatMap((draft) =>
      isRefusal(draft)
        ? []
        : [
            [
              draft.entry.id,
              draft.leaf.credentialId,
              draft.leaf.issuer,
              draft.leaf.expiresAtMs,
            ] as const,
          ],
    );
    if (credentials.length > 0)
      await insertIssuance(trx, { id: context.newUuid(), agentId: agent.agentId, credentials });
    return kept;
  });

const record = async (
  { context }: Issuing,
  agent: AttestedAgent,
  drafts: readonly Draft[],
): Promise<void> => {
  const issued = drafts.flatMap((draft) =>
    isRefusal(draft) ? [] : [{ ...draft.leaf, entryId: draft.entry.id }],
  );
  const facts = { protocol: 'X509-SVID', timeMs: context.clock.nowMs() } as const;
  const events = issuedThroughAgent(agent.actor, issued, facts);
  await Promise.all(events.map((event) => context.ledger.append(event)));
};

/** What was taken away while it was being made is not handed out. */
export const lastLook = async <T extends Authorised>(
  { context, index, registry }: Issuing,
  { agentId }: AttestedAgent,
  drafts: readonly (T | Refusal)[],
): Promise<readonly (T | Refusal)[]> => {
  const entryIds = drafts.flatMap((draft) => (isRefusal(draft) ? [] : [draft.entry.id]));
  const standing = await readStanding(context.db, agentId, new Set(entryIds));
  const isActive = registry.get(agentId)?.status === 'active';
  return drafts.map((draft) => {
    if (isRefusal(draft)) return draft;
    const { id } = draft.entry;
    if (isActive && standing.has(id) && index().get(id) !== undefined) return draft;
    return refuse(identityErrors.E_ENTRY_FORBIDDEN, `entry ${id} was taken away meanwhile`);
  });
};

const toAnswer = (entryId: string, draft: Draft): SvidAnswer => {
  if (isRefusal(draft)) return { entryId, error: draft };
  const { spiffeId, chain, credentialId, expiresAtMs } = draft.leaf;
  return { entryId, spiffeId, chain, credentialId, expiresAtMs };
};

const checkCount = (requests: readonly SvidRequest[]): Refusal | undefined =>
  requests.length >= 1 && requests.length <= maxRequests
    ? undefined
    : outOfBounds(`a call asks for 1 to ${maxRequests} SVIDs`);

/** See `Agents.issueX509Svids`. */
export const issueX509Svids = async (
  issuing: Issuing,
  agent: AttestedAgent,
  requests: readonly SvidRequest[],
): Promise<readonly SvidAnswer[] | Refusal> => {
  const { context, limit } = issuing;
  const problem =
    checkCount(requests) ?? context.clockProblem() ?? limit(agent.agentId, requests.length);
  if (problem !== undefined) return problem;
  const drafts = await signAll(issuing, agent, requests);
  if (isRefusal(drafts)) return drafts;
  const kept = await writeDown(issuing, agent, drafts);
  await record(issuing, agent, kept);
  const given = await lastLook(issuing, agent, kept);
  return given.map((draft, at) => toAnswer(requests[at]?.entryId ?? '', draft));
};
