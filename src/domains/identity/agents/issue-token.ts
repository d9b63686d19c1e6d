/** JWT-SVIDs and WIT-SVIDs for entries, through agents. */
import {
  type JwtSigner,
  parseConfirmationJwk,
  signJwtSvid,
  signWitSvid,
} from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { Secret } from '../../../kernel/secret.ts';
import { activeAt, type JwtSvidSigner } from '../authorities.ts';
import { outOfBounds } from '../bounds.ts';
import { identityErrors } from '../errors.ts';
import { wholeSeconds } from '../issue-leaf.ts';
import { checkAudience, noAuthority } from '../minting.ts';
import { type Authorised, authorise, lifeWithin } from './authorise.ts';
import { issuedThroughAgent } from './events.ts';
import { holdsInstance, keepInstance } from './instances.ts';
import { type Issuing, lastLook } from './issue-x509.ts';
import { insertIssuance, readEnabled } from './store.ts';
import type { AttestedAgent, IssuedToken, TokenRequest, WitRequest } from './types.ts';

type Wish = { readonly entryId: string; readonly instance?: string };
type Signing = {
  readonly authorised: Authorised;
  readonly id: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly signer: JwtSigner;
};

const permit = async (
  { context, index, limit }: Issuing,
  agent: AttestedAgent,
  wish: Wish,
): Promise<Authorised | Refusal> => {
  const problem = context.clockProblem() ?? limit(agent.agentId, 1);
  if (problem !== undefined) return problem;
  const nowMs = context.clock.nowMs();
  const authorised = authorise(index(), agent, { ...wish, nowMs });
  if (isRefusal(authorised)) return authorised;
  const { entry, instance } = authorised;
  const { agentId } = agent;
  const holds =
    instance === undefined ||
    (await holdsInstance(context.db, { entryId: entry.id, instance, agentId, nowMs }));
  if (!holds)
    return refuse(identityErrors.E_ENTRY_INSTANCE, `${instance} needs its X509-SVID first`);
  const enabled = await readEnabled(context.db, [entry.principal]);
  return enabled.has(entry.principal)
    ? authorised
    : refuse(identityErrors.E_IDENTITY_DISABLED, `${entry.principal} is disabled`);
};

type Kind = {
  readonly protocol: 'JWT-SVID' | 'WIT-SVID';
  readonly prefix: 'jwt' | 'wit';
  readonly signers: readonly JwtSvidSigner[];
  readonly lifeSeconds: (authorised: Authorised) => number;
  readonly sign: (signing: Signing) => string;
};

const issue = async (
  issuing: Issuing,
  agent: AttestedAgent,
  { kind, wish }: { readonly kind: Kind; readonly wish: Wish },
): Promise<IssuedToken | Refusal> => {
  const { context } = issuing;
  const authorised = await permit(issuing, agent, wish);
  if (isRefusal(authorised)) return authorised;
  const { entry, spiffeId } = authorised;
  const timeMs = context.clock.nowMs();
  const active = activeAt(kind.signers, timeMs);
  if (active === undefined) return noAuthority();
  const id = context.newUuid();
  const lifeMs = lifeWithin(entry, kind.lifeSeconds(authorised) * 1000, timeMs);
  const expiresAtMs = Math.min(wholeSeconds(timeMs + lifeMs), active.expiresAtMs);
  const { signer } = active;
  const token = kind.sign({ authorised, id, issuedAtMs: timeMs, expiresAtMs, signer });
  const credentialId = `${kind.prefix}:${id}`;
  const { agentId } = agent;
  if (authorised.instance !== undefined)
    await keepInstance(context.db, {
      entryId: entry.id,
      instance: authorised.instance,
      agentId,
      untilMs: expiresAtMs,
    });
  await insertIssuance(context.db, {
    id: context.newUuid(),
    agentId,
    credentials: [[entry.id, credentialId, '', expiresAtMs]],
  });
  const issued = [{ entryId: entry.id, credentialId, spiffeId, expiresAtMs }];
  const events = issuedThroughAgent(agent.actor, issued, { protocol: kind.protocol, timeMs });
  await Promise.all(events.map((event) => context.ledger.append(event)));
  const [given = authorised] = await lastLook(issuing, agent, [authorised]);
  return isRefusal(given) ? given : { token: new Secret(token), credentialId, expiresAtMs };
};

/** See `Agents.issueJwtSvid`. */
export const issueJwtSvid = async (
  issuing: Issuing,
  agent: AttestedAgent,
  request: TokenRequest,
): Promise<IssuedToken | Refusal> => {
  const [first, ...more] = request.audience;
  const problem = checkAudience(request.audience);
  if (problem !== undefined || first === undefined) return problem ?? outOfBounds('no audience');
  const kind: Kind = {
    protocol: 'JWT-SVID',
    prefix: 'jwt',
    signers: issuing.authorities().jwtSigners,
    lifeSeconds: ({ entry }) => entry.jwtTtlSeconds,
    sign: ({ authorised, signer, ...rest }) =>
      signJwtSvid({ ...rest, spiffeId: authorised.spiffeId, audience: [first, ...more] }, signer),
  };
  return issue(issuing, agent, { kind, wish: request });
};

/** See `Agents.issueWitSvid`. */
export const issueWitSvid = async (
  issuing: Issuing,
  agent: AttestedAgent,
  request: WitRequest,
): Promise<IssuedToken | Refusal> => {
  const confirmation = parseConfirmationJwk(request.publicJwk);
  if (isRefusal(confirmation)) return confirmation;
  const kind: Kind = {
    protocol: 'WIT-SVID',
    prefix: 'wit',
    signers: issuing.authorities().witSigners,
    // Bound to a key like an X509-SVID, and renewed as rarely.
    lifeSeconds: ({ entry }) => entry.x509TtlSeconds,
    sign: ({ authorised, signer, ...rest }) =>
      signWitSvid({ ...rest, spiffeId: authorised.spiffeId, confirmation }, signer),
  };
  return issue(issuing, agent, { kind, wish: request });
};
