/**
 * Step 3: who is calling. A bearer credential, the client certificate of the connection, or both
 * if they are of one principal. A certificate is proven once per connection by TLS and judged again
 * every second and at any news of identities, so that a revoked caller is cut off on open connections
 * as fast as else.
 */
import type { TLSSocket } from 'node:tls';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Authentication, VerifiedIdentity } from '../../../domains/identity/index.ts';
import { gatewayErrors } from '../errors.ts';
import { logonEvent } from '../events.ts';
import { type Exchange, filled } from '../exchange.ts';
import { peerChainOf } from '../front/peer-chain.ts';
import type { StepResult } from '../types.ts';

const certificateRecheckMs = 1_000;
const maxCredentialLength = 8192;
const scheme = 'bearer ';

type Verdict = VerifiedIdentity | Refusal | undefined;

const bearerOf = (authorization: string): string | Refusal => {
  if (authorization.slice(0, scheme.length).toLowerCase() !== scheme)
    return refuse(gatewayErrors.E_CREDENTIAL_MISSING, 'only the Bearer scheme is understood');
  const token = authorization.slice(scheme.length);
  if (token.length === 0 || token.length > maxCredentialLength)
    return refuse(gatewayErrors.E_CREDENTIAL_MISSING, 'the bearer credential has a bad length');
  return token;
};

const byBearer = (exchange: Exchange): Authentication | undefined => {
  const { authorization } = filled(exchange.head, 'head');
  if (authorization === undefined) return undefined;
  const token = bearerOf(authorization);
  if (typeof token !== 'string') return token;
  return exchange.gateway.deps.identity.authenticateBearer(token, exchange.connection.address);
};

const byCertificate = (exchange: Exchange): Authentication | undefined => {
  const { connection, gateway, request } = exchange;
  if (!connection.isTls) return undefined;
  const nowMs = gateway.deps.clock.monotonicMs();
  const revision = gateway.deps.identity.revision();
  const isFresh =
    connection.certificateRevision === revision &&
    nowMs - connection.certificateCheckedAtMs < certificateRecheckMs;
  if (isFresh) return connection.certificateIdentity;
  connection.certificateRevision = revision;
  const chain = peerChainOf(request.socket as TLSSocket);
  if (chain.length === 0) {
    connection.certificateCheckedAtMs = nowMs;
    return undefined;
  }
  const remember = (verdict: VerifiedIdentity | Refusal): VerifiedIdentity | Refusal => {
    const isGood = !isRefusal(verdict);
    connection.certificateIdentity = isGood ? verdict : undefined;
    // A bad certificate is judged at every request: nothing of it is remembered.
    connection.certificateCheckedAtMs = isGood ? nowMs : -Infinity;
    return verdict;
  };
  const verdict = gateway.deps.identity.authenticateCertificate(chain, connection.address);
  return verdict instanceof Promise ? verdict.then(remember) : remember(verdict);
};

const isSamePrincipal = (a: VerifiedIdentity, b: VerifiedIdentity): boolean =>
  a.principal.id === b.principal.id && a.principal.type === b.principal.type;

/** Both credentials count: each that was presented must be good, and they must agree. */
const combine = (exchange: Exchange, bearer: Verdict, certificate: Verdict): Verdict => {
  if (isRefusal(certificate) || isRefusal(bearer)) return isRefusal(bearer) ? bearer : certificate;
  if (exchange.connection.needsCertificate && certificate === undefined)
    return refuse(gatewayErrors.E_CREDENTIAL_MISSING, 'this listener needs a client certificate');
  if (bearer === undefined || certificate === undefined) return bearer ?? certificate;
  if (!isSamePrincipal(bearer, certificate))
    return refuse(
      gatewayErrors.E_CREDENTIAL_AMBIGUOUS,
      'bearer and certificate name two principals',
    );
  return certificate;
};

const conclude = (exchange: Exchange, verdict: Verdict): Refusal | undefined => {
  if (verdict === undefined)
    return fail(
      exchange,
      refuse(gatewayErrors.E_CREDENTIAL_MISSING, 'no credential was presented'),
    );
  if (isRefusal(verdict)) return fail(exchange, verdict);
  if (verdict.expiresAtMs <= exchange.timeMs)
    return fail(exchange, refuse(gatewayErrors.E_CREDENTIAL_EXPIRED, 'the credential has expired'));
  exchange.identity = verdict;
  noteLogon(exchange, verdict);
  return undefined;
};

/** One forensic event per connection and credential, not one per request. */
const noteLogon = (exchange: Exchange, identity: VerifiedIdentity): void => {
  const { connection, gateway } = exchange;
  if (connection.notedCredential === identity.credentialId) return;
  connection.notedCredential = identity.credentialId;
  gateway.deps.ledger.record(logonEvent(exchange, identity));
};

/** Good credentials always pass; failures beyond the limit of a peer are told to wait. */
const fail = (exchange: Exchange, refusal: Refusal): Refusal => {
  const { peers } = exchange.gateway.connections;
  const { peer } = exchange.connection;
  if (refusal.error.status !== 401) return refusal;
  peers.failed(peer);
  if (!peers.isBlocked(peer)) return refusal;
  const waitMs = peers.blockedForMs(peer);
  return refuse(gatewayErrors.E_TOO_MANY_FAILURES, 'too many credentials failed', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  });
};

export const authenticate = (exchange: Exchange): StepResult => {
  if (filled(exchange.match, 'route').route.kind === 'health') return undefined;
  const bearer = byBearer(exchange);
  const certificate = byCertificate(exchange);
  if (bearer instanceof Promise || certificate instanceof Promise)
    return Promise.all([bearer, certificate]).then(([first, second]) =>
      conclude(exchange, combine(exchange, first, second)),
    );
  return conclude(exchange, combine(exchange, bearer, certificate));
};
