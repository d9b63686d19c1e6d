/** Who calls: a bearer credential, or the client certificate of the connection. */
import { TLSSocket } from 'node:tls';
import type { Authentication, Identity } from '../../domains/identity/index.ts';
import { refuse } from '../../kernel/errors.ts';
import { certificateChain, type HttpRequest } from '../../platform/http/index.ts';
import { apiErrors } from './errors.ts';

const scheme = 'bearer ';
const maxCredentialLength = 8192;

type Authenticator = Pick<Identity, 'authenticateBearer' | 'authenticateCertificate'>;

/** Authenticates a request. A bearer credential that was presented must be good by itself. */
export const authenticateRequest = (
  identity: Authenticator,
  request: HttpRequest,
): Authentication => {
  const { authorization } = request.headers;
  if (authorization !== undefined) return byBearer(identity, authorization, request.peerAddress);
  const chain = chainOf(request);
  if (chain.length > 0) return identity.authenticateCertificate(chain, request.peerAddress);
  return refuse(apiErrors.E_API_CREDENTIAL_MISSING, 'this address needs a credential');
};

const byBearer = (identity: Authenticator, header: string, peer: string): Authentication => {
  if (header.slice(0, scheme.length).toLowerCase() !== scheme)
    return refuse(apiErrors.E_API_CREDENTIAL_MISSING, 'only the Bearer scheme is understood');
  const token = header.slice(scheme.length);
  if (token.length === 0 || token.length > maxCredentialLength)
    return refuse(apiErrors.E_API_CREDENTIAL_MISSING, 'the bearer credential has a bad length');
  return identity.authenticateBearer(token, peer);
};

/** DER, leaf first; trust is judged by identity. */
export const chainOf = ({ raw: { socket } }: HttpRequest): readonly Uint8Array[] =>
  socket instanceof TLSSocket ? certificateChain(socket) : [];
