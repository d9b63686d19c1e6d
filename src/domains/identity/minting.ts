/** Mints SVIDs for principals that exist and are enabled. Rights are decided at the door. */
import {
  parseCertificateRequestPem,
  parsePublicKeyInfo,
  importPublicKey,
  type PublicKeyInfo,
  signJwtSvid,
} from '../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { SpiffeId } from '../../kernel/ids.ts';
import { Secret } from '../../kernel/secret.ts';
import { activeAt, type Authorities } from './authorities.ts';
import { lifetimeMs, outOfBounds } from './bounds.ts';
import { carryOut, type IdentityContext } from './context.ts';
import { identityErrors } from './errors.ts';
import { svidIssued, svidRevoked } from './events.ts';
import { issueX509Svid, wholeSeconds } from './issue-leaf.ts';
import { findPrincipalBySpiffeId } from './principal-store.ts';
import { insertRevoked, keepRevokedMs } from './revocation/store.ts';
import type {
  Actor,
  Identity,
  JwtSvid,
  JwtSvidRequest,
  Principal,
  X509Svid,
  X509SvidRequest,
} from './types.ts';

const x509Lifetime = { usual: 3600, max: 3600 };
const jwtLifetime = { usual: 300, max: 3600 };
const maxAudiences = 16;
const maxAudienceLength = 512;

export const noAuthority = (): Refusal =>
  refuse(identityErrors.E_AUTHORITY_UNAVAILABLE, 'no signing key is active on this server');

const findEnabled = async (
  context: IdentityContext,
  spiffeId: SpiffeId,
): Promise<Principal | Refusal> => {
  const principal = await findPrincipalBySpiffeId(context.db, spiffeId);
  if (principal === undefined)
    return refuse(identityErrors.E_PRINCIPAL_NOT_FOUND, `no principal has ${spiffeId}`);
  return principal.disabled
    ? refuse(identityErrors.E_IDENTITY_DISABLED, `${principal.id} is disabled`)
    : principal;
};

/** The key a request is about, its possession proven by a CSR or by what the caller did before. */
const readKey = (request: X509SvidRequest): PublicKeyInfo | Refusal => {
  const { csrPem, publicKey } = request;
  if ((csrPem === undefined) === (publicKey === undefined))
    return outOfBounds('give either a certificate request or a public key');
  if (csrPem !== undefined) {
    const parsed = parseCertificateRequestPem(csrPem);
    return isRefusal(parsed) ? parsed : parsed.publicKey;
  }
  const info = parsePublicKeyInfo(publicKey ?? new Uint8Array(0));
  if (isRefusal(info)) return info;
  const key = importPublicKey(info);
  return isRefusal(key) ? key : info;
};

/** A signed SVID that nobody has seen yet: to be recorded, then handed out. */
export type PreparedX509Svid = {
  readonly svid: X509Svid;
  readonly record: (actor: Actor) => Promise<void>;
};

export type PrepareX509Svid = (request: X509SvidRequest) => Promise<PreparedX509Svid | Refusal>;

const prepareX509 = async (
  context: IdentityContext,
  authorities: () => Authorities,
  request: X509SvidRequest,
): Promise<PreparedX509Svid | Refusal> => {
  const lifeMs = lifetimeMs(request.ttlSeconds, x509Lifetime);
  if (isRefusal(lifeMs)) return lifeMs;
  const key = readKey(request);
  if (isRefusal(key)) return key;
  const principal = await findEnabled(context, request.spiffeId);
  if (isRefusal(principal)) return principal;
  const timeMs = context.clock.nowMs();
  const clockProblem = context.clockProblem();
  if (clockProblem !== undefined) return clockProblem;
  const signer = activeAt(authorities().x509Signers, timeMs);
  if (signer === undefined) return noAuthority();
  const svid = issueX509Svid(context, signer, { ...request, key, lifeMs });
  if (isRefusal(svid)) return svid;
  const issued = { ...svid, principal, protocol: 'X509-SVID', timeMs } as const;
  return {
    svid,
    record: async (actor) => {
      await context.ledger.append(svidIssued(actor, issued));
    },
  };
};

const mintX509 = async (
  prepare: PrepareX509Svid,
  actor: Actor,
  request: X509SvidRequest,
): Promise<X509Svid | Refusal> => {
  const prepared = await prepare(request);
  if (isRefusal(prepared)) return prepared;
  await prepared.record(actor);
  return prepared.svid;
};

export const checkAudience = (audience: readonly string[]): Refusal | undefined => {
  const isGood =
    audience.length >= 1 &&
    audience.length <= maxAudiences &&
    audience.every(
      (one) => one.length >= 1 && one.length <= maxAudienceLength && one.isWellFormed(),
    );
  return isGood ? undefined : outOfBounds(`a JWT-SVID has 1 to ${maxAudiences} audiences`);
};

const mintJwt = async (
  context: IdentityContext,
  authorities: () => Authorities,
  { actor, request }: { readonly actor: Actor; readonly request: JwtSvidRequest },
): Promise<JwtSvid | Refusal> => {
  const { spiffeId, audience } = request;
  const lifeMs = lifetimeMs(request.ttlSeconds, jwtLifetime);
  if (isRefusal(lifeMs)) return lifeMs;
  const [first, ...more] = audience;
  const problem = checkAudience(audience);
  if (problem !== undefined || first === undefined) return problem ?? outOfBounds('no audience');
  const principal = await findEnabled(context, spiffeId);
  if (isRefusal(principal)) return principal;
  const timeMs = context.clock.nowMs();
  const clockProblem = context.clockProblem();
  if (clockProblem !== undefined) return clockProblem;
  const active = activeAt(authorities().jwtSigners, timeMs);
  if (active === undefined) return noAuthority();
  const id = context.newUuid();
  const expiresAtMs = Math.min(wholeSeconds(timeMs + lifeMs), active.expiresAtMs);
  const token = signJwtSvid(
    { spiffeId, audience: [first, ...more], issuedAtMs: timeMs, expiresAtMs, id },
    active.signer,
  );
  const credentialId = `jwt:${id}`;
  await context.ledger.append(
    svidIssued(actor, {
      principal,
      protocol: 'JWT-SVID',
      credentialId,
      spiffeId,
      expiresAtMs,
      timeMs,
      audience,
    }),
  );
  return { spiffeId, credentialId, token: new Secret(token), expiresAtMs };
};

/** `x509:` and the serial number in hex, or `jwt:` or `wit:` and the token's id. */
export const isCredentialId = (text: string): boolean =>
  /^x509:[0-9a-f]{2,40}$/.test(text) || /^(jwt|wit):[\x21-\x7e]{1,128}$/.test(text);

const revoke = async (
  context: IdentityContext,
  actor: Actor,
  credentialId: string,
): Promise<void | Refusal> => {
  if (!isCredentialId(credentialId)) return outOfBounds('not the id of an SVID');
  const nowMs = context.clock.nowMs();
  const times = { revokedAtMs: nowMs, forgetAfterMs: nowMs + keepRevokedMs };
  return carryOut(
    context,
    {
      actor,
      events: [svidRevoked(actor, credentialId, nowMs)],
      change: { kind: 'svid', subject: credentialId },
    },
    (transaction) => insertRevoked(transaction, [{ credentialId, ...times }]),
  );
};

type Minting = Pick<Identity, 'mintX509Svid' | 'mintJwtSvid' | 'revokeSvid'>;

export const createX509Preparation =
  (context: IdentityContext, authorities: () => Authorities): PrepareX509Svid =>
  (request) =>
    prepareX509(context, authorities, request);

export const createMinting = (
  context: IdentityContext,
  authorities: () => Authorities,
  prepare: PrepareX509Svid,
): Minting => ({
  mintX509Svid: (actor, request) => mintX509(prepare, actor, request),
  mintJwtSvid: (actor, request) => mintJwt(context, authorities, { actor, request }),
  revokeSvid: (actor, credentialId) => revoke(context, actor, credentialId),
});
